// The marks of runs that may have saved what they did not record: left by a kill, and kept, since lines come back.
import { lstatSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { markRun } from "../../../src/sink/folder/unclean-shutdown.ts";
import { ownFolder } from "../../support/own.ts";

const folder = ownFolder();
const at = (file: string) => folder.at(file);

it("runs that end well leave nothing to replace, and no mark", () => {
  markRun(folder.path).end();
  const second = markRun(folder.path);
  expect(second.unrecorded).toEqual([]);
  second.end();
  expect(readdirSync(folder.path)).toEqual([]);
});

it("a run after one that was killed may replace what was saved from its beginning to now", () => {
  const killed = markRun(folder.path); // and no end
  writeFileSync(at("file"), "saved, not recorded");
  const { mtimeMs } = lstatSync(at("file"));
  const { unrecorded, startMs } = markRun(folder.path);
  expect(unrecorded).toEqual([{ fromMs: killed.startMs, beforeMs: startMs }]);
  expect(startMs).toBeGreaterThanOrEqual(mtimeMs);
});

it("runs that are killed one after the other are one span, from the first one's beginning", () => {
  const first = markRun(folder.path);
  markRun(folder.path); // killed, too
  const { unrecorded, startMs } = markRun(folder.path);
  expect(unrecorded).toEqual([{ fromMs: first.startMs, beforeMs: startMs }]);
});

it("what a killed run saved stays replaceable after runs that ended well, which add nothing", () => {
  const killed = markRun(folder.path);
  const next = markRun(folder.path);
  next.end();
  markRun(folder.path).end();
  const { unrecorded } = markRun(folder.path); // killed, and a span of its own
  expect(unrecorded).toEqual([{ fromMs: killed.startMs, beforeMs: next.startMs }]);
  expect(markRun(folder.path).unrecorded).toHaveLength(2);
});

it("a folder in which runs are killed for years has a bounded number of spans, and forgets none", () => {
  const first = markRun(folder.path);
  for (let run = 0; run < 100; run++) {
    markRun(folder.path).end(); // after one that was killed
    markRun(folder.path);
  }
  const { unrecorded } = markRun(folder.path);
  expect(unrecorded.length).toBeLessThanOrEqual(20);
  expect(unrecorded[0]?.fromMs).toBe(first.startMs);
});

it("a mark whose text a power loss has taken is from when it was made", () => {
  for (const text of ["", "12", "never ever\n"]) {
    writeFileSync(at("since"), text);
    utimesSync(at("since"), 100, 100);
    const { unrecorded, startMs, end } = markRun(folder.path);
    expect(unrecorded).toEqual([{ fromMs: 100_000, beforeMs: startMs }]);
    end();
  }
});

it("a link in its place is no mark, and is not followed", () => {
  writeFileSync(at("mine"), "mine");
  symlinkSync(at("mine"), at("since"));
  expect(markRun(folder.path).unrecorded).toEqual([]);
  expect(lstatSync(at("since")).isFile()).toBe(true);
  expect(lstatSync(at("mine")).size).toBe(4);
});
