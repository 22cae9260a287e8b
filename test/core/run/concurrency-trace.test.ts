// The trace of -c auto has at most 500 points, whatever a run measures, and loses changes last.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concurrencyTrace, MAX_POINTS, type TracePoint } from "../../../src/core/run/concurrency-trace.ts";

function traced(numbers: readonly number[]): readonly TracePoint[] {
  const trace = concurrencyTrace();
  for (const [i, inFlight] of numbers.entries()) trace.add({ ms: i, inFlight, urlsPerSecond: 1, reason: "" });
  return trace.points;
}

describe("the trace of the concurrency", () => {
  it("has every point of a short run", () => {
    expect(traced([1, 2, 2, 4]).map(({ inFlight }) => inFlight)).toEqual([1, 2, 2, 4]);
  });

  it("is in order, at most 500 long, and has the first and the last point", () => {
    const numbers = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4000 });
    fc.assert(
      fc.property(numbers, (all) => {
        const points = traced(all);
        const times = points.map(({ ms }) => ms);
        expect(points.length).toBeLessThanOrEqual(MAX_POINTS);
        expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
        expect([times[0], times.at(-1)]).toEqual([0, all.length - 1]);
        expect(points.every(({ ms, inFlight }) => all[ms] === inFlight)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it("keeps every change of a long run with few of them", () => {
    const numbers = Array.from({ length: 20_000 }, (_, i) => (i % 200 === 7 ? 2 : 1));
    const kept = new Set(traced(numbers).map(({ ms }) => ms));
    const changes = numbers.flatMap((one, i) => (one === numbers[i - 1] ? [] : [i]));
    expect(changes.filter((i) => !kept.has(i))).toEqual([]);
  });

  it("covers the whole run where every point is a change", () => {
    const times = traced(Array.from({ length: 20_000 }, (_, i) => i)).map(({ ms }) => ms);
    expect(times.length).toBeGreaterThan(MAX_POINTS / 4);
    const quarters = [0, 1, 2, 3].map((q) => times.filter((ms) => Math.floor(ms / 5000) === q).length);
    expect(Math.min(...quarters)).toBeGreaterThan(10);
  });
});
