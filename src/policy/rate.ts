// How fast: starts evenly spaced at a rate, and bytes paid off at a speed. Numbers in, numbers out.

import type { Pace } from "../core/frontier.ts";

/** After a pause, what this time would have allowed may go at once. */
const BURST_MS = 100;
/** Speed that was not used is kept for so long. */
const CREDIT_MS = 1000;

/**
 * Starts at `perSecond` (more than 0), evenly spaced; after a pause, and at first, as many as come in 100 ms may go
 * together, at least 1. In any window of w seconds that is at most w × perSecond + max(1, perSecond / 10) starts. The
 * generic cell rate algorithm (ITU-T I.371, annex A).
 */
export function pace(perSecond: number): Pace {
  const apartMs = 1000 / perSecond;
  const aheadMs = Math.max(0, Math.floor(BURST_MS / apartMs) - 1) * apartMs;
  let evenMs = Number.NEGATIVE_INFINITY; // when the next start would be, were they evenly spaced

  return {
    readyMs: () => evenMs - aheadMs,
    take(nowMs) {
      evenMs = Math.max(evenMs, nowMs) + apartMs;
    },
    over(isUsed) {
      if (!isUsed) evenMs -= apartMs;
    },
  };
}

/** A debt in bytes, paid off at a fixed speed. */
export interface BytesPace {
  /** When all that was spent is paid; now, or earlier: go on. */
  readyMs(nowMs: number): number;
  /** Bytes that have arrived; may be more than is paid for. */
  spend(bytes: number, nowMs: number): void;
}

/** Bytes at `bytesPerSecond` (more than 0) over all; what was not used is kept for one second, no longer. */
export function bytesPace(bytesPerSecond: number): BytesPace {
  let paidMs = Number.NEGATIVE_INFINITY;

  return {
    readyMs: () => paidMs,
    spend(bytes, nowMs) {
      paidMs = Math.max(paidMs, nowMs - CREDIT_MS) + (bytes / bytesPerSecond) * 1000;
    },
  };
}
