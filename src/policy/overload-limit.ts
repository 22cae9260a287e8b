// The limit of tries at a time on an overloaded host: halved on overload, raised by an eighth after good rounds.

import type { OverloadLimit } from "../core/scheduler/task.ts";

/** Minimum number of results in a round: the share of fewer is chance. */
const MIN_ROUND = 8;
/** A share of lost tries above the usual one, times this factor and plus this share, is an overload. */
export const LOSS_FACTOR_OVER_USUAL = 1.3;
export const TOLERATED_LOSS_SHARE = 0.05;
/** If fewer tries at a time still lose more than this part of the former share, the losses have another cause. */
export const UNRELATED_LOSS_RATIO = 0.75;
/**
 * A host that rejects requests over its limit at once rejects most of them at twice its limit as well as at four times. Over
 * this share, the limit is halved down to 1 before losses that remain are attributed to another cause.
 */
export const MOST_LOST_SHARE = 0.5;

interface Trial {
  /** The limit before the first halving. */
  readonly limit: number;
  /** The share of overloads in the round before the last halving. */
  readonly share: number;
}

/**
 * Starts at `most`, an integer of at least 1. `limit` is always an integer from 1 to the largest value that `most` has
 * returned.
 */
export function overloadLimit(most: () => number): OverloadLimit {
  let limit = most();
  let results = 0;
  let overloads = 0;
  let usual = 0;
  let trial: Trial | undefined;

  return {
    get limit() {
      return limit;
    },
    record(isOverload) {
      if (isOverload) overloads++;
      if (++results < limit || results < MIN_ROUND) return;
      if (overloads > 0 || limit < most()) decide(overloads / results);
      results = 0;
      overloads = 0;
    },
  };

  function decide(share: number): void {
    const before = trial;
    trial = undefined;
    if (share === 1) {
      halve();
    } else if (share <= usual * LOSS_FACTOR_OVER_USUAL + TOLERATED_LOSS_SHARE) {
      limit = Math.min(most(), limit + Math.max(1, Math.floor(limit / 8)));
    } else if (
      before !== undefined &&
      share > UNRELATED_LOSS_RATIO * before.share &&
      (share <= MOST_LOST_SHARE || limit === 1)
    ) {
      // A lower limit has not helped: this share of losses is usual for the host.
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
