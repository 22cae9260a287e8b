// Which concurrencies a sweep measures, and which of them a person would choose. Numbers in, numbers out.

import { LOSS_FACTOR_OVER_USUAL, TOLERATED_LOSS_SHARE } from "../host-limit.ts";
import { middle } from "./bisect.ts";
import { throughputOf } from "./throughput.ts";

/** What one concurrency gave. */
export interface Measured {
  readonly concurrency: number;
  readonly ms: number;
  readonly finished: number;
  readonly bytes: number;
  readonly failed: number;
  /** Of the failed: the servers asked for less, cut the connection, or did not answer. */
  readonly lost: number;
}

/** A doubling is worth going on for if it is so much faster. */
const FASTER = 1.05;
/** The knee is the least that has so much of the best speed. */
const NEARLY = 0.95;
/** One at a time cannot be too many, unless most is lost. */
const MOSTLY = 0.5;
/** Between the knee and the next below it, another look is worth it. */
const APART = 1.3;

/** Whether more was lost than one at a time loses: servers are asked for too much. `first` is undefined for the first step. */
export function isRefused({ finished, lost }: Losses, first: Losses | undefined): boolean {
  const share = lost / Math.max(finished, 1);
  if (first === undefined) return share > MOSTLY;
  return (
    lost >= 3 && share > (first.lost / Math.max(first.finished, 1)) * LOSS_FACTOR_OVER_USUAL + TOLERATED_LOSS_SHARE
  );
}

type Losses = Pick<Measured, "finished" | "lost">;

/** URLs a second, and bytes in their terms, of those that were answered. */
export function speed({ ms, finished, lost, bytes }: Measured): number {
  return throughputOf({ ms, finished, lost, bytes, inFlight: 0, latencyMs: 0 });
}

/** The least that is nearly as fast as the fastest, of those that were not too many; undefined where nothing came. */
export function kneeOf<T extends Measured>(steps: readonly T[]): T | undefined {
  const [first] = steps;
  const fine = steps.filter((step) => !(step !== first && isRefused(step, first)) && speed(step) > 0);
  const best = Math.max(...fine.map(speed));
  return sorted(fine).find((step) => speed(step) >= NEARLY * best);
}

/** What to measure next: doubles from 1 until that was twice no faster or is refused, then looks below the knee; at most `most`. */
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

/** Whether the last two were no faster than what came before them. */
function isFlat(all: readonly Measured[]): boolean {
  if (all.length < 3) return false;
  const before = Math.max(...all.slice(0, -2).map(speed));
  return all.slice(-2).every((step) => speed(step) < FASTER * before);
}

function isApart(low: number, high: number): boolean {
  return high - low > 1 && high > APART * low;
}

/** By concurrency. */
export function sorted<T extends { readonly concurrency: number }>(steps: readonly T[]): T[] {
  return [...steps].sort((one, other) => one.concurrency - other.concurrency);
}
