// The file of metrics is replaced while a run is under way, keeps the last success, and is never another program's.

import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { openMetrics } from "../../../src/report/metrics/metrics.ts";
import { saved } from "../../core/outcomes.ts";
import { ownFolder } from "../../support/own.ts";
import { viewOf } from "../view.ts";

const folder = ownFolder();
const path = () => folder.at("mirror.prom");
const text = () => readFileSync(path(), "utf8");
const sample = (name: string) => new RegExp(`^${name}(?:\\{[^}]*\\})? (.*)$`, "m").exec(text())?.[1];

/** Opens the file; `notes` are the messages. */
async function opened(lastSuccessAtMs?: number) {
  const notes: string[] = [];
  const note = (one: string) => void notes.push(one);
  return { notes, ...(await openMetrics({ file: path() }, { version: "1", lastSuccessAtMs, note })) };
}

function atTime(ms: number): void {
  vi.useFakeTimers({ now: ms });
  onTestFinished(() => void vi.useRealTimers());
}

describe("a file of metrics", () => {
  it("is there when a run begins, replaced every 15 s, and complete at its end", async () => {
    atTime(1_800_000_000_000);
    const metrics = await opened();
    expect(existsSync(path())).toBe(false);
    let inFlight = 1;
    const view = {
      ...viewOf([saved()]),
      get inFlight() {
        return inFlight;
      },
    };
    metrics.start(view);
    expect([sample("bulkget_in_flight"), sample("bulkget_exit_code")]).toEqual(["1", undefined]);
    const { ino } = lstatSync(path());
    inFlight = 2;
    vi.advanceTimersByTime(14_999);
    expect(sample("bulkget_in_flight")).toBe("1");
    vi.advanceTimersByTime(1);
    expect([sample("bulkget_in_flight"), lstatSync(path()).ino === ino]).toEqual(["2", false]);
    inFlight = 0;
    metrics.end(0);
    expect(
      [
        "bulkget_in_flight",
        "bulkget_exit_code",
        "bulkget_run_start_timestamp_seconds",
        "bulkget_last_success_timestamp_seconds",
      ].map(sample),
    ).toEqual(["0", "0", "1800000000", "1800000015"]);
    expect([vi.getTimerCount(), readdirSync(folder.path), metrics.notes]).toEqual([0, ["mirror.prom"], []]);
  });

  it("has the file's name in each sample where another file beside it has the same samples without it", async () => {
    const run = async (name: string) => {
      const path = folder.at(name);
      const metrics = await openMetrics({ file: path }, { version: "1", lastSuccessAtMs: undefined, note() {} });
      metrics.start(viewOf([saved()]));
      metrics.end(1);
      const samples = readFileSync(path, "utf8")
        .trimEnd()
        .split("\n")
        .filter((line) => !line.startsWith("#"));
      const named = samples.filter((line) => line.includes(`file="${name}"} `)).length;
      return named === samples.length ? "each" : named === 0 ? "none" : "some";
    };
    writeFileSync(folder.at("raid.prom"), "# HELP bulkget_x\nraid_disks 4\n");
    symlinkSync("nowhere", folder.at("dangling.prom"));
    expect([await run("a.prom"), await run("a.prom")]).toEqual(["none", "none"]);
    expect([await run("b.prom"), await run("c.prom")]).toEqual(["each", "each"]);
    expect([await run("a.prom"), await run("b.prom")]).toEqual(["none", "each"]);
    rmSync(folder.at("a.prom"));
    expect([await run("b.prom"), await run("c.prom")]).toEqual(["none", "each"]);
  });

  it("keeps the last success of the runs before: of its own file, or of the folder, whichever is later", async () => {
    atTime(1_800_000_000_000);
    const run = async (exitCode: number, folderMs?: number) => {
      const metrics = await opened(folderMs);
      metrics.start(viewOf([]));
      metrics.end(exitCode);
      return sample("bulkget_last_success_timestamp_seconds");
    };
    expect(await run(1)).toBeUndefined();
    expect(await run(0)).toBe("1800000000");
    vi.setSystemTime(1_900_000_000_000);
    expect(await run(1)).toBe("1800000000");
    expect(await run(1, 1_700_000_000_000)).toBe("1800000000");
    expect(await run(130, 1_850_000_000_500)).toBe("1850000000.5");
    rmSync(path());
    expect(await run(4, 1_700_000_000_000)).toBe("1700000000");
  });

  it.skipIf(process.platform === "win32")("is readable by others, whatever the umask is", async () => {
    const before = process.umask(0o077);
    onTestFinished(() => void process.umask(before));
    const metrics = await opened();
    metrics.start(viewOf([]));
    metrics.end(0);
    expect((lstatSync(path()).mode & 0o777).toString(8)).toBe("644");
  });

  it.each([
    [
      "a file of the user",
      () => writeFileSync(path(), "# HELP node_x\n"),
      "exists and is no file of bulkget's metrics",
    ],
    ["an empty file", () => writeFileSync(path(), ""), "exists and is no file of bulkget's metrics"],
    ["a folder", () => mkdirSync(path()), "exists and is no file of bulkget's metrics"],
    ["a link", () => symlinkSync(folder.at("target"), path()), "exists and is no file of bulkget's metrics"],
    ["a dangling link", () => symlinkSync("nowhere", path()), "exists and is no file of bulkget's metrics"],
    ["a hard link", () => linkSync(folder.at("target"), path()), "exists and is no file of bulkget's metrics"],
  ])("is not opened in the place of %s", async (_, make, why) => {
    writeFileSync(folder.at("target"), "mine");
    make();
    await expect(opened()).rejects.toThrow(why);
    expect(readFileSync(folder.at("target"), "utf8")).toBe("mine");
  });

  it("is not opened where its folder does not exist", async () => {
    await expect(
      openMetrics({ file: folder.at("no/such.prom") }, { version: "", lastSuccessAtMs: undefined, note() {} }),
    ).rejects.toThrow("cannot be written: ENOENT");
  });

  it("is left alone when another program takes its place; the run reports it once and goes on", async () => {
    atTime(0);
    const metrics = await opened();
    metrics.start(viewOf([]));
    writeFileSync(path(), "mine");
    vi.advanceTimersByTime(60_000);
    metrics.end(0);
    expect([text(), metrics.notes]).toEqual([
      "mine",
      [`--metrics ${path()}: exists and is no file of bulkget's metrics; name another file`],
    ]);
  });

  it("is not written by a run that never began", async () => {
    const metrics = await opened();
    metrics.close();
    metrics.end(0);
    expect(readdirSync(folder.path)).toEqual([]);
  });
});
