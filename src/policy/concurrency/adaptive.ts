// Adaptive concurrency (-c auto): finds the lowest number of URLs at a time that is about as fast as any, during the run.

import type { ConcurrencyController, Sample } from "../../core/run/concurrency-sampler.ts";
import { explain, foundOf, stepOf } from "./explain.ts";
import { isOverload } from "./overload.ts";
import { capped, next } from "./phases.ts";
import { generationsOf, minSampleMs } from "./sample-size.ts";
import { initialState } from "./state.ts";

/** Starts at `start`, and never exceeds `max`. `phases.ts` has the phases and their transitions. */
export function adaptiveConcurrency(start: number, max: number): ConcurrencyController {
  let state = initialState(start, max);
  return {
    get concurrency() {
      return state.at;
    },
    get found() {
      return foundOf(state);
    },
    get reason() {
      return explain(state);
    },
    get step() {
      return stepOf(state);
    },
    get generations() {
      return generationsOf(state);
    },
    get leastMs() {
      return minSampleMs(state);
    },
    isPressed: (finished, lost) => isOverload(state.usualLoss, finished, lost),
    onSample(sample: Sample) {
      state = next(state, sample);
    },
    cap(most) {
      state = capped(state, most);
    },
  };
}
