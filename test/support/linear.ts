// Whether work grows in proportion to what is worked on: told by times at one size and at eight times that size.

import { expect } from "vitest";

/** Runs of which the quickest counts: a busy machine makes some of them slow, not all. */
const RUNS = 5;

/** Linear work takes 8 times as long, quadratic work 64 times. Below some milliseconds a clock says little. */
const MOST_TIMES = 24;
const NOISE_MS = 5;

/** Expects that `work` on eight times as much does not take much more than eight times as long. */
export function expectLinear(size: number, work: (size: number) => void): void {
  const [small, large] = [quickestMs(size / 8, work), quickestMs(size, work)];
  expect(large, `${size / 8}: ${small.toFixed(2)} ms, ${size}: ${large.toFixed(2)} ms`).toBeLessThan(
    MOST_TIMES * small + NOISE_MS,
  );
}

function quickestMs(size: number, work: (size: number) => void): number {
  let quickest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    const fromMs = performance.now();
    work(size);
    quickest = Math.min(quickest, performance.now() - fromMs);
  }
  return quickest;
}
