// How fast: starts evenly spaced at a rate, and bytes paid off at a speed. Numbers in, numbers out.

import type { RateLimiter } from "../core/scheduler/task.ts";

/** After a pause, what this time would have allowed may go at once. */
const BURST_MS = 100;

/**
 * Starts at `perSecond` (more than 0), evenly spaced; after a pause, and at first, as many as come in 100 ms may go
 * together, at least 1. In any window of w seconds that is at most w × perSecond + max(1, perSecond / 10) starts. The
 * generic cell rate algorithm (ITU-T I.371, annex A).
 */
export function rateLimiter(perSecond: number): RateLimiter {
  const apartMs = 1000 / perSecond;
  const aheadMs = Math.max(0, Math.floor(BURST_MS / apartMs) - 1) * apartMs;
  let evenMs = Number.NEGATIVE_INFINITY; // when the next start would be, were they evenly spaced

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

/** A debt in bytes, paid off at a fixed speed. */
export interface ByteBudget {
  /** When all that was spent is paid; now, or earlier: go on. */
  paidMs(): number;
  /** Bytes that have arrived; may be more than is paid for. Fewer than 0 are given back. */
  spend(bytes: number, nowMs: number): void;
}

/** Bytes at `bytesPerSecond` (more than 0) over all; what was not used is kept for 100 ms, no longer: for a late timer, not for a burst. */
export function byteBudget(bytesPerSecond: number): ByteBudget {
  let paidMs = Number.NEGATIVE_INFINITY;

  return {
    paidMs: () => paidMs,
    spend(bytes, nowMs) {
      paidMs = Math.max(paidMs, nowMs - BURST_MS) + (bytes / bytesPerSecond) * 1000;
    },
  };
}

/** As much is read at once as comes in 50 ms, at least this and at most that many bytes. */
const READ_MS = 50;
const LEAST_READ = 1024;
const MOST_READ = 65_536;

/** How much one connection is to read before it is another's turn, in bytes. */
export function readSize(bytesPerSecond: number): number {
  return Math.min(MOST_READ, Math.max(LEAST_READ, Math.round((bytesPerSecond * READ_MS) / 1000)));
}

/** A body weighs an eighth of the mean. */
const WEIGHT = 1 / 8;

export interface Arrivals extends RateLimiter {
  /** A URL is done, with so many bytes. */
  learn(bytes: number): void;
}

/**
 * When URLs may start, where bytes have a speed: as far apart as their first reads take, which nobody can hold back, by the mean
 * of those so far; and not while much is to be paid for.
 */
export function arrivals(bytesPerSecond: number, paidMs: () => number): Arrivals {
  const mostBytes = readSize(bytesPerSecond);
  let mean = mostBytes;
  let isKnown = false;
  let evenMs = Number.NEGATIVE_INFINITY;

  return {
    // A timer may be late. And ahead of those who read on: else a slot would be free for as long as any body arrives.
    nextAtMs: () => Math.max(evenMs - READ_MS, paidMs() - BURST_MS),
    acquire(nowMs) {
      evenMs = Math.max(evenMs, nowMs) + (mean / bytesPerSecond) * 1000;
    },
    learn(bytes) {
      const first = Math.min(bytes, mostBytes);
      mean = isKnown ? mean + (first - mean) * WEIGHT : first;
      isKnown = true;
    },
  };
}
