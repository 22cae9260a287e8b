// The transitions of adaptive concurrency, one sample at a time.
import { describe, expect, it } from "vitest";
import type { Sample } from "../../../src/core/run/concurrency-sampler.ts";
import { next } from "../../../src/policy/concurrency/phases.ts";
import { initialState, type State } from "../../../src/policy/concurrency/state.ts";

/** A long sample at the state's concurrency, whose throughput is `speed` URLs a second. */
function sampleAt({ at }: State, speed: number, over: Partial<Sample> = {}): Sample {
  const finished = 1000;
  return { ms: (finished * 1000) / speed, finished, lost: 0, bytes: 0, inFlight: at, latencyMs: 0, ...over };
}

/** The state after one sample for each speed. */
function run(state: State, ...speeds: readonly number[]): State {
  return speeds.reduce((now, speed) => next(now, sampleAt(now, speed)), state);
}

const overloaded = (state: State) => next(state, sampleAt(state, 100, { lost: 500 }));

const START = initialState(8, 512);
/** Warm at 8, and then 16, 32 and 64 at a time. */
const AT_64 = run(START, 100, 100, 200, 400);

describe("adaptive concurrency", () => {
  it("warms up until its first concurrency is no longer 10 % faster, and then doubles it", () => {
    expect(run(START, 100, 120)).toMatchObject({ phase: "warm-up", at: 8 });
    expect(run(START, 100, 120, 121)).toMatchObject({ phase: "double", at: 16 });
  });

  it("doubles while that is 5 % faster, and otherwise measures the best again", () => {
    expect(AT_64).toMatchObject({ phase: "double", at: 64, floor: 16, best: { at: 32, speed: 400 } });
    expect(run(AT_64, 421)).toMatchObject({ phase: "double", at: 128 });
    expect(run(AT_64, 419)).toMatchObject({ phase: "remeasure", at: 32, ceiling: { at: 64, isOverload: false } });
  });

  it("measures a doubling again after a short sample that is not clearly faster", () => {
    const short = next(AT_64, sampleAt(AT_64, 450, { finished: 200, ms: 444 }));
    expect(short).toMatchObject({ phase: "recheck", at: 64 });
    expect(next(short, sampleAt(short, 450, { finished: 200, ms: 444 }))).toMatchObject({ phase: "double", at: 128 });
  });

  it("goes on doubling where the best has become faster itself, and bisects down where it has not", () => {
    const again = run(AT_64, 400);
    expect(run(again, 450)).toMatchObject({ phase: "double", at: 64, ceiling: undefined });
    expect(run(again, 410)).toMatchObject({ phase: "bisect-down", at: 23, best: { at: 32 } });
  });

  it("bisects down to the lowest concurrency that is within 3 %, and holds it", () => {
    const down = run(AT_64, 400, 400);
    expect(down).toMatchObject({ phase: "bisect-down", at: 23 });
    const found = run(down, 300, 395, 300);
    expect(found).toMatchObject({ phase: "hold", at: 27, best: { at: 27 }, floor: 25 });
  });

  it("probes up and down in turn after 5 s, and waits twice as long after a probe that is no better", () => {
    const held = run(AT_64, 400, 400, 300, 395, 300);
    const up = run(held, 395, 395);
    expect(up).toMatchObject({ phase: "probe-up", at: 41 });
    expect(run(up, 395)).toMatchObject({ phase: "hold", at: 27, holdMs: 10_000, ceiling: { at: 41 } });
    expect(run(up, 450)).toMatchObject({ phase: "double", at: 82, ceiling: undefined });
    const down = run(up, 395, 395, 395, 395, 395);
    expect(down).toMatchObject({ phase: "probe-down", at: 21 });
    expect(run(down, 380)).toMatchObject({ phase: "hold", at: 27, holdMs: 20_000, floor: 21 });
    expect(run(down, 395)).toMatchObject({ phase: "probe-down", at: 16, best: { at: 21 } });
  });

  it("probes at once where the held concurrency is slower twice in a row", () => {
    const held = run(AT_64, 400, 400, 300, 395, 300);
    expect(run(held, 300)).toMatchObject({ phase: "hold", slowSamples: 1 });
    expect(run(held, 300, 300)).toMatchObject({ phase: "probe-up", best: { at: 27, speed: 300 } });
  });

  it("bisects up from the best to a concurrency that overloads a server", () => {
    const up = overloaded(AT_64);
    expect(up).toMatchObject({ phase: "bisect-up", at: 45, ceiling: { at: 64, isOverload: true } });
    expect(run(up, 409)).toMatchObject({ phase: "bisect-up", best: { at: 45 } });
    expect(run(up, 400)).toMatchObject({ phase: "bisect-down", best: { at: 32 }, ceiling: { at: 45 } });
  });

  it("backs off by 30 % where the best overloads a server, and starts again where that does not help", () => {
    const easier = overloaded(START);
    expect(easier).toMatchObject({ phase: "back-off", at: 5, from: 8, lossShare: 0.5 });
    expect(run(easier, 100)).toMatchObject({ phase: "bisect-up", best: { at: 5 }, ceiling: { at: 8 } });
    expect(overloaded(easier)).toMatchObject({ phase: "warm-up", at: 8, usualLoss: 0.5 });
  });

  it("learns nothing from a sample in which slots were idle", () => {
    const idle = next(AT_64, sampleAt(AT_64, 9, { inFlight: 50 }));
    expect(idle).toEqual({ ...AT_64, avoidMs: idle.avoidMs, idleSamples: 1 });
  });
});
