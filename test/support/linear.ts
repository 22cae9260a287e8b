// Whether work grows in proportion to what is worked on: told by times at one size and at eight times that size.

import { expect } from "vitest";

/** Runs of each size at most, of which the quickest counts: a busy machine makes many of them slow, never quick. */
const MAX_RUNS = 50;

/** Linear work takes 8 times as long, quadratic work 64 times. Below some milliseconds a clock says little. */
const MOST_TIMES = 24;
const NOISE_MS = 5;

/** Expects that `work` on eight times as much does not take much more than eight times as long, in the quickest runs. */
export function expectLinear(size: number, work: (size: number) => void): void {
  let [small, large] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const isLinear = () => large < MOST_TIMES * small + NOISE_MS;
  for (let run = 0; run < MAX_RUNS && (run < 2 || !isLinear()); run++) {
    small = Math.min(small, tookMs(size / 8, work));
    large = Math.min(large, tookMs(size, work));
  }
  expect(isLinear(), `${size / 8}: ${small.toFixed(2)} ms, ${size}: ${large.toFixed(2)} ms`).toBe(true);
}

function tookMs(size: number, work: (size: number) => void): number {
  const fromMs = performance.now();
  work(size);
  return performance.now() - fromMs;
}
