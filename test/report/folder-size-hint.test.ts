// The advice to use --per-dir for a folder that gets too many files: printed once, and early if the list's length is known.

import { describe, expect, it } from "vitest";
import type { Outcome } from "../../src/core/job.ts";
import type { View } from "../../src/core/ports.ts";
import { folderSizeHint } from "../../src/report/folder-size-hint.ts";
import { viewOf } from "./view.ts";

const savedAs = (file: string): Outcome => ({
  n: 1,
  url: "http://127.0.0.1/",
  outcome: "saved",
  file,
  status: 200,
  bytes: 1,
  attempts: 1,
  total_ms: 1,
  time: "2026-01-01T00:00:00.000Z",
});

/** The messages printed during this many outcomes, each with the number of outcomes before it. */
function said(outcome: Outcome, count: number, over: Partial<View> = {}): [number, string][] {
  const notes: [number, string][] = [];
  let told = 0;
  const reporter = folderSizeHint((text) => notes.push([told, text]));
  reporter.start?.(viewOf([], over));
  for (told = 1; told <= count; told++) void reporter.outcome(outcome);
  return notes;
}

const ADVICE = "--per-dir 1000 puts those to come into folders of 1,000 (000/000042)";

describe("the advice for a folder with many files", () => {
  it("is printed after 1,000 files of a long list", () => {
    const total = () => ({ jobs: 2_300_000, exact: false });
    expect(said(savedAs("000001.jpg"), 110_000, { total })).toEqual([
      [1000, `about 2,300,000 files in one folder: ${ADVICE}`],
    ]);
  });

  it("is printed at the 100,001st file if the list's length is unknown", () => {
    expect(said(savedAs("000001.jpg"), 210_000)).toEqual([[100_001, `over 100,000 files in one folder: ${ADVICE}`]]);
  });

  it("counts files of earlier runs as well", () => {
    const over = {
      total: () => ({ jobs: 50_001, exact: true }),
      doneEarlier: { saved: 50_000, failed: 0, skipped: 0 },
    };
    expect(said(savedAs("000001.jpg"), 1000, over)).toEqual([[1000, `100,001 files in one folder: ${ADVICE}`]]);
  });

  it("is not printed for 100,000 files", () => {
    expect(said(savedAs("000001.jpg"), 100_000, { total: () => ({ jobs: 100_000, exact: true }) })).toEqual([]);
  });

  it("is not printed for files in subfolders, or without files", () => {
    const total = () => ({ jobs: 2_300_000, exact: true });
    expect(said(savedAs("000/000001.jpg"), 110_000, { total })).toEqual([]);
    const { file: _, ...handedOver } = savedAs("x") as Extract<Outcome, { outcome: "saved" }>;
    expect(said(handedOver, 110_000, { total })).toEqual([]);
  });
});
