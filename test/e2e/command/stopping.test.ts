// Runs stopped by a full disk, a lost folder, limits or SIGINT leave only whole files, and the next run resumes.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { Outcome } from "../../../src/core/job.ts";
import { BIN, cleanEnv, filesOf, type Ran, shell } from "../../support/command.ts";
import { own, ownFolder } from "../../support/own.ts";
import { noTmpfs, type Tmpfs, tmpfs } from "../../support/process/tmpfs.ts";
import { body } from "../../support/rude/content.ts";
import { type Act, gate, type Host, host } from "../../support/rude/host.ts";
import { journalOf } from "../../support/site.ts";

const folder = ownFolder();

const serve = async (act: Act) => own(await host(act));

const { at } = folder;

/** Every tenth body is large enough to be streamed to its file. */
const pageOf = (n: number) => body(n % 10 === 0 ? 400_000 : 20_000 + n, n);
const page: Act = (response, { path }) => void response.end(pageOf(Number(path.slice(1))));

/** Writes the list of `/1` to `/count`. */
function list(server: Host, count: number): void {
  folder.list(Array.from({ length: count }, (_, i) => `${server.origin}/${i + 1}`));
}

function run(...args: string[]): Promise<Ran> {
  return folder.run(["urls.txt", ...args]);
}

/** The whole records of a journal, whose last record a full disk may have truncated. */
function recorded(output: string): Outcome[] {
  const lines = readFileSync(join(output, "results.jsonl"), "utf8").split("\n");
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Outcome);
}

/** Expects every file with a final name and every saved record to be whole; returns the number of saved records. */
function expectOnlyWhole(output: string): number {
  const saved = recorded(output).filter(({ outcome }) => outcome === "saved");
  for (const { n, file = "" } of saved as { n: number; file?: string }[]) {
    expect(readFileSync(join(output, file)).equals(pageOf(n)), file).toBe(true);
  }
  for (const file of filesOf(output).filter((name) => !name.endsWith(".part") && !name.startsWith(".bulkget"))) {
    expect(readFileSync(join(output, file)).equals(pageOf(Number(file))), file).toBe(true);
  }
  return saved.length;
}

function expectDone(output: string, count: number): void {
  expect(expectOnlyWhole(output)).toBe(count);
  expect(filesOf(output).filter((name) => name !== ".bulkget/since")).toEqual(
    Array.from({ length: count }, (_, i) => String(i + 1).padStart(6, "0")),
  );
  expect(journalOf(output).map(({ n }) => n)).toEqual(Array.from({ length: count }, (_, i) => i + 1));
  expect(existsSync(join(output, "failed.txt"))).toBe(false);
}

if (noTmpfs !== undefined) console.warn(`SKIPPED: full and read-only disks: they cannot be mounted: ${noTmpfs}`);

describe.skipIf(noTmpfs !== undefined)("a disk of 1 MiB", () => {
  let disk: string;
  let remount: Tmpfs["remount"];
  beforeEach(() => {
    disk = at("disk");
    remount = own(tmpfs(disk, "1m")).remount;
  });

  it("stops a run at once with exit code 3 by the default of --min-free", async () => {
    const server = await serve(page);
    list(server, 200);
    const { code, stderr } = await run("-o", "disk/out");
    expect(code).toBe(3);
    expect(stderr).toMatch(/disk full \(\d+ bytes free, under the minimum \(min-free\) of 67108864/);
    expect(stderr).toContain("run it again to go on");
    expect(server.asked.length).toBeLessThan(200);
    expect(expectOnlyWhole(join(disk, "out"))).toBe(0);
    remount("size=96m");
    expect((await run("-o", "disk/out")).code).toBe(0);
    expectDone(join(disk, "out"), 200);
  });

  it.each(["none", "run", "file"])(
    "that fills up leaves only whole files and true records, with --min-free 0 --durability %s",
    async (durability) => {
      const server = await serve(page);
      list(server, 100);
      const args = ["-o", "disk/out", "--min-free", "0", "--durability", durability];
      const { code, stderr } = await run(...args);
      expect(code, stderr).toBe(3);
      expect(stderr).toContain("disk_full");
      expect(/failures in (\S+),/.test(stderr), stderr).toBe(existsSync(join(disk, "out", "failed.txt")));
      expect(stderr.includes("(some are missing)")).toBe(stderr.includes("results.jsonl cannot be written any more"));
      const saved = expectOnlyWhole(join(disk, "out"));
      expect(saved).toBeLessThan(100);
      const again = await run(...args); // still full
      expect(again.code, again.stderr).toBe(3);
      expect(expectOnlyWhole(join(disk, "out"))).toBeGreaterThanOrEqual(saved);
      remount("size=64m");
      const last = await run(...args);
      expect(last.code, last.stderr).toBe(0);
      expectDone(join(disk, "out"), 100);
    },
  );

  it("that has become read-only stops a run with exit code 3 before any request, and a later run resumes", async () => {
    let broken = true;
    const server = await serve((response, asked) => {
      if (broken && asked.nth >= 10) response.writeHead(503).end();
      else page(response, asked);
    });
    remount("size=96m");
    list(server, 30);
    expect((await run("-o", "disk/out", "--retries", "0")).code).toBe(1);
    broken = false;
    remount("ro");
    const before = server.asked.length;
    const { code, stderr } = await run("-o", "disk/out");
    expect(code, stderr).toBe(3);
    expect(stderr).toContain("disk/out");
    expect(server.asked.length).toBe(before);
    remount("rw");
    expect((await run("-o", "disk/out")).code).toBe(0);
    expectDone(join(disk, "out"), 30);
  });
});

describe("an output folder", () => {
  /** Runs as an unprivileged user: permissions do not apply to root. */
  const asNobody = process.getuid?.() === 0 ? "setpriv --reuid=65534 --regid=65534 --clear-groups" : "";

  it("that loses its write permission stops the run with exit code 3, and a later run resumes", async () => {
    chmodSync(folder.path, 0o777);
    let act = () => {};
    const server = await serve((response, asked) => {
      if (asked.nth === 50) act();
      page(response, asked);
    });
    list(server, 200);
    const line = `${asNobody} "${process.execPath}" "${BIN}" urls.txt -c 5`;
    act = () => {
      chmodSync(at("downloads"), 0o555);
      chmodSync(at("downloads", ".bulkget"), 0o555);
    };
    const { code, stderr } = await shell(line, { cwd: folder.path });
    expect(code, stderr).toBe(3);
    expect(stderr).toContain("write_failed");
    const saved = expectOnlyWhole(at("downloads"));
    expect(saved).toBeGreaterThan(0);
    expect(saved).toBeLessThan(200);
    const refused = await shell(line, { cwd: folder.path });
    expect(refused.code, refused.stderr).toBe(3);
    chmodSync(at("downloads"), 0o777);
    chmodSync(at("downloads", ".bulkget"), 0o777);
    const { code: last, stderr: said } = await shell(line, { cwd: folder.path });
    expect(last, said).toBe(0);
    expectDone(at("downloads"), 200);
  });

  it("that is removed stops the run with exit code 3, and the next run starts anew", async () => {
    const server = await serve((response, asked) => {
      // Renamed first, because files are still being created in it.
      if (asked.nth === 50) renameSync(at("downloads"), at("removed"));
      page(response, asked);
    });
    list(server, 200);
    const { code, stderr } = await run("-c", "5");
    expect(code, stderr).toBe(3);
    expect(stderr).toContain("write_failed");
    expect(existsSync(at("downloads"))).toBe(false);
    rmSync(at("removed"), { recursive: true });
    expect((await run()).code).toBe(0);
    expectDone(at("downloads"), 200);
  });
});

describe("64 file descriptors and -c 100", () => {
  it.each([
    ["to one host", 1],
    ["to many hosts", 300],
  ])("slow a run down but fail no line, %s", async (_, names) => {
    const doors = gate();
    const server = await serve((response, asked) => {
      doors.pass(() => void setTimeout(page, 20, response, asked)); // so that many requests are open at a time
      if (doors.waiting > 10) doors.open();
    });
    const lines = Array.from({ length: 300 }, (_line, i) => server.named(`host-${i % names}`, `/${i + 1}`));
    writeFileSync(at("urls.txt"), `${lines.join("\n")}\n`);
    const { code, stderr } = await shell("ulimit -n 64; bulkget urls.txt -c 100 --retries 0", { cwd: folder.path });
    expect(code, stderr).toBe(0);
    expectDone(at("downloads"), 300);
    expect(journalOf(at("downloads")).every(({ attempts }) => attempts === 1)).toBe(true);
    expect(server.peakOpen).toBeGreaterThan(10);
  });

  it("leave one for failed.txt", async () => {
    const server = await serve((response) => void setTimeout(() => response.writeHead(404).end(), 20));
    list(server, 200);
    const { code, stderr } = await shell("ulimit -n 64; bulkget urls.txt -c 100", { cwd: folder.path });
    expect(code, stderr).toBe(1);
    expect(stderr).not.toContain("cannot be written");
    expect(readFileSync(at("downloads", "failed.txt"), "utf8").trimEnd().split("\n")).toHaveLength(200);
  });
});

describe("the limit", () => {
  it("--deadline, --max-time or --timeout beyond the maximum of a Node timer does not end a run early", async () => {
    list(await serve(page), 3);
    const { code } = await run("--deadline", "60d", "--max-time", "90d", "--timeout", "365d");
    expect(code).toBe(0);
    expect(filesOf(at("downloads"))).toHaveLength(3);
  });

  it("--deadline ends a run with exit code 4 and a message, and the next run resumes", async () => {
    let delayMs = 100; // 200 of them, two at a time: ten seconds at least
    const server = await serve((response, asked) => void setTimeout(page, delayMs, response, asked));
    list(server, 200);
    const { code, stderr } = await run("-c", "2", "--deadline", "1500ms");
    expect(code).toBe(4);
    expect(stderr).toContain("stopped: the time of --deadline is over; run it again to go on\n");
    const saved = expectOnlyWhole(at("downloads"));
    expect(stderr).toMatch(new RegExp(`\nleft {4}(about )?${200 - saved} of 200\n`));
    expect(saved).toBe(server.asked.length); // requests under way were finished
    delayMs = 0;
    const again = await run("--deadline", "1h");
    expect(again.code, again.stderr).toBe(0);
    expectDone(at("downloads"), 200);
    expect(server.asked).toHaveLength(200);
  });

  it.each([
    ["5", 0],
    ["10%", 100],
  ])("--max-failures %s ends a run with exit code 4 and a message, and the next run resumes", async (limit, good) => {
    let broken = true;
    const server = await serve((response, asked) => {
      if (broken && asked.nth >= good) response.writeHead(503).end();
      else page(response, asked);
    });
    list(server, 300);
    const { code, stderr } = await run("-c", "5", "--retries", "0", "--max-failures", limit);
    expect(code, stderr).toBe(4);
    expect(stderr).toContain("stopped: as many URLs failed as --max-failures allows; run it again to go on\n");
    expect(expectOnlyWhole(at("downloads"))).toBe(good);
    const failures = journalOf(at("downloads")).length - good;
    const enough = limit === "5" ? 5 : 12; // 12 of 112 are the first 10 % or more
    expect(failures).toBeGreaterThanOrEqual(enough);
    expect(failures).toBeLessThan(enough + 5); // requests under way finish
    broken = false;
    expect((await run()).code).toBe(0);
    expectDone(at("downloads"), 300);
  });
});

describe("^C during a run", () => {
  it("lets requests under way finish, and the next run fetches the rest and nothing twice", async () => {
    let stop = () => {};
    const server = await serve((response, asked) => {
      if (asked.nth === 100) stop();
      page(response, asked);
    });
    list(server, 500);
    const child = spawn(process.execPath, [BIN, "urls.txt"], { cwd: folder.path, env: cleanEnv() });
    let first = "";
    child.stderr.on("data", (text: Buffer) => {
      first += String(text);
    });
    child.stdout.resume();
    stop = () => child.kill("SIGINT");
    const [, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    expect(signal).toBe("SIGINT");
    const saved = expectOnlyWhole(at("downloads"));
    expect(saved).toBe(server.asked.length);
    const { code, stderr } = await run();
    expect(code, stderr).toBe(0);
    if (saved < 500) expect(first).toMatch(new RegExp(`\nleft {4}(about )?${500 - saved} of 500\n`));
    if (saved < 500) expect(first).toContain("stopped: SIGINT; run it again to go on\n");
    if (saved < 500) expect(stderr).toContain(`resuming: ${saved} saved earlier, ${500 - saved} to do\n`);
    expectDone(at("downloads"), 500);
    expect(server.asked).toHaveLength(500);
  });

  it("twice aborts requests under way, and the next run fetches these again", async () => {
    const held = gate();
    let interrupt = () => {};
    const server = await serve((response, asked) => {
      if (asked.nth < 100) return page(response, asked);
      held.pass(() => page(response, asked));
      if (held.waiting === 10) interrupt();
    });
    list(server, 300);
    const child = spawn(process.execPath, [BIN, "urls.txt", "-c", "10"], { cwd: folder.path, env: cleanEnv() });
    interrupt = () => child.kill("SIGINT");
    // The second signal follows the message about the first one.
    child.stderr.on("data", (text: Buffer) => {
      if (String(text).includes("SIGINT: finishing")) child.kill("SIGINT");
    });
    const [, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    expect(signal).toBe("SIGINT");
    expect(expectOnlyWhole(at("downloads"))).toBe(100);
    expect(journalOf(at("downloads"))).toHaveLength(100);
    expect(readdirSync(at("downloads")).filter((name) => name === ".bulkget")).toEqual([]);
    held.open();
    const { code, stderr } = await run();
    expect(code, stderr).toBe(0);
    expectDone(at("downloads"), 300);
    expect(server.asked).toHaveLength(310);
  });
});
