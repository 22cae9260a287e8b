// Hostile, damaged and unreadable lists through the built command: one outcome per line, in bounded memory.

import { execFileSync, spawn } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Outcome } from "../../../src/core/job.ts";
import { BIN, filesOf, recordsOf, shell } from "../../support/command.ts";
import { ownFolder } from "../../support/own.ts";
import {
  type EchoProxy,
  type Expected,
  echoOf,
  echoProxy,
  hostileLists,
  peakMemory,
} from "../../support/servers/hostile.ts";

const folder = ownFolder();
let proxy: EchoProxy;
beforeAll(async () => {
  proxy = await echoProxy();
});
afterAll(() => proxy.close());

const downloads = () => folder.at("downloads");
const MIB = 1_048_576;
const HOST = "lists.example";
const url = (path: string | number) => `http://${HOST}/${path}`;
const how = () => ["-x", proxy.origin, "--retries", "0", "-v"];

function run(args: readonly string[], stdin = "") {
  return folder.run([...args, ...how()], { stdin });
}
function list(name: string, content: string | Buffer): string {
  const path = folder.at(name);
  writeFileSync(path, content);
  return path;
}
const records = (): Outcome[] => [...recordsOf(downloads()).values()].sort((a, b) => a.n - b.n);

/** Lists that cannot be read to their end, and the error after all earlier lines are done. */
const BROKEN: Readonly<Record<string, RegExp>> = {
  "gzip-torn": /after line \d+: its gzip data is truncated$/m,
  "gzip-second-torn": /after line [3-6]: its gzip data is truncated$/m,
  "gzip-two-bytes": /after line 0: its gzip data is truncated$/m,
  "gzip-endless-name": /after line 0: its gzip data is truncated$/m,
  "gzip-method": /after line 0: it begins like gzip, but is damaged$/m,
  "gzip-flags": /after line 0: it begins like gzip, but is damaged$/m,
  "gzip-bad-body": /after line 0: it begins like gzip, but is damaged$/m,
  "gzip-wrong-sum": /after line 3: it begins like gzip, but is damaged$/m,
  "gzip-wrong-length": /after line 3: it begins like gzip, but is damaged$/m,
  "gzip-followed": /after line 3: its gzip data is followed by other data$/m,
  "gzip-followed-after-zeros": /after line 3: its gzip data is followed by other data$/m,
};

/** Files that are not lists, and the error; no folder is created. */
const NONE: Readonly<Record<string, RegExp>> = {
  empty: /: no URL in it/,
  comments: /: no URL in it/,
  png: /: it is a picture/,
  "gzip-of-gzip": /: it is compressed with gzip twice/,
  "one-byte-of-gzip": /: its only line is no URL/,
};

/** Characters that must not reach a terminal: C0 except LF, DEL, C1, bidi controls, line separators. */
const UNSAFE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

describe("the hostile list yields its expected records, files and messages:", () => {
  it.each(hostileLists().map((list) => [list.name, list] as const))("%s", async (name, { path, records: expected }) => {
    const file = `${name}.txt`;
    list(file, readFileSync(path));
    // One URL at a time, so that the first of two lines with one name gets it.
    const { code, stderr } = await run([file, "-c", "1"]);

    const kept = ({ sent: _sent, host: _host, authorization: _authorization, ...record }: Expected) => record;
    const said = expected.map(kept).sort((a, b) => a.n - b.n);
    const [none, broken] = [NONE[name], BROKEN[name]];
    if (none !== undefined || (broken !== undefined && said.length === 0)) {
      expect(stderr).toMatch(none ?? broken ?? /never/);
      return expect([code, filesOf(folder.path)]).toEqual([2, [file]]);
    }
    expect(records()).toMatchObject(said);
    expect(records()).toHaveLength(said.length);
    for (const line of expected) {
      // A line with a number in the list is reported by that number, and without the list.
      const places = [`${file}:${line.n}: `, `#${line.n}: `];
      const lines = stderr.split("\n").filter((text) => places.some((place) => text.startsWith(place)));
      expect(lines).toHaveLength(1);
      const record = recordsOf(downloads()).get(line.n);
      if (record?.outcome === "failed") expect(lines[0]).toContain(record.detail);
      else expect(readFileSync(join(downloads(), record?.file ?? ""), "latin1")).toBe(echoOf(line));
    }
    expect(filesOf(downloads())).toHaveLength(expected.filter(({ outcome }) => outcome === "saved").length);
    expect(filesOf(folder.path).filter((file) => !file.startsWith("downloads/"))).toEqual([file]);
    const failures = expected.some(({ outcome }) => outcome === "failed");
    expect(code).toBe(broken !== undefined ? 2 : failures ? 1 : 0);
    if (broken !== undefined) expect(stderr).toMatch(broken);
    expect(stderr).not.toMatch(UNSAFE);
  });
});

describe("a line of a list", () => {
  const blanks = " ".repeat(300_000);

  it("of any length is either fetched whole or fails, and is never cut off silently", async () => {
    const longest = url("").padEnd(65_536, "x");
    const wide = `${url("")}${"é".repeat(65_000)}`;
    const lines: [line: string, outcome: string | Partial<Expected>][] = [
      [longest, longest],
      [`${longest}x`, { error: "invalid_url", detail: "longer than 65536 characters", url: `${longest}x` }],
      [wide, `${url("")}${"%C3%A9".repeat(65_000)}`],
      [`${blanks}${url("behind")}${blanks}`, url("behind")],
      [`${blanks}${blanks}`, ""],
      [`#${"x".repeat(10 * MIB)}`, ""],
      [`${blanks}# ${"x".repeat(300_000)}`, ""],
      [`${url("")}${"x".repeat(10 * MIB)}`, { error: "invalid_url", url: `${url("")}`.padEnd(65_537, "x") }],
      // A digest must not be cut off silently.
      [`${url("digest")}\t${"x".repeat(300_000)}\tsha256=${"0".repeat(64)}`, { error: "invalid_url" }],
      [`${url("digest")}${blanks}\t\tsha256=${"0".repeat(64)}`, { error: "invalid_url" }],
      [`${url("name")}\t${"x".repeat(5000)}`, { error: "name_too_long", name: "x".repeat(4097) }],
      [`${url("name")}\t${"x/".repeat(5000)}`, { error: "name_too_long", name: `${"x/".repeat(2048)}x` }],
      [`${url("short")}\tshort.txt\t${blanks}`, url("short")],
      [url("last"), url("last")],
    ];
    list("long.txt", lines.map(([line]) => line).join("\n"));
    const { code } = await run(["long.txt"]);
    const found = records();
    expect(found.map(({ n }) => n)).toEqual(lines.flatMap(([, outcome], i) => (outcome === "" ? [] : [i + 1])));
    for (const record of found) {
      const outcome = lines[record.n - 1]?.[1];
      if (typeof outcome === "object") expect(record).toMatchObject({ outcome: "failed", ...outcome });
      else if (record.outcome !== "saved") expect(record).toBe("saved");
      else expect(readFileSync(join(downloads(), record.file ?? ""), "utf8")).toBe(`GET ${outcome}\nhost: ${HOST}\n`);
    }
    expect(code).toBe(1);
    // A run of failed.txt keeps the number of each line.
    await run(["downloads/failed.txt", "-o", "again"]);
    const identity = (record: Outcome) => [record.n, record.url.replace(/\s+/g, " ").trimEnd()];
    const again = [...recordsOf(folder.at("again")).values()].sort((a, b) => a.n - b.n);
    expect(again.map(identity)).toEqual(found.filter(({ outcome }) => outcome === "failed").map(identity));
  });

  it("at the end of standard input is read without a line feed", async () => {
    await run(["-"], `${url(1)}\n${url("half")}`);
    expect(records()).toMatchObject([{ outcome: "saved" }, { url: url("half"), outcome: "saved" }]);
    await run(["-", "--force"], `${url(1)}\nhttp://`);
    expect(records()).toMatchObject([{ outcome: "saved" }, { url: "http://", error: "invalid_url" }]);
    await shell(`printf '%s\\n%s\\xc3' ${url(1)} ${url(2)} | bulkget - --force ${how().join(" ")}`, {
      cwd: folder.path,
    });
    expect(records()).toMatchObject([{ outcome: "saved" }, { url: `${url(2)}%C3`, outcome: "saved" }]);
  });

  it("is fetched without a proxy from the host that it names, with its path unchanged", async () => {
    const { port } = proxy;
    const cases: [authority: string, host: string][] = [
      [`127.0.0.1:${port}`, "127.0.0.1"],
      [`127.0.0.1:000${port}`, "127.0.0.1"],
      [`127.1:${port}`, "127.0.0.1"],
      [`0x7f.1:${port}`, "127.0.0.1"],
      [`0177.0.0.1:${port}`, "127.0.0.1"],
      [`2130706433:${port}`, "127.0.0.1"],
      [`１２７.0.0.1:${port}`, "127.0.0.1"],
      [`user:secret@localhost:${port}`, "localhost"],
      [`LocalHost.:${port}`, "localhost."],
      [`any.localhost:${port}`, "any.localhost"],
    ];
    const path = "/%2F%2f%00%zz%?%41=a+b%";
    const lines = cases.map(([authority], i) => `http://${authority}/${i}${path}#fragment`);
    const { code } = await folder.run(["-", "-x", ""], { stdin: lines.join("\n") });
    expect(code).toBe(0);
    for (const [i, [authority, host]] of cases.entries()) {
      const { file } = recordsOf(downloads()).get(i + 1) as { file: string };
      const credentials = authority.includes("@") ? { authorization: `Basic ${btoa("user:secret")}` } : {};
      const echo = echoOf({ sent: `/${i}${path}`, host: `${host}:${port}`, ...credentials });
      expect(readFileSync(join(downloads(), file), "utf8")).toBe(echo);
    }
  });
});

describe("memory stays below 250 MiB", () => {
  const LIMIT_MIB = 250;
  /** Runs a line of bash, and returns the peak memory of `bulkget` in it, in MiB. */
  async function peakOf(line: string): Promise<number> {
    const { env, peakMib } = peakMemory(folder.path);
    expect(await shell(line, { cwd: folder.path, env })).toMatchObject({ signal: null });
    return peakMib();
  }

  it("on a line of 512 MiB from standard input", async () => {
    const endless = "head -c 536870912 /dev/zero";
    const lines = `{ echo ${url(1)}; ${endless}; echo; echo ${url(3)}; }`;
    expect(await peakOf(`${lines} | bulkget - ${how().join(" ")}`)).toBeLessThan(LIMIT_MIB);
    expect(records()).toMatchObject([{ outcome: "saved" }, { error: "invalid_url" }, { outcome: "saved" }]);
  });

  it.each([
    ["one long line", Buffer.alloc(64 * MIB, "x"), 1],
    ["blank lines", Buffer.alloc(8 * MIB, "\n"), 0],
    ["one long comment", Buffer.alloc(64 * MIB, "#"), 0],
    ["one long line of blanks", Buffer.alloc(64 * MIB, " "), 0],
  ])("on a small gzip list that expands to %s", async (what, content, failures) => {
    const bomb = gzipSync(content);
    const times = what === "blank lines" ? 2 : 8;
    const first = gzipSync(`${url(1)}\n`); // a list needs one URL
    list("bomb.txt", Buffer.concat([first, ...Array.from({ length: times }, () => bomb)]));
    expect(await peakOf(`bulkget bomb.txt ${how().join(" ")}`)).toBeLessThan(LIMIT_MIB);
    expect(records()).toHaveLength(1 + failures);
  });

  it("on long comments between lines that wait for their host", async () => {
    const LINES = 4000;
    const { env, peakMib } = peakMemory(folder.path);
    void proxy.hold(1);
    try {
      // A slot is free but the host is at its limit: the list is read on, and all its lines wait.
      const args = [BIN, "-", "-c", "2", "--per-host", "1", ...how()];
      const child = spawn(process.execPath, args, {
        cwd: folder.path,
        env: { ...process.env, ...env },
        stdio: ["pipe", "ignore", "ignore"],
      });
      const ended = new Promise((resolve) => child.on("close", resolve));
      const filler = `\n#${"x".repeat(65_000)}\n`;
      for (let i = 0; i < LINES; i++) {
        if (!child.stdin.write(`${url(i)}${filler}`))
          await new Promise((resolve) => child.stdin.once("drain", resolve));
      }
      child.stdin.end();
      await new Promise((resolve) => child.stdin.once("finish", resolve));
      proxy.go();
      expect(await ended).toBe(0);
    } finally {
      proxy.go();
    }
    expect(recordsOf(downloads()).size).toBe(LINES);
    expect(peakMib()).toBeLessThan(LIMIT_MIB);
  });
});

describe("a list path", () => {
  it("of a folder or a missing file is refused, and no folder is created", async () => {
    mkdirSync(folder.at("folder.txt"));
    for (const [name, why] of [
      ["folder.txt", "it is a folder; to save into it: -o folder.txt"],
      ["gone.txt", "there is no such file"],
    ] as const) {
      const { code, stderr } = await run([name]);
      expect({ code, stderr }).toEqual({ code: 2, stderr: `bulkget: ${name}: the list cannot be read: ${why}\n` });
    }
    expect(existsSync(downloads())).toBe(false);
  });

  it("of an unreadable file is refused, and no folder is created", async (context) => {
    const nobody = ["--reuid=65534", "--clear-groups"];
    chmodSync(list("mine.txt", url(1)), 0);
    chmodSync(folder.path, 0o777);
    const isRoot = process.getuid?.() === 0;
    if (isRoot && !reads(nobody, BIN)) return context.skip("root cannot run the command as another user here");
    const command = isRoot ? `setpriv ${nobody.join(" ")} "${process.execPath}" "${BIN}"` : "bulkget";
    const { code, stderr } = await shell(`${command} mine.txt ${how().join(" ")}`, { cwd: folder.path });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: "bulkget: mine.txt: the list cannot be read: permission denied\n",
    });
    expect(existsSync(downloads())).toBe(false);
  });

  it("of a named pipe is read like standard input", async () => {
    const line = `mkfifo pipe; { echo ${url(1)}; echo ftp://x; printf ${url(3)}; } >pipe & bulkget pipe ${how().join(" ")}`;
    expect((await shell(line, { cwd: folder.path })).code).toBe(1);
    expect(records()).toMatchObject([{ outcome: "saved" }, { error: "unsupported_scheme" }, { outcome: "saved" }]);
    const both = `bulkget <(echo ${url(1)}) <(echo ${url(2)}) -o both ${how().join(" ")}`;
    expect((await shell(both, { cwd: folder.path })).code).toBe(0);
    expect(recordsOf(folder.at("both")).size).toBe(2);
  });

  it("of a named pipe without a writer, or with a silent one, does not keep --deadline from ending the run", async () => {
    // `timeout` kills a run that hangs, which would outlive the test.
    const bounded = `timeout -s KILL 20 "${process.execPath}" "${BIN}" pipe --deadline 1s ${how().join(" ")}`;
    expect((await shell(`mkfifo pipe; ${bounded}`, { cwd: folder.path })).code).toBe(4);
    // bash holds the pipe open for writing.
    const open = `exec 3<>pipe; echo ${url(1)} >&3; ${bounded} -o open`;
    expect((await shell(open, { cwd: folder.path })).code).toBe(4);
    expect(recordsOf(folder.at("open")).size).toBe(1);
  });
});

describe("a list that is changed while it is read", () => {
  const LINES = 4000;
  const line = (n: number) => `${url(`${n}-${"x".repeat(200)}`)}\n`;
  const content = Array.from({ length: LINES }, (_, i) => line(i + 1)).join("");

  /** Starts a run, changes the list while 20 held requests stop the reading, and releases them. */
  async function changed(change: (path: string) => void) {
    const path = list("urls.txt", content);
    const asked = proxy.hold(20);
    try {
      const running = run(["urls.txt", "-c", "20", "-q"]);
      await asked;
      change(path);
      proxy.go();
      return await running;
    } finally {
      proxy.go();
    }
  }

  it.each([
    ["within a line", Math.floor(content.length / 2) + 30],
    ["at its start", 0],
  ])("by truncation %s ends with an error, and no partial line is fetched", async (_where, bytes) => {
    const { code, stderr } = await changed((path) => truncateSync(path, bytes));
    expect(code).toBe(2);
    const [, after] =
      /urls\.txt: cannot be read on, after line (\d+): it was cut off while it was read/.exec(stderr) ?? [];
    const found = records();
    expect(found).toHaveLength(Number(after));
    expect(found.length).toBeGreaterThan(0);
    for (const { n, url: fetched } of found) expect(`${fetched}\n`).toBe(line(n));
  });

  it("by removal and replacement is read to its original end", async () => {
    const { code } = await changed((path) => {
      unlinkSync(path);
      writeFileSync(path, "http://another.example/\n");
    });
    expect(code).toBe(0);
    expect(
      records()
        .map((record) => `${record.url}\n`)
        .join(""),
    ).toBe(content);
  });

  it("by appended lines is read to its new end", async () => {
    const { code } = await changed((path) => appendFileSync(path, line(LINES + 1)));
    expect(code).toBe(0);
    expect(
      records()
        .map((record) => `${record.url}\n`)
        .join(""),
    ).toBe(content + line(LINES + 1));
  });
});

/** Whether another user, by `setpriv`, can read a file. */
function reads(who: readonly string[], path: string): boolean {
  try {
    execFileSync("setpriv", [...who, process.execPath, "-e", `require("fs").readFileSync(${JSON.stringify(path)})`], {
      stdio: "ignore",
    });
    return true;
  } catch {
    return false;
  }
}
