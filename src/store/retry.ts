// Repeats what another try may help, after a random part of a delay that doubles (full jitter).

import { setTimeout as delay } from "node:timers/promises";
import { isProblem, STOPPED, type StoreProblem } from "./problem.ts";

/** Tries of one request. With the delays below, the last one begins after 25 s in the mean, and after 50 s at most. */
const MAX_TRIES = 10;

/** Milliseconds before the second try, at most, and before any. */
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 15_000;

export interface RetryOptions {
  readonly signal?: AbortSignal | undefined;
  /** Maximum number of tries. Default 10. */
  readonly maxTries?: number;
  /** A number from 0 up to 1. */
  readonly random?: () => number;
}

/** Calls `attempt` until it succeeds, or fails for good. `tried` counts from 1. */
export async function retried<T>(
  attempt: (tried: number) => Promise<T | StoreProblem>,
  { signal, maxTries = MAX_TRIES, random = Math.random }: RetryOptions = {},
): Promise<T | StoreProblem> {
  for (let tried = 1; ; tried++) {
    const result = await attempt(tried);
    if (!isProblem(result)) return result;
    if (signal?.aborted === true) return STOPPED;
    if (!result.retry) return result;
    if (tried >= maxTries) return { ...result, problem: `${result.problem}, in ${tried} tries` };
    try {
      await delay(delayMs(tried, random()), undefined, signal === undefined ? {} : { signal });
    } catch {
      return STOPPED;
    }
  }
}

/** Milliseconds to wait after the try of this number. `random`: from 0 up to 1. */
export function delayMs(tried: number, random: number): number {
  return random * Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (tried - 1));
}
