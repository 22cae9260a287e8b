// Rate limits: evenly spaced starts (GCRA), and a token bucket for bytes (--rate, --limit-rate).

import type { RateLimiter } from "../core/scheduler/task.ts";

/** Burst after a pause: the starts or bytes of this time, in milliseconds. */
const BURST_MS = 100;

/**
 * Allows `perSecond` (more than 0) starts, evenly spaced; after a pause, and at first, a burst of those of 100 ms, at
 * least 1. In any window of w seconds that is at most w × perSecond + max(1, perSecond / 10) starts. The
 * generic cell rate algorithm (ITU-T I.371, annex A).
 */
export function rateLimiter(perSecond: number): RateLimiter {
  const apartMs = 1000 / perSecond;
  const aheadMs = (burstOf(apartMs) - 1) * apartMs;
  let evenMs = Number.NEGATIVE_INFINITY; // theoretical time of the next start, without bursts

  return {
    nextAtMs: () => evenMs - aheadMs,
    acquire(nowMs) {
      evenMs = Math.max(evenMs, nowMs) + apartMs;
    },
    release(isUsed) {
      if (!isUsed) evenMs -= apartMs;
    },
  };
}

/** Number of starts that may be made at once. */
function burstOf(apartMs: number): number {
  return Math.max(1, Math.floor(BURST_MS / apartMs));
}

/** The least time from the first to the last of these starts, in milliseconds. */
export function leastTimeMs(starts: number, perSecond: number): number {
  const apartMs = 1000 / perSecond;
  return Math.max(0, starts - burstOf(apartMs)) * apartMs;
}

/** A token bucket for bytes, as the time at which it is empty of debt. */
export interface ByteBudget {
  /** Returns when more bytes may be read; in the past: now. */
  paidMs(): number;
  /** Counts bytes that have arrived, even beyond the limit; a negative number gives bytes back. */
  spend(bytes: number, nowMs: number): void;
}

/** Allows `bytesPerSecond` (more than 0). Unused bytes of the last 100 ms are kept, for late timers. */
export function byteBudget(bytesPerSecond: number): ByteBudget {
  let paidMs = Number.NEGATIVE_INFINITY;

  return {
    paidMs: () => paidMs,
    spend(bytes, nowMs) {
      paidMs = Math.max(paidMs, nowMs - BURST_MS) + (bytes / bytesPerSecond) * 1000;
    },
  };
}

/** One read takes the bytes of 50 ms, within these limits. */
const READ_MS = 50;
const MIN_READ_BYTES = 1024;
const MAX_READ_BYTES = 65_536;

/** Returns how many bytes a connection reads before the next one's turn. */
export function readSize(bytesPerSecond: number): number {
  return Math.min(MAX_READ_BYTES, Math.max(MIN_READ_BYTES, Math.round((bytesPerSecond * READ_MS) / 1000)));
}

/** Weight of a new body in the moving average. */
const MEAN_WEIGHT = 1 / 8;

export interface Arrivals extends RateLimiter {
  /** Called with the bytes of a finished URL. */
  learn(bytes: number): void;
}

/**
 * Limits the starts of URLs under a bandwidth limit: their interval is the mean time of a first read, which cannot be delayed.
 * None starts while the bucket has a debt of over 100 ms.
 */
export function arrivals(bytesPerSecond: number, paidMs: () => number): Arrivals {
  const mostBytes = readSize(bytesPerSecond);
  let mean = mostBytes;
  let isKnown = false;
  let evenMs = Number.NEGATIVE_INFINITY;

  return {
    // Early, since a timer may be late, and since a slot would otherwise stay free as long as another body is read.
    nextAtMs: () => Math.max(evenMs - READ_MS, paidMs() - BURST_MS),
    acquire(nowMs) {
      evenMs = Math.max(evenMs, nowMs) + (mean / bytesPerSecond) * 1000;
    },
    learn(bytes) {
      const first = Math.min(bytes, mostBytes);
      mean = isKnown ? mean + (first - mean) * MEAN_WEIGHT : first;
      isKnown = true;
    },
  };
}
