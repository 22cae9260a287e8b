// Counts what happened over time in at most 600 bins, whose width doubles when they no longer suffice.

import type { Measured } from "./measured.ts";
import type { Timeline } from "./statistics.ts";

/** Enough for a chart of 1,200 pixels. */
const BINS = 600;

export interface TimelineFold {
  add(record: Measured): void;
  /** The earliest start of a request and the last end; undefined without records. */
  span(): { readonly startAtMs: number; readonly endAtMs: number } | undefined;
  timeline(): Timeline;
}

/** Bins begin at multiples of their width, so that the result does not depend on the order of the records. */
export function timelineFold(): TimelineFold {
  let binMs = 1;
  /** The number of the first bin: its start divided by the width. */
  let first = 0;
  let startAtMs = Number.POSITIVE_INFINITY;
  let endAtMs = Number.NEGATIVE_INFINITY;
  const finished = new Float64Array(BINS);
  const failed = new Float64Array(BINS);
  const bytes = new Float64Array(BINS);
  /** Milliseconds in bins that a URL overlaps in part. */
  const partMs = new Float64Array(BINS);
  /** How many more URLs overlap a bin as a whole than the one before it. */
  const whole = new Float64Array(BINS);

  /** Makes room for both ends of the span. */
  const cover = () => {
    while (Math.floor(endAtMs / binMs) - Math.floor(startAtMs / binMs) >= BINS) widen();
    const start = Math.floor(startAtMs / binMs);
    if (start < first) shift(start);
    else if (Math.floor(endAtMs / binMs) >= first + BINS) shift(start);
  };
  /** Moves the bins, so that the first one has this number. No bin that has something is moved out. */
  const shift = (start: number) => {
    const by = first - start;
    for (const bins of [finished, failed, bytes, partMs, whole]) {
      if (Math.abs(by) >= bins.length) bins.fill(0);
      else if (by > 0) bins.copyWithin(by, 0).fill(0, 0, by);
      else bins.copyWithin(0, -by).fill(0, bins.length + by);
    }
    first = start;
  };
  const widen = () => {
    const inFlightMs = overlaps();
    const offset = first - 2 * Math.floor(first / 2);
    for (const bins of [finished, failed, bytes]) merge(bins, bins, offset);
    merge(inFlightMs, partMs, offset);
    whole.fill(0);
    first = Math.floor(first / 2);
    binMs *= 2;
  };
  /** The milliseconds of all URLs in each bin. */
  const overlaps = (): Float64Array => {
    let urls = 0;
    return partMs.map((ms, bin) => {
      urls += whole[bin] ?? 0;
      return ms + urls * binMs;
    });
  };
  const addOverlap = (fromMs: number, toMs: number) => {
    const from = Math.floor(fromMs / binMs);
    const to = Math.floor(toMs / binMs);
    if (from === to) return increase(partMs, from - first, toMs - fromMs);
    increase(partMs, from - first, (from + 1) * binMs - fromMs);
    increase(partMs, to - first, toMs - to * binMs);
    increase(whole, from + 1 - first, 1);
    increase(whole, to - first, -1);
  };

  return {
    add(record) {
      const { endAtMs: end, totalMs } = record;
      const start = end - totalMs;
      if (!(Math.abs(start) < MAX_TIME_MS && Math.abs(end) < MAX_TIME_MS)) return;
      if (start < startAtMs || end > endAtMs) {
        if (startAtMs > endAtMs) first = Math.floor(start / binMs);
        startAtMs = Math.min(start, startAtMs);
        endAtMs = Math.max(end, endAtMs);
        cover();
      }
      const bin = Math.floor(end / binMs) - first;
      increase(finished, bin, 1);
      if (record.outcome === "failed") increase(failed, bin, 1);
      if (record.outcome === "saved") increase(bytes, bin, record.bytes);
      addOverlap(start, end);
    },
    span: () => (startAtMs > endAtMs ? undefined : { startAtMs, endAtMs }),
    timeline() {
      if (startAtMs > endAtMs) return { startAtMs: 0, binMs, finished: [], failed: [], bytes: [], inFlight: [] };
      const from = Math.floor(startAtMs / binMs) - first;
      const to = Math.floor(endAtMs / binMs) - first + 1;
      const used = (bins: Float64Array) => Array.from(bins.subarray(from, to));
      return {
        startAtMs: (first + from) * binMs,
        binMs,
        finished: used(finished),
        failed: used(failed),
        bytes: used(bytes),
        inFlight: used(overlaps()).map((ms) => ms / binMs),
      };
    },
  };
}

/** The most that a Date holds. */
const MAX_TIME_MS = 8.64e15;

function increase(bins: Float64Array, bin: number, by: number): void {
  bins[bin] = (bins[bin] ?? 0) + by;
}

/** Adds pairs of bins. `offset` is 1 if the first bin is the second one of its pair. */
function merge(from: Float64Array, to: Float64Array, offset: number): void {
  const half = Math.floor((BINS - 1 + offset) / 2) + 1;
  for (let bin = 0; bin < half; bin++) {
    const pair = 2 * bin - offset;
    to[bin] = (from[pair] ?? 0) + (from[pair + 1] ?? 0);
  }
  to.fill(0, half);
}
