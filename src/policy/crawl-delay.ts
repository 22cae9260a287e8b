// When a host may be asked next that has a say in it: one at a time until that is known, then as far apart as it wants.

import type { RateLimiter } from "../core/scheduler/task.ts";

/**
 * `delayMs` gives the milliseconds that the host wants between two starts, undefined where it has not been asked: then
 * nothing is started while something runs, which is what asks it. `rate` holds besides.
 */
export function crawlDelayLimiter(delayMs: () => number | undefined, rate: RateLimiter | undefined): RateLimiter {
  let running = 0;
  let apartMs = 0;
  let evenMs = Number.NEGATIVE_INFINITY; // when the next start may be

  return {
    nextAtMs(nowMs) {
      if (running > 0 && delayMs() === undefined) return Number.POSITIVE_INFINITY;
      return Math.max(evenMs, rate?.nextAtMs(nowMs) ?? Number.NEGATIVE_INFINITY);
    },
    acquire(nowMs) {
      running++;
      apartMs = delayMs() ?? 0;
      evenMs = Math.max(evenMs, nowMs) + apartMs;
      rate?.acquire(nowMs);
    },
    release(isUsed) {
      running--;
      if (!isUsed) evenMs -= apartMs;
      rate?.release?.(isUsed);
    },
  };
}
