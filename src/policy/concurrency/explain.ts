// Explains the current concurrency to a person.

import type { State } from "./state.ts";
import { MIN_IDLE_SAMPLES } from "./thresholds.ts";

/** The best concurrency known. */
export function foundOf(state: State): number {
  return isLimitedElsewhere(state) ? state.at : bestOf(state);
}

export function explain(state: State): string {
  if (isLimitedElsewhere(state)) return "the list, a rate or its hosts keep fewer busy";
  if (state.phase === "back-off") return "servers ask for less";
  const { at, max, initialMax, ceiling, floor } = state;
  if (ceiling === undefined && at >= max) return max < initialMax ? "no more file descriptors" : "the most it takes";
  if (ceiling === undefined) return "the run was too short to find more";
  const reason = `${ceiling.at} ${ceiling.isOverload ? "were too many for a server" : "were no faster"}`;
  return floor > 0 && floor < bestOf(state) ? `${reason}, ${floor} slower` : reason;
}

const STEPS: Readonly<Record<State["phase"], string>> = {
  "warm-up": "the first number",
  double: "twice as many",
  recheck: "measured for longer",
  remeasure: "the best again",
  "bisect-down": "fewer may be as fast",
  "bisect-up": "more may be faster, below what was too many",
  hold: "the best",
  "probe-up": "more may be faster by now",
  "probe-down": "fewer may be as fast by now",
  "back-off": "servers ask for less",
};

/** Why the concurrency now is tried. */
export function stepOf({ phase }: State): string {
  return STEPS[phase];
}

function bestOf(state: State): number {
  return state.phase === "back-off" ? state.at : (state.best?.at ?? state.at);
}

function isLimitedElsewhere({ idleSamples }: State): boolean {
  return idleSamples >= MIN_IDLE_SAMPLES;
}
