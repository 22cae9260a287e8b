// When a host may be asked next that has a say in it: one at a time until that is known, then as far apart as it wants.

import type { Pace } from "../core/schedule.ts";

/**
 * `delayMs` gives the milliseconds that the host wants between two starts, undefined where it has not been asked: then
 * nothing is started while something runs, which is what asks it. `rate` holds besides.
 */
export function turn(delayMs: () => number | undefined, rate: Pace | undefined): Pace {
  let running = 0;
  let apartMs = 0;
  let evenMs = Number.NEGATIVE_INFINITY; // when the next start may be

  return {
    readyMs(nowMs) {
      if (running > 0 && delayMs() === undefined) return Number.POSITIVE_INFINITY;
      return Math.max(evenMs, rate?.readyMs(nowMs) ?? Number.NEGATIVE_INFINITY);
    },
    take(nowMs) {
      running++;
      apartMs = delayMs() ?? 0;
      evenMs = Math.max(evenMs, nowMs) + apartMs;
      rate?.take(nowMs);
    },
    over(isUsed) {
      running--;
      if (!isUsed) evenMs -= apartMs;
      rate?.over?.(isUsed);
    },
  };
}
