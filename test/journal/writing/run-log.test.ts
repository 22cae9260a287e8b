// runs.jsonl gets a line at the beginning and one at the end of a run, is never a reason to fail, and never replaces a user's file.

import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { describe, expect, it } from "vitest";
import { runLog } from "../../../src/journal/writing/run-log.ts";
import { failed, saved } from "../../core/outcomes.ts";
import { viewOf } from "../../report/view.ts";
import { own, ownFolder } from "../../support/own.ts";
import { noTmpfs, tmpfs } from "../../support/process/tmpfs.ts";

const folder = ownFolder();
const path = () => folder.at("runs.jsonl");
const text = () => readFileSync(path(), "utf8");
const view = viewOf([saved({ bytes: 7 }), failed({ attempts: 3 })], { peakInFlight: 2 });

function log(command?: string) {
  const notes: string[] = [];
  return { notes, ...runLog({ path: path(), version: "1.2.3", command, note: (one) => void notes.push(one) }) };
}

const parsed = () =>
  text()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe("the list of runs", () => {
  it("has a line when a run begins, and another one when it ends", () => {
    const run = log("bulkget urls.txt");
    run.begin();
    const [begun] = parsed();
    expect(begun).toEqual({
      run: expect.stringMatching(/^[0-9a-f]{12}$/) as string,
      begin: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      version: "1.2.3",
      command: "bulkget urls.txt",
    });
    run.end(view, 1);
    expect(parsed()).toEqual([
      begun,
      {
        ...begun,
        end: expect.stringMatching(/^\d{4}-.*Z$/) as string,
        counts: { saved: 1, unchanged: 0, failed: 1, skipped: 0, duplicates: 0, bytes: 7, retries: 2 },
        exit_code: 1,
        peak_in_flight: 2,
      },
    ]);
    expect(run.notes).toEqual([]);
  });

  it("has the trace of -c auto, and no exit code for the library", () => {
    const run = log();
    run.begin();
    const trace = [{ ms: 1000.4, inFlight: 8, urlsPerSecond: 12.34, reason: "the first number" }];
    run.end({ ...view, auto: { found: 8, reason: "", trace } });
    const [, end] = parsed();
    expect(end).toMatchObject({ command: "library", auto: [[1000, 8, 12.3, "the first number"]] });
    expect(end).not.toHaveProperty("exit_code");
  });

  it("keeps earlier runs, and ends a line that a kill has cut", () => {
    const [first, second] = [log("bulkget a"), log("bulkget b")];
    first.begin();
    writeFileSync(path(), `${text()}{"run":"torn`);
    second.begin();
    const lines = text().trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    expect(JSON.parse(lines[2] ?? "")).toMatchObject({ command: "bulkget b" });
  });

  it("writes nothing for a run that never began", () => {
    log().end(view, 0);
    expect(existsSync(path())).toBe(false);
  });

  it("is written anew, with all that the end knows, where it was removed during the run", () => {
    const run = log("bulkget urls.txt");
    run.begin();
    rmSync(path());
    run.end(view, 0);
    expect(parsed()).toEqual([expect.objectContaining({ command: "bulkget urls.txt", exit_code: 0 })]);
  });

  it("is not written into another folder that took the place of the run's", () => {
    mkdirSync(folder.at("out"));
    const notes: string[] = [];
    const run = runLog({
      path: folder.at("out/runs.jsonl"),
      version: "",
      command: "",
      note: (one) => void notes.push(one),
    });
    run.begin();
    renameSync(folder.at("out"), folder.at("moved"));
    mkdirSync(folder.at("out"));
    run.end(view, 0);
    expect([existsSync(folder.at("out/runs.jsonl")), notes]).toEqual([false, []]);
  });

  it("loses the line of a run that is refused after its beginning, and nothing else", () => {
    const first = log("bulkget a");
    first.begin();
    first.withdraw();
    expect(existsSync(path())).toBe(false);
    log("bulkget b").begin();
    const before = text();
    const third = log("bulkget c");
    third.begin();
    third.withdraw();
    expect(text()).toBe(before);
    third.begin();
    log("bulkget d").begin();
    const all = text();
    third.withdraw();
    expect(text()).toBe(all);
  });

  it("escapes and shortens a command line", () => {
    const run = log(`bulkget \u202e${"x".repeat(100_000)}`);
    run.begin();
    expect(text()).toContain("\\u202e");
    expect(text().length).toBeLessThan(4300);
    run.end(view, 0); // the first 64 KiB still show whose file it is
    expect(run.notes).toEqual([]);
  });
});

const MINE = '{"url":"https://example.org/"}\n';

/** What may have the name of the list of runs, and what the message says of it. */
const OTHERS: Readonly<Record<string, readonly [make: () => void, why: string]>> = {
  "a file of the user": [() => writeFileSync(path(), MINE), "is there already, but no run wrote it"],
  "a file that is no JSON": [() => writeFileSync(path(), "\0\0"), "is there already, but no run wrote it"],
  "a link": [() => symlinkSync(folder.at("target"), path()), "is a link"],
  "a dangling link": [() => symlinkSync("nowhere", path()), "is a link"],
  "a hard link": [() => linkSync(folder.at("target"), path()), "has a second name"],
  "a folder": [() => mkdirSync(path()), "cannot be written: EISDIR"],
  "a pipe": [() => void spawnSync("mkfifo", [path()]), "is no file"],
  "a device": [() => void spawnSync("mknod", [path(), "c", "1", "7"]), "is no file"],
};

describe.skipIf(process.platform === "win32").each(Object.entries(OTHERS))("%s of that name", (name, [make, why]) => {
  it("stays as it is, and the run reports it once and goes on", () => {
    writeFileSync(folder.at("target"), MINE);
    make();
    if (name === "a device" && !existsSync(path())) return console.warn("SKIPPED: only root can make a device");
    const run = log("bulkget a");
    run.begin();
    run.end(view, 0);
    run.withdraw();
    expect(run.notes).toEqual([expect.stringContaining(`${path()}: ${why}`)]);
    expect(run.notes[0]).toMatch(/; this run is not listed there$/);
    expect(readFileSync(folder.at("target"), "utf8")).toBe(MINE);
    if (name.startsWith("a file")) expect(["\0\0", MINE]).toContain(text());
    expect(existsSync(folder.at("nowhere"))).toBe(false);
  });
});

describe.skipIf(process.getuid?.() === 0)("a read-only file of that name", () => {
  it("stays as it is", () => {
    log("bulkget a").begin();
    const before = text();
    chmodSync(path(), 0o444);
    const run = log("bulkget b");
    run.begin();
    expect([text(), run.notes]).toEqual([before, [expect.stringContaining("cannot be written: EACCES")]]);
  });
});

if (noTmpfs !== undefined) console.warn(`SKIPPED: no disk of a fixed size can be made here: ${noTmpfs}`);

describe.skipIf(noTmpfs !== undefined)("a full disk", () => {
  it("takes whole lines only, is reported once, and later runs are listed again", () => {
    const disk = own(tmpfs(folder.at("disk"), "8k"));
    const at = folder.at("disk/runs.jsonl");
    const notes: string[] = [];
    const command = "x".repeat(3000);
    const logged = () => runLog({ path: at, version: "1", command, note: (one) => void notes.push(one) });
    const runs = Array.from({ length: 4 }, logged);
    for (const run of runs) run.begin();
    runs.at(-1)?.end(view, 0);
    const lines = readFileSync(at, "utf8").split("\n");
    expect([lines.length, lines.at(-1)]).toEqual([3, ""]); // two lines of 3 KB, and nothing of the third
    expect(notes).toEqual(
      Array.from({ length: 2 }, () => expect.stringContaining("cannot be written: ENOSPC") as string),
    );
    disk.remount("size=64k");
    logged().begin();
    expect(
      readFileSync(at, "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => Object.keys(JSON.parse(line) as object)),
    ).toHaveLength(3);
  });
});
