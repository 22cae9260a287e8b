// How many tries at a time one host gets: halved when it asks for less, crept up again while it answers.

import type { HostLimit } from "../core/scheduler/task.ts";

/** The smallest round: fewer results say nothing. */
const ROUND = 8;
/** A share of pushed results over what is usual for the host, times the first and plus the second, is pressure of ours. */
export const LOSS_FACTOR_OVER_USUAL = 1.3;
export const TOLERATED_LOSS_SHARE = 0.05;
/** Half the tries, and still over this part of the losses: they do not come from us. */
export const NOT_LOWER = 0.75;
/**
 * A host that refuses at once what is too much refuses most of it at twice its limit as at four times: over this share,
 * halving goes on to 1 before anything is concluded from losses that stay.
 */
export const MOSTLY = 0.5;

interface Trial {
  /** The limit before the first halving. */
  readonly limit: number;
  /** The share of pushed results in the round before the last halving. */
  readonly share: number;
}

/**
 * Starts at `most`, a whole number of at least 1, and follows where it rises. `limit` is always a whole number from 1 to the
 * largest that `most` has been.
 */
export function hostLimit(most: () => number): HostLimit {
  let limit = most();
  let results = 0;
  let pushes = 0;
  let usual = 0;
  let trial: Trial | undefined;

  return {
    get limit() {
      return limit;
    },
    note(pushed) {
      if (pushed) pushes++;
      if (++results < limit || results < ROUND) return;
      if (pushes > 0 || limit < most()) decide(pushes / results);
      results = 0;
      pushes = 0;
    },
  };

  function decide(share: number): void {
    const before = trial;
    trial = undefined;
    if (share === 1) {
      halve();
    } else if (share <= usual * LOSS_FACTOR_OVER_USUAL + TOLERATED_LOSS_SHARE) {
      limit = Math.min(most(), limit + Math.max(1, Math.floor(limit / 8)));
    } else if (before !== undefined && share > NOT_LOWER * before.share && (share <= MOSTLY || limit === 1)) {
      // The host loses so much of itself: what we took away was for nothing.
      limit = before.limit;
      usual = (share + before.share) / 2;
    } else {
      trial = { limit: before?.limit ?? limit, share };
      halve();
    }
  }

  function halve(): void {
    limit = Math.max(1, Math.floor(limit / 2));
  }
}
