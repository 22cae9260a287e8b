// A histogram of durations without the buckets below its shortest and above its longest one: for each of many hosts.

import { bucketOf, emptyTimes, type Histogram } from "../../core/run/tally.ts";

/** Times of a host differ by a factor of ten or so: 50 of 512 buckets. */
export interface NarrowTimes {
  /** The bucket of `counts[0]`, a multiple of GRAIN. */
  first: number;
  counts: Uint32Array;
}

/** Buckets that are added at a time. */
const GRAIN = 16;

export function narrowTimes(): NarrowTimes {
  return { first: 0, counts: new Uint32Array() };
}

export function addNarrowTime(times: NarrowTimes, ms: number): void {
  const bucket = bucketOf(ms);
  const place = bucket - times.first;
  if (place < 0 || place >= times.counts.length) widen(times, bucket);
  const at = bucket - times.first;
  times.counts[at] = (times.counts[at] ?? 0) + 1;
}

function widen(times: NarrowTimes, bucket: number): void {
  const { first, counts } = times;
  const own = bucket - (bucket % GRAIN);
  const isEmpty = counts.length === 0;
  const from = isEmpty ? own : Math.min(first, own);
  const to = isEmpty ? own + GRAIN : Math.max(first + counts.length, own + GRAIN);
  times.counts = new Uint32Array(to - from);
  times.counts.set(counts, isEmpty ? 0 : first - from);
  times.first = from;
}

/** The same counts with all buckets. */
export function allTimes({ first, counts }: NarrowTimes): Histogram {
  const times = emptyTimes();
  times.set(counts, first);
  return times;
}
