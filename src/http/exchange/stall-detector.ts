// Detects a stalled body: one that is silent for too long, or slower than the minimum speed.

import type { Failure } from "../../core/failure.ts";

export interface StallLimits {
  /** Maximum time without a byte of the body, in milliseconds. */
  readonly timeoutMs: number;
  /** Minimum speed of a body over a whole window, in bytes per second; 0 for none. */
  readonly minBytesPerSecond: number;
  readonly speedWindowMs: number;
}

/** Returns a failure if the body has stalled. `bytes`: received so far; `paused`: whether this side holds the body up. */
export type StallDetector = (bytes: number, paused: boolean, nowMs: number) => Failure | undefined;

/** Starts at `startMs`. Time in which this side holds the body up, because the disk is slower, does not count. */
export function stallDetector(
  { timeoutMs, minBytesPerSecond, speedWindowMs }: StallLimits,
  startMs: number,
): StallDetector {
  let seenBytes = 0;
  let silentSinceMs = startMs;
  let windowFromMs = startMs;
  let windowFromBytes = 0;

  return (bytes, paused, nowMs) => {
    const moved = bytes !== seenBytes;
    seenBytes = bytes;
    if (paused || moved) silentSinceMs = nowMs;
    if (nowMs - silentSinceMs >= timeoutMs) {
      return { error: "body_timeout", detail: `no byte of the body for ${timeoutMs / 1000} s, after ${bytes}` };
    }
    const elapsedMs = nowMs - windowFromMs;
    if (!paused && elapsedMs < speedWindowMs) return undefined;
    const bytesPerSecond = ((bytes - windowFromBytes) / elapsedMs) * 1000;
    windowFromMs = nowMs;
    windowFromBytes = bytes;
    if (paused || bytesPerSecond >= minBytesPerSecond) return undefined;
    const speed = `${bytesPerSecond.toFixed(1)} bytes/s over ${speedWindowMs / 1000} s`;
    return { error: "too_slow", detail: `${speed}, under ${minBytesPerSecond}` };
  };
}
