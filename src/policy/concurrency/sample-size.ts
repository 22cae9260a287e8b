// How long adaptive concurrency measures before it decides: in tries per slot, and in time.

import type { State } from "./state.ts";

/** Tries after which a difference of 5 % is more than chance. */
export const MIN_SAMPLES = 300;

/** A sample of fewer generations is noise: tries of equal length come in waves. */
const MIN_GENERATIONS = 3;
const MAX_GENERATIONS = 8;

/** Returns how many tries per slot a sample has at least. */
export function generationsOf({ phase, at }: State): number {
  if (isRough(phase)) return MIN_GENERATIONS;
  return Math.min(MAX_GENERATIONS, Math.max(MIN_GENERATIONS, Math.ceil(MIN_SAMPLES / at)));
}

/** Returns the shortest duration of a sample, in milliseconds. */
export function minSampleMs({ phase }: State): number {
  if (isRough(phase)) return 200;
  return phase === "hold" ? 1000 : 600;
}

/** A short sample is enough where its result is measured again. */
function isRough(phase: State["phase"]): boolean {
  return phase === "warm-up" || phase === "double";
}
