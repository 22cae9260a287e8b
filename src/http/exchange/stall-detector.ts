// Whether a body arrives fast enough: no silence, and no trickle. Fed with byte counts by the coarse timer.

import type { Failure } from "../../core/failure.ts";

export interface StallLimits {
  /** The longest silence, in milliseconds. */
  readonly timeoutMs: number;
  /** A body slower than this over a whole window fails; 0 for any speed. */
  readonly minBytesPerSecond: number;
  readonly speedWindowMs: number;
}

/** Given the bytes so far and whether we ourselves hold the body up, says what is wrong, if anything. */
export type StallDetector = (bytes: number, paused: boolean, nowMs: number) => Failure | undefined;

/** Starts to watch a body at `startMs`. What we hold up, because the disk is slower, is not held against the server. */
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
