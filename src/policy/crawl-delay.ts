// Limits the rate of starts on a host to its Crawl-delay: one at a time until robots.txt is known.

import type { RateLimiter } from "../core/scheduler/task.ts";

/**
 * `delayMs` returns the Crawl-delay in milliseconds, undefined where robots.txt was not read: then one try at a time starts,
 * which reads it. `rate` applies in addition.
 */
export function crawlDelayLimiter(delayMs: () => number | undefined, rate: RateLimiter | undefined): RateLimiter {
  let running = 0;
  let lastDelayMs = 0;
  let nextMs = Number.NEGATIVE_INFINITY; // time of the next start

  return {
    nextAtMs(nowMs) {
      if (running > 0 && delayMs() === undefined) return Number.POSITIVE_INFINITY;
      return Math.max(nextMs, rate?.nextAtMs(nowMs) ?? Number.NEGATIVE_INFINITY);
    },
    acquire(nowMs) {
      running++;
      lastDelayMs = delayMs() ?? 0;
      nextMs = Math.max(nextMs, nowMs) + lastDelayMs;
      rate?.acquire(nowMs);
    },
    release(isUsed) {
      running--;
      if (!isUsed) nextMs -= lastDelayMs;
      rate?.release?.(isUsed);
    },
  };
}
