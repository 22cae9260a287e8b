// The state machine of adaptive concurrency: a pure function from a state and a sample to the next state.

import type { Sample } from "../../core/run/concurrency-sampler.ts";
import { isClose, middle } from "./bisect.ts";
import { isOverload, usualAfter, usualIfUnrelated } from "./overload.ts";
import { MIN_SAMPLES } from "./sample-size.ts";
import { type Known, NOTHING_KNOWN, type SearchPhase, type State } from "./state.ts";
import {
  AVOID_MS,
  BACK_OFF,
  CLEAR_GAIN,
  FIRST_HOLD_MS,
  MAX_HOLD_MS,
  MAX_LOSS,
  MIN_BUSY_SHARE,
  MIN_CONCURRENCY,
  MIN_GAIN,
  MIN_GAIN_BELOW_OVERLOAD,
  type Point,
  PROBE_DOWN,
  PROBE_UP,
  SLOWER,
  WARM_UP_GAIN,
} from "./thresholds.ts";
import { throughputOf } from "./throughput.ts";

/** A state with a best concurrency; each transition sets the phase. */
type WithBest = Known & { readonly best: Point };
type In<Phase> = Extract<State, { readonly phase: Phase }>;

/** Starts the search again, at most at `most`: there are no more file descriptors. */
export function capped(state: State, most: number): State {
  const max = Math.min(state.max, Math.max(1, most));
  return warmUp({ ...state, max }, Math.min(state.at, max));
}

/**
 * 1. `warm-up`: measures the first concurrency until that no longer becomes faster by itself.
 * 2. `double`: doubles the concurrency while that is 5 % faster.
 * 3. `recheck`: measures a doubling for longer where a short sample left doubt.
 * 4. `remeasure`: measures the best again, after a doubling that was no faster. If it is faster than before, the run has only
 *    now warmed up, and doubling goes on.
 * 5. `bisect-down`: bisects down to the lowest concurrency that loses at most 3 %.
 * 6. `hold`: stays there for 5 to 60 s, or until it is slower twice in a row.
 * 7. `probe-up`, `probe-down`: measures 1.5 or 0.8 of it, and goes back if that is no better.
 * 8. `bisect-up`: bisects up from the best to an overload: more lost tries than usual.
 * 9. `back-off`: measures 0.7 of a concurrency that was the best until it met an overload. If as many are lost, they have
 *    another cause, and the search starts again.
 *
 *     warm-up ─▶ double ◀─▶ recheck ─▶ remeasure ─▶ bisect-down ─▶ hold ◀─▶ probe-up, probe-down
 *                  ▲                       │             ▲                    │
 *                  └───── it is faster ────┴─────────────┼────────────────────┘
 *     overload above the best ─▶ bisect-up ──────────────┘
 *     overload at the best ─▶ back-off ─▶ bisect-up, or warm-up
 */
export function next(before: State, sample: Sample): State {
  const state: State = { ...before, avoidMs: before.avoidMs - sample.ms };
  const lossShare = sample.lost / Math.max(sample.finished, 1);
  if (isOverload(state.usualLoss, sample.finished, sample.lost)) return onOverload(state, lossShare);
  if (sample.inFlight < MIN_BUSY_SHARE * state.at) return { ...state, idleSamples: state.idleSamples + 1 };
  const point = { at: state.at, speed: throughputOf(sample) };
  return onPoint({ ...state, idleSamples: 0, usualLoss: usualAfter(state.usualLoss, lossShare) }, point, sample);
}

function onPoint(state: State, point: Point, { ms, finished }: Sample): State {
  switch (state.phase) {
    case "warm-up":
      return onWarmUp(state, point);
    case "double":
    case "recheck":
      return onDouble(state, point, finished);
    case "remeasure":
      return onRemeasure(state, point);
    case "bisect-down":
      return onBisectDown(state, point);
    case "bisect-up":
      return onBisectUp(state, point);
    case "hold":
      return onHold(state, point, ms);
    case "probe-up":
      return onProbeUp(state, point);
    case "probe-down":
      return onProbeDown(state, point);
    case "back-off":
      return onBackOff(state, point);
  }
}

function onWarmUp(state: In<"warm-up">, point: Point): State {
  const isWarm = state.best !== undefined && point.speed < WARM_UP_GAIN * state.best.speed;
  const measured = withBest(state, point);
  return isWarm ? double(measured) : { ...measured, phase: "warm-up" };
}

function onDouble(state: In<SearchPhase>, point: Point, finished: number): State {
  const { best } = state;
  const isDoubtful = finished < MIN_SAMPLES && point.speed < CLEAR_GAIN * best.speed;
  if (state.phase === "double" && isDoubtful) return { ...state, phase: "recheck" };
  if (point.speed >= MIN_GAIN * best.speed) return double(withBest({ ...state, floor: best.at }, point));
  return { ...state, phase: "remeasure", at: best.at, ceiling: { at: point.at, isOverload: false } };
}

function onRemeasure(state: In<SearchPhase>, point: Point): State {
  const measured = withBest(state, point);
  if (point.speed < WARM_UP_GAIN * state.best.speed) return bisectDown(measured);
  return double({ ...measured, ceiling: undefined });
}

function onBisectUp(state: In<SearchPhase>, point: Point): State {
  const { best, ceiling } = state;
  if (point.speed >= MIN_GAIN_BELOW_OVERLOAD * best.speed) {
    return bisectUp(withBest({ ...state, floor: best.at }, point));
  }
  return bisectDown({ ...state, ceiling: { at: point.at, isOverload: ceiling?.isOverload ?? false } });
}

function onBisectDown(state: In<SearchPhase>, point: Point): State {
  const { fastest, floor } = state;
  const { at } = point;
  if (point.speed < MAX_LOSS * fastest) return bisectDown({ ...state, floor: at, isFloorSure: true });
  const lower = { ...state, best: point, fastest: Math.max(fastest, (fastest + point.speed) / 2) };
  if (state.isFloorSure || floor === 0) return bisectDown(lower);
  // Nothing was slower since the doublings: measures what was slower then, and next the half of that.
  const unsure = at === floor ? Math.floor(at / 2) : floor;
  if (unsure < MIN_CONCURRENCY) return bisectDown({ ...lower, floor: unsure });
  return { ...lower, phase: "bisect-down", floor: unsure, at: unsure };
}

function onHold(state: In<"hold">, point: Point, ms: number): State {
  const { best } = state;
  const slowSamples = point.speed < SLOWER * best.speed ? state.slowSamples + 1 : 0;
  if (slowSamples === 1) return { ...state, slowSamples }; // may be chance
  if (slowSamples > 1) return probe({ ...state, best: point, holdMs: FIRST_HOLD_MS });
  const held = { ...state, slowSamples, best: { at: point.at, speed: (best.speed + point.speed) / 2 } };
  const heldMs = state.heldMs + ms;
  return heldMs >= state.holdMs ? probe(held) : { ...held, heldMs };
}

function onProbeUp(state: In<SearchPhase>, point: Point): State {
  if (point.speed >= MIN_GAIN * state.fastest) {
    const known = { ...state, holdMs: FIRST_HOLD_MS, floor: state.best.at, ceiling: undefined };
    return double(withBest(known, point));
  }
  return hold({ ...state, holdMs: longer(state.holdMs), ceiling: { at: point.at, isOverload: false } });
}

function onProbeDown(state: In<SearchPhase>, point: Point): State {
  if (point.speed < MAX_LOSS * state.fastest) {
    return hold({ ...state, holdMs: longer(state.holdMs), floor: point.at });
  }
  const ceiling = { at: state.best.at, isOverload: false };
  const lower = { ...state, best: point, holdMs: FIRST_HOLD_MS, ceiling };
  const at = Math.floor(PROBE_DOWN * point.at);
  return at < MIN_CONCURRENCY ? hold(lower) : { ...lower, phase: "probe-down", at };
}

function onBackOff(state: In<"back-off">, point: Point): State {
  const ceiling = { at: state.from, isOverload: true };
  return bisectUp(withBest({ ...state, ceiling, avoidMs: AVOID_MS, floor: 0 }, point));
}

function onOverload(state: State, lossShare: number): State {
  if (state.phase !== "back-off") {
    const { at } = state;
    if (state.best !== undefined && at > state.best.at) {
      return bisectUp({ ...state, best: state.best, ceiling: { at, isOverload: true }, avoidMs: AVOID_MS });
    }
    return backOff(state, at, lossShare);
  }
  const usualLoss = usualIfUnrelated(state.lossShare, lossShare, state.at === 1);
  if (usualLoss === undefined) return backOff(state, state.from, lossShare);
  return warmUp({ ...state, usualLoss }, Math.min(state.from, state.max));
}

// Transitions: each returns a state in the phase of its name, or in the next one where there is nothing left to measure.

function warmUp(known: Known, at: number): State {
  return { ...known, ...NOTHING_KNOWN, phase: "warm-up", at, best: undefined };
}

function double(state: WithBest): State {
  const { best, max, ceiling } = state;
  if (best.at >= max) return bisectDown(state);
  const at = Math.min(2 * best.at, max);
  if (ceiling?.isOverload === true && state.avoidMs > 0 && at >= ceiling.at) return bisectUp(state);
  return { ...state, phase: "double", at };
}

function bisectUp(state: WithBest): State {
  const low = state.best.at;
  const high = state.ceiling?.at ?? low;
  return isClose(low, high) ? bisectDown(state) : { ...state, phase: "bisect-up", at: middle(low, high) };
}

function bisectDown(state: WithBest): State {
  const high = state.best.at;
  const low = Math.max(state.floor, MIN_CONCURRENCY - 1);
  return isClose(low, high) ? hold(state) : { ...state, phase: "bisect-down", at: middle(low, high) };
}

function hold(state: WithBest): State {
  return { ...state, phase: "hold", at: state.best.at, isFloorSure: true, heldMs: 0, slowSamples: 0 };
}

function probe(state: WithBest): State {
  const { best, max, ceiling, isUpNext } = state;
  const known = { ...state, isUpNext: !isUpNext, fastest: best.speed };
  const highest = ceiling?.isOverload === true && state.avoidMs > 0 ? ceiling.at - 1 : max;
  const at = isUpNext ? Math.min(highest, Math.ceil(PROBE_UP * best.at)) : Math.floor(PROBE_DOWN * best.at);
  if (at < MIN_CONCURRENCY || (isUpNext && at <= best.at)) return hold(known);
  return { ...known, phase: isUpNext ? "probe-up" : "probe-down", at };
}

function backOff(known: Known, from: number, lossShare: number): State {
  return { ...known, phase: "back-off", from, lossShare, at: Math.max(1, Math.floor(BACK_OFF * known.at)) };
}

function withBest<T extends Known>(state: T, best: Point): T & WithBest {
  return { ...state, best, fastest: best.speed };
}

function longer(holdMs: number): number {
  return Math.min(2 * holdMs, MAX_HOLD_MS);
}
