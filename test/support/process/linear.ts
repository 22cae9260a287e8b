// Expects that work takes linear time, by its times at one size and at eight times that size.

import { expect } from "vitest";

/** Maximum number of runs per size; the fastest counts. CPU time does not include the time of other processes. */
const MAX_RUNS = 50;

/** Linear work takes 8 times as long, quadratic work 64 times. Times below NOISE_MS are not meaningful. */
const MAX_RATIO = 24;
const NOISE_MS = 5;

/** Expects that `work` at eight times the size takes less than MAX_RATIO times as long, in the fastest runs. */
export function expectLinear(size: number, work: (size: number) => void): void {
  let [small, large] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const isLinear = () => large < MAX_RATIO * small + NOISE_MS;
  for (let run = 0; run < MAX_RUNS && (run < 2 || !isLinear()); run++) {
    small = Math.min(small, tookMs(size / 8, work));
    large = Math.min(large, tookMs(size, work));
  }
  expect(isLinear(), `${size / 8}: ${small.toFixed(2)} ms, ${size}: ${large.toFixed(2)} ms`).toBe(true);
}

function tookMs(size: number, work: (size: number) => void): number {
  const before = process.cpuUsage();
  work(size);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
