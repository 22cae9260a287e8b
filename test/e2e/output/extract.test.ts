// bulkget extract: the bytes of each line, out of files and archives, sealed or not; and clear errors where there are none.

import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { describe, expect, it } from "vitest";
import type { ShardPlace } from "../../../src/core/job.ts";
import { recordsOf, shell } from "../../support/command.ts";
import { ownFolder, ownSite } from "../../support/own.ts";
import { commandUnderWay } from "../../support/process/under-way.ts";
import { body, pageOf, status } from "../../support/site.ts";

const server = ownSite();
const folder = ownFolder();
const { at } = folder;
const list = (...paths: readonly string[]) => folder.list(paths.map(server.url));
const run = (...args: string[]) => folder.run(["urls.txt", "-q", ...args]);
const extract = (...args: string[]) => folder.run(["extract", ...args]);
const sh = (line: string) => shell(line, { cwd: folder.path });

const FORMATS: readonly (readonly [string, readonly string[]])[] = [
  ["files", []],
  ["tar", ["--format", "tar", "--shard-count", "7"]],
  ["warc", ["--format", "warc", "--shard-count", "7"]],
];

describe.each(FORMATS)("out of %s", (_, format) => {
  it("lines in any order have the bytes that were saved, on stdout and in a folder", async () => {
    const paths = Array.from({ length: 30 }, (_, i) => `/${i + 1}.html`);
    list(...paths);
    expect((await run("-o", "out", ...format)).code).toBe(0);
    const chosen = [29, 3, 30, 1, 17];
    const { stdout, code, stderr } = await extract("out", ...chosen.map(String));
    expect(code, stderr).toBe(0);
    expect(stdout).toBe(chosen.map((n) => pageOf(`/${n}.html`)).join(""));
    expect((await extract("out", ...chosen.map(String), "-o", "some/where")).code).toBe(0);
    for (const n of chosen) {
      expect(readFileSync(at("some/where", `${String(n).padStart(6, "0")}.html`))).toEqual(pageOf(`/${n}.html`));
    }
    expect(readdirSync(at("some/where"))).toHaveLength(chosen.length);
  });

  it("bytes of all values, an empty body and a large one are the same", async () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const large = Buffer.alloc(3_000_001, all);
    server.answers.set("/all", body(all));
    server.answers.set("/none", body(""));
    server.answers.set("/large", body(large));
    list("/all", "/none", "/large");
    await run("-o", "out", "--hash", "sha256", ...format);
    expect((await sh("bulkget extract out 1 2 3 1 > all && bulkget extract out 2 -o none.bin")).code).toBe(0);
    expect(readFileSync(at("all"))).toEqual(Buffer.concat([all, large, all]));
    expect(readFileSync(at("none.bin"))).toHaveLength(0);
  });

  it("what a run that is under way has recorded is there", async () => {
    let isAsked = () => {};
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    server.answers.set("/held", () => isAsked());
    list("/1", "/2", "/held");
    const way = commandUnderWay(["urls.txt", "-o", "out", "-c", "1", ...format], folder.path);
    await asked;
    await expect.poll(() => (existsSync(at("out/results.jsonl")) ? recordsOf(at("out")).size : 0)).toBe(2);
    expect((await extract("out", "2", "1")).stdout).toBe(`${pageOf("/2")}${pageOf("/1")}`);
    const { code, stderr } = await extract("out", "3");
    expect([code, stderr]).toEqual([1, expect.stringContaining("out: line 3: has no record")]);
    way.kill("SIGKILL");
    await way.ended;
    expect((await extract("out", "1")).stdout).toBe(String(pageOf("/1")));
  });

  it("a line that has no body is reported with its reason, and the others are written", async () => {
    server.answers.set("/gone", status(404));
    list("/1", "/gone", "/3");
    await run("-o", "out", ...format);
    const { code, stdout, stderr } = await extract("out", "3", "2", "99", "1");
    expect(code).toBe(1);
    expect(stdout).toBe(`${pageOf("/3")}${pageOf("/1")}`);
    expect(stderr).toBe(
      "bulkget: out: line 2: was not saved: http_status (404 Not Found)\n" +
        "bulkget: out: line 99: has no record: it was not tried yet, or is no line of that list\n",
    );
  });

  it("a body that is missing, changed or cut short is no body", async () => {
    list("/1", "/2");
    await run("-o", "out", "--hash", "sha256", ...format);
    const [file = ""] = readdirSync(at("out")).filter((name) => /^0.*(?<!cdxj)$/.test(name));
    const whole = readFileSync(at("out", file));
    const says = async () => {
      const { code, stderr } = await extract("out", "1", "-o", "one.txt");
      expect(code).toBe(1);
      expect(readdirSync(folder.path).sort()).toEqual(["out", "urls.txt"]);
      return stderr;
    };
    const changed = Buffer.from(whole);
    const isWarc = file.endsWith(".gz");
    const { offset = 0, stored_bytes: stored = 0 } = recordsOf(at("out")).get(1) as Partial<ShardPlace>;
    const middle = isWarc ? offset + stored - 20 : file.endsWith(".tar") ? 520 : 5;
    changed[middle] = (changed[middle] ?? 0) ^ 1;
    writeFileSync(at("out", file), changed);
    const why = isWarc ? "" : "the sha256 of the body is not the recorded one\n";
    expect(await says()).toContain(`bulkget: out: line 1: out/${file}: ${why}`);
    writeFileSync(at("out", file), whole.subarray(0, middle));
    expect(await says()).toMatch(
      /line 1: out\/0\S+: (has 5 bytes of the body, and \d+ were|is shorter than its|unexpected end of) /,
    );
    rmSync(at("out", file));
    expect(await says()).toContain(`out/${file}: is not there any more`);
    writeFileSync(at("out", "moved"), whole);
    symlinkSync("moved", at("out", file));
    expect(await says()).toMatch(/is not there any more|cannot be read/);
  });
});

describe("bulkget extract", () => {
  it("replaces no file, and leaves nothing where it cannot write", async () => {
    list("/1");
    await run("-o", "out");
    writeFileSync(at("mine"), "mine");
    const { code, stderr } = await extract("out", "1", "-o", "mine");
    expect([code, stderr]).toEqual([1, "bulkget: out: line 1: mine: is there already, and is not replaced\n"]);
    expect(readFileSync(at("mine"), "utf8")).toBe("mine");
    const lost = await extract("out", "1", "-o", "no/such/folder.txt");
    expect([lost.code, lost.stderr]).toEqual([3, expect.stringContaining("no/such/folder.txt: cannot be written")]);
    expect((await extract("out", "1", "2", "-o", "mine")).code).toBe(2);
    expect(readdirSync(folder.path).sort()).toEqual(["mine", "out", "urls.txt"]);
    mkdirSync(at("some"));
    expect((await extract("out", "1", "-o", "some")).code).toBe(0);
    expect(readdirSync(at("some"))).toEqual(["000001.txt"]);
  });

  it("ends with 2 for what is no folder of a run, and no number", async () => {
    list("/1");
    await run("-o", "out");
    mkdirSync(at("other"));
    const refused = async (...args: string[]) => {
      const { code, stdout, stderr } = await extract(...args);
      expect([code, stdout]).toEqual([2, ""]);
      return stderr;
    };
    expect(await refused("other", "1")).toBe(
      "bulkget: other: has no results.jsonl: it is not the output folder of a run\n",
    );
    expect(await refused("none", "1")).toContain("none: has no results.jsonl");
    expect(await refused("out")).toContain("missing argument 'n'");
    expect(await refused()).toContain("missing required argument 'folder'");
    for (const word of ["0", "1.5", "x", "000001.txt"]) {
      expect(await refused("out", "1", word)).toContain(`'${word}' is not the number of a line`);
    }
    expect((await extract("out", "000001")).stdout).toBe(String(pageOf("/1")));
  });

  it("reads the last record of a number, and follows no record out of the folder", async () => {
    list("/1", "/2");
    await run("-o", "out");
    list("/2", "/1");
    await run("-o", "out");
    expect((await extract("out", "1", "2")).stdout).toBe(`${pageOf("/2")}${pageOf("/1")}`);
    writeFileSync(at("secret"), "secret");
    for (const file of ["../secret", "/etc/passwd", "results.jsonl"]) {
      const record = { n: 1, url: server.url("/2"), outcome: "saved", file, status: 200, bytes: 6 };
      appendFileSync(at("out/results.jsonl"), `${JSON.stringify(record)}\n`);
      const { code, stdout } = await extract("out", "1");
      expect([code, stdout]).toEqual([1, ""]);
    }
    const record = { n: 1, url: "x", outcome: "saved", shard: "../secret", offset: 0, stored_bytes: 6, bytes: 6 };
    appendFileSync(at("out/results.jsonl"), `${JSON.stringify(record)}\n`);
    expect((await extract("out", "1")).code).toBe(1);
  });

  it("ends quietly where nobody reads any more, and with 3 where stdout is full", async () => {
    server.answers.set("/large", body(Buffer.alloc(20_000_000, "x")));
    list("/large");
    await run("-o", "out");
    const piped = await sh("set -o pipefail; bulkget extract out 1 1 1 | head -c 5");
    expect([piped.code, piped.stdout, piped.stderr]).toEqual([0, "xxxxx", ""]);
    if (!existsSync("/dev/full")) return;
    const full = await sh("bulkget extract out 1 > /dev/full");
    expect([full.code, full.stderr]).toEqual([3, expect.stringContaining("stdout cannot be written")]);
  });

  it("is a list's name, too, with ./ before it", async () => {
    list("/1");
    renameSync(at("urls.txt"), at("extract"));
    expect((await folder.run(["./extract", "-q"])).code).toBe(0);
    expect(existsSync(at("downloads/000001.txt"))).toBe(true);
  });
});
