// Overload: whether more tries are lost than usual, and whether a lower concurrency helps against it.

import {
  LOSS_FACTOR_OVER_USUAL,
  MOST_LOST_SHARE,
  TOLERATED_LOSS_SHARE,
  UNRELATED_LOSS_RATIO,
} from "../overload-limit.ts";

/** Part of the difference by which one sample changes the usual share. */
const USUAL_WEIGHT = 1 / 5;

/** Whether more tries are lost than usual, and than chance explains. `usual`: the usual share of lost tries. */
export function isOverload(usual: number, finished: number, lost: number): boolean {
  const expected = finished * usual;
  return lost >= 2 + finished * TOLERATED_LOSS_SHARE + expected * LOSS_FACTOR_OVER_USUAL + 2 * Math.sqrt(expected);
}

/** Returns the usual share after a sample without overload. */
export function usualAfter(usual: number, share: number): number {
  return usual + (share - usual) * USUAL_WEIGHT;
}

/**
 * Returns the usual share where a lower concurrency loses about as much as the one before it: then the losses have another
 * cause. Undefined where it helps, or where going further down may help.
 */
export function usualIfUnrelated(before: number, share: number, isLeast: boolean): number | undefined {
  if (share <= UNRELATED_LOSS_RATIO * before || (share > MOST_LOST_SHARE && !isLeast)) return undefined;
  return (share + before) / 2;
}
