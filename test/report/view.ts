// A view with fixed numbers for tests of reporters.
import type { Outcome } from "../../src/core/job.ts";
import type { View } from "../../src/core/ports.ts";
import { count, emptyTally } from "../../src/core/run/tally.ts";

/** The view after these outcomes; `more` replaces parts of it. */
export function viewOf(outcomes: readonly Outcome[], over: Partial<View> = {}): View {
  const tally = emptyTally();
  for (const outcome of outcomes) count(tally, outcome);
  return {
    tally,
    concurrency: 50,
    inFlight: 0,
    peakInFlight: 50,
    waiting: 0,
    retrying: 0,
    transfers: () => [],
    linesOf: () => undefined,
    open: new Map(),
    elapsedMs: 5100,
    nowMs: () => 0,
    receivedBytes: () => 1_500_000,
    total: () => undefined,
    ...over,
  };
}

/** Text without control characters other than line feeds. */
export const NO_CONTROLS = /^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f]*$/;
