// The marks of runs that may have saved files without a record: left by a kill, and kept.
import { lstatSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { markRun } from "../../../src/sink/folder/unclean-shutdown.ts";
import { ownFolder } from "../../support/own.ts";

const folder = ownFolder();
const at = (file: string) => folder.at(file);

it("a clean shutdown leaves no span and no mark", () => {
  markRun(folder.path).end();
  const second = markRun(folder.path);
  expect(second.unrecorded).toEqual([]);
  second.end();
  expect(readdirSync(folder.path)).toEqual([]);
});

it("after a kill, the span is from the killed run's start to this run's start", () => {
  const killed = markRun(folder.path); // and no end
  writeFileSync(at("file"), "saved, not recorded");
  const { mtimeMs } = lstatSync(at("file"));
  const { unrecorded, startMs } = markRun(folder.path);
  expect(unrecorded).toEqual([{ fromMs: killed.startMs, beforeMs: startMs }]);
  expect(startMs).toBeGreaterThanOrEqual(mtimeMs);
});

it("consecutive killed runs are one span, from the first one's start", () => {
  const first = markRun(folder.path);
  markRun(folder.path); // killed, too
  const { unrecorded, startMs } = markRun(folder.path);
  expect(unrecorded).toEqual([{ fromMs: first.startMs, beforeMs: startMs }]);
});

it("the span of a killed run stays after clean shutdowns, which add none", () => {
  const killed = markRun(folder.path);
  const next = markRun(folder.path);
  next.end();
  markRun(folder.path).end();
  const { unrecorded } = markRun(folder.path); // killed, and a span of its own
  expect(unrecorded).toEqual([{ fromMs: killed.startMs, beforeMs: next.startMs }]);
  expect(markRun(folder.path).unrecorded).toHaveLength(2);
});

it("the number of spans is bounded: the earliest are merged, and none is lost", () => {
  const first = markRun(folder.path);
  for (let run = 0; run < 100; run++) {
    markRun(folder.path).end(); // after one that was killed
    markRun(folder.path);
  }
  const { unrecorded } = markRun(folder.path);
  expect(unrecorded.length).toBeLessThanOrEqual(20);
  expect(unrecorded[0]?.fromMs).toBe(first.startMs);
});

it("a mark whose text a power loss has destroyed is a span from its mtime", () => {
  for (const text of ["", "12", "never ever\n"]) {
    writeFileSync(at("since"), text);
    utimesSync(at("since"), 100, 100);
    const { unrecorded, startMs, end } = markRun(folder.path);
    expect(unrecorded).toEqual([{ fromMs: 100_000, beforeMs: startMs }]);
    end();
  }
});

it("a link in the place of the mark is not followed", () => {
  writeFileSync(at("mine"), "mine");
  symlinkSync(at("mine"), at("since"));
  expect(markRun(folder.path).unrecorded).toEqual([]);
  expect(lstatSync(at("since")).isFile()).toBe(true);
  expect(lstatSync(at("mine")).size).toBe(4);
});
