// What a host gets at a time, against simulated servers: one with a limit, one that loses, one that is away for a while.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { overloadLimit } from "../../src/policy/overload-limit.ts";
import { numbers } from "../support/numbers.ts";

interface Simulation {
  /** Milliseconds that a try takes, and whether it is pushed, by how many others run when it starts. */
  readonly serve: (running: number, nowMs: number) => { readonly ms: number; readonly pushed: boolean };
  readonly most: number;
  readonly results: number;
}

interface Seen {
  readonly limits: readonly number[];
  readonly pushed: readonly boolean[];
}

/** Keeps as many tries running as are allowed; those older than the last lowering are not noted, as in the frontier. */
function simulate({ serve, most, results }: Simulation): Seen {
  const host = overloadLimit(() => most);
  const running: { readonly endMs: number; readonly pushed: boolean; readonly start: number }[] = [];
  const limits: number[] = [];
  const pushed: boolean[] = [];
  let nowMs = 0;
  let starts = 0;
  let lowered = 0;
  while (limits.length < results) {
    while (running.length < host.limit) {
      const served = serve(running.filter((other) => !other.pushed).length, nowMs);
      running.push({ endMs: nowMs + served.ms, pushed: served.pushed, start: ++starts });
    }
    running.sort((one, other) => other.endMs - one.endMs);
    const ended = running.pop();
    if (ended === undefined) break;
    nowMs = ended.endMs;
    limits.push(host.limit);
    pushed.push(ended.pushed);
    if (ended.start <= lowered) continue;
    const before = host.limit;
    host.record(ended.pushed);
    if (host.limit < before) lowered = starts;
  }
  return { limits, pushed };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const share = (values: readonly boolean[]) => values.filter(Boolean).length / values.length;
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

describe("a server that takes 10 at a time and refuses the rest", () => {
  it.each([
    ["as slowly as it serves", 50],
    ["twice as fast", 25],
    ["five times as fast", 10],
    ["at once", 1],
  ])("gets 5 to 13 of 50, if it refuses %s", (_how, refusalMs) => {
    for (const seed of SEEDS) {
      const random = numbers(seed);
      const { limits, pushed } = simulate({
        most: 50,
        results: 4000,
        serve: (running) =>
          running >= 10 ? { ms: refusalMs, pushed: true } : { ms: 40 + 20 * random(), pushed: false },
      });
      const settled = limits.slice(1000);
      expect(Math.max(...settled)).toBeLessThanOrEqual(14);
      expect(mean(settled)).toBeGreaterThan(5);
      expect(mean(settled)).toBeLessThan(13);
      expect(share(pushed.slice(1000))).toBeLessThan(0.2);
    }
  });
});

describe("a server that loses a share of everything, whatever we do", () => {
  it.each([0.02, 0.1, 0.3, 0.6])("%d: keeps most of what it had", (losses) => {
    const means = SEEDS.map((seed) => {
      const random = numbers(seed);
      return mean(
        simulate({ most: 50, results: 5000, serve: () => ({ ms: 20 + 60 * random(), pushed: random() < losses }) })
          .limits,
      );
    });
    expect(mean(means)).toBeGreaterThan(0.6 * 50);
    for (const one of means) expect(one).toBeGreaterThan(0.4 * 50);
  });
});

describe("a server that fails everything for a while", () => {
  it("gets one at a time, and all again when it has recovered", () => {
    const { limits } = simulate({
      most: 50,
      results: 6000,
      serve: (_, ms) => ({ ms: 50, pushed: ms > 1000 && ms < 9000 }),
    });
    expect(limits.slice(0, 900).every((limit) => limit === 50)).toBe(true);
    expect(Math.min(...limits)).toBe(1);
    expect(limits.at(-1)).toBe(50);
  });

  it("and loses as much as ever afterwards, gets most of it again", () => {
    const random = numbers(1);
    const serve = (_: number, ms: number) => ({ ms: 50, pushed: random() < (ms > 1000 && ms < 9000 ? 1 : 0.3) });
    const { limits } = simulate({ most: 50, results: 9000, serve });
    expect(mean(limits.slice(-3000))).toBeGreaterThan(0.6 * 50);
  });

  it("is noticed even where more than half was lost before", () => {
    const random = numbers(1);
    const serve = (_: number, ms: number) => ({ ms: 50, pushed: random() < (ms < 9000 ? 0.7 : 1) });
    const { limits } = simulate({ most: 50, results: 9000, serve });
    expect(limits.at(-1)).toBe(1);
  });
});

it("goes back to where it was before the first of several halvings, once one has not helped", () => {
  const host = overloadLimit(() => 16);
  const round = (results: number, pushed: number) => {
    for (let result = 0; result < results; result++) host.record(result < pushed);
    return host.limit;
  };
  expect(round(16, 8)).toBe(8);
  expect(round(8, 2)).toBe(4); // better, but still too many
  expect(round(8, 2)).toBe(16);
  expect(round(16, 5)).toBe(16); // what is usual there
  expect(round(16, 9)).toBe(8);
});

it("one that answers is never given less", () => {
  const host = overloadLimit(() => 50);
  for (let result = 0; result < 1000; result++) host.record(result % 50 === 0);
  expect(host.limit).toBe(50);
});

it("is a whole number from 1 to the most, whatever comes", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.array(fc.boolean(), { maxLength: 2000 }), (most, results) => {
      const host = overloadLimit(() => most);
      expect(host.limit).toBe(most);
      for (const pushed of results) {
        host.record(pushed);
        expect(Number.isInteger(host.limit) && host.limit >= 1 && host.limit <= most).toBe(true);
      }
    }),
  );
});
