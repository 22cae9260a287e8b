// The sweep of `bulkget tune`: which concurrencies to measure, and which of them is the knee.

import { LOSS_FACTOR_OVER_USUAL, TOLERATED_LOSS_SHARE } from "../overload-limit.ts";
import { middle } from "./bisect.ts";
import { throughputOf } from "./throughput.ts";

/** The measurement of one concurrency. */
export interface Measured {
  readonly concurrency: number;
  readonly ms: number;
  readonly finished: number;
  readonly bytes: number;
  readonly failed: number;
  /** The failed ones that were `overloaded`, `unreachable` or `silent`. */
  readonly lost: number;
}

/** Minimum gain of a doubling for the sweep to go on. */
const MIN_GAIN = 1.05;
/** Share of the best speed that the knee has at least. */
const KNEE_SHARE = 0.95;
/** One at a time overloads a server only where more than this share is lost. */
const MOST_LOST_SHARE = 0.5;
/** Ratio of two concurrencies from which another one between them is measured. */
const APART_RATIO = 1.3;

/** Whether more tries are lost than at the first step, one at a time: an overload. `first` is undefined for that step. */
export function isRefused({ finished, lost }: Losses, first: Losses | undefined): boolean {
  const share = lost / Math.max(finished, 1);
  if (first === undefined) return share > MOST_LOST_SHARE;
  return (
    lost >= 3 && share > (first.lost / Math.max(first.finished, 1)) * LOSS_FACTOR_OVER_USUAL + TOLERATED_LOSS_SHARE
  );
}

type Losses = Pick<Measured, "finished" | "lost">;

/** Returns the throughput in URLs per second; large bodies count by their bytes. */
export function speed({ ms, finished, lost, bytes }: Measured): number {
  return throughputOf({ ms, finished, lost, bytes, inFlight: 0, latencyMs: 0 });
}

/** Returns the lowest concurrency without overload that is within 5 % of the fastest; undefined if all failed. */
export function kneeOf<T extends Measured>(steps: readonly T[]): T | undefined {
  const [first] = steps;
  const fine = steps.filter((step) => !(step !== first && isRefused(step, first)) && speed(step) > 0);
  const best = Math.max(...fine.map(speed));
  return sorted(fine).find((step) => speed(step) >= KNEE_SHARE * best);
}

/** Returns the next concurrency: doubles from 1 to `most`, until two were no faster or one was refused; then bisects around the knee. */
export function nextOf(steps: readonly Measured[], most: number): number | undefined {
  const last = steps.at(-1);
  if (last === undefined) return 1;
  const [first] = steps;
  const isTooMany = (step: Measured) => isRefused(step, step === first ? undefined : first);
  const all = sorted(steps);
  const highest = all.at(-1);
  const isOver = steps.some(isTooMany) || isFlat(all);
  if (!isOver && highest !== undefined && highest.concurrency < most) return Math.min(most, 2 * highest.concurrency);
  const knee = kneeOf(steps);
  if (knee === undefined) return undefined;
  const below = all.findLast(({ concurrency }) => concurrency < knee.concurrency)?.concurrency;
  if (below !== undefined && isApart(below, knee.concurrency)) return middle(below, knee.concurrency);
  const above = all.find(({ concurrency }) => concurrency > knee.concurrency);
  if (above === undefined || !isTooMany(above) || !isApart(knee.concurrency, above.concurrency)) return undefined;
  return middle(knee.concurrency, above.concurrency);
}

/** Whether the last two were no faster than those before. */
function isFlat(all: readonly Measured[]): boolean {
  if (all.length < 3) return false;
  const before = Math.max(...all.slice(0, -2).map(speed));
  return all.slice(-2).every((step) => speed(step) < MIN_GAIN * before);
}

function isApart(low: number, high: number): boolean {
  return high - low > 1 && high > APART_RATIO * low;
}

/** Returns the steps by concurrency. */
export function sorted<T extends { readonly concurrency: number }>(steps: readonly T[]): T[] {
  return [...steps].sort((one, other) => one.concurrency - other.concurrency);
}
