// The tally: a fold that may be split anywhere, and percentiles that are near enough.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FACTS, type FailureKind } from "../../../src/core/failure.ts";
import type { Outcome } from "../../../src/core/job.ts";
import { add, count, countOf, emptyTally, finished, quantile, type Tally } from "../../../src/core/run/tally.ts";
import { failed, saved, skipped, unchanged } from "../outcomes.ts";

const ms = fc.integer({ min: 0, max: 10_000_000 });
/** 0: refused, since its host only fails. */
const attempts = fc.integer({ min: 0, max: 5 });
const anOutcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc
    .record({ bytes: fc.nat(), total_ms: ms, attempts, unverified: fc.boolean() })
    .map(({ unverified, ...over }) => saved(unverified ? { ...over, length: "unverified" } : over)),
  fc.record({ bytes: fc.nat(), total_ms: ms, attempts }).map((over) => unchanged(over)),
  fc.record({ reason: fc.constantFrom("robots", "noai"), total_ms: ms, attempts }).map((over) => skipped(over)),
  fc
    .record({ error: fc.constantFrom(...(Object.keys(FACTS) as FailureKind[])), total_ms: ms, attempts })
    .map((over) => failed(over)),
  fc
    .record({ status: fc.constantFrom(404, 429, 503), total_ms: ms, attempts })
    .map((over) => failed({ ...over, error: "http_status" })),
);

function tallyOf(outcomes: readonly Outcome[]): Tally {
  const tally = emptyTally();
  for (const outcome of outcomes) count(tally, outcome);
  return tally;
}

describe("a tally", () => {
  it("adds up over any split of the outcomes", () => {
    fc.assert(
      fc.property(fc.array(anOutcome), fc.array(anOutcome), (left, right) => {
        const sum = tallyOf(left);
        add(sum, tallyOf(right));
        expect(sum).toEqual(tallyOf([...left, ...right]));
      }),
    );
  });

  it("counts every outcome as exactly one of saved, unchanged, failed, skipped and interrupted", () => {
    fc.assert(
      fc.property(fc.array(anOutcome), (outcomes) => {
        const tally = tallyOf(outcomes);
        expect(finished(tally)).toBe(tally.saved + tally.unchanged + tally.failed + tally.skipped);
        expect(finished(tally) + tally.interrupted).toBe(outcomes.length);
        expect(sum(tally.kinds.values())).toBe(tally.failed);
        expect(sum(tally.reasons.values())).toBe(tally.skipped);
        expect(countOf(tally.times)).toBe(finished(tally));
      }),
    );
  });

  it("counts bytes, kinds, statuses and times separately", () => {
    const tally = tallyOf([
      saved({ bytes: 100, total_ms: 5 }),
      saved({ bytes: 50, total_ms: 5, length: "unverified" }),
      failed({ error: "truncated", total_ms: 20 }),
      failed({ error: "http_status", status: 503 }),
      failed({ error: "http_status", status: 404 }),
      failed({ error: "http_status", status: 404 }),
      failed({ error: "interrupted", total_ms: 1e6 }),
    ]);
    expect(tally).toMatchObject({ saved: 2, failed: 4, interrupted: 1, bytes: 150, unverified: 1, totalMs: 60 });
    expect([...tally.kinds]).toEqual([
      ["truncated", 1],
      ["http_status", 3],
    ]);
    expect([...tally.statuses]).toEqual([
      [503, 1],
      [404, 2],
    ]);
  });

  it("counts the retries of jobs with a final outcome", () => {
    const tries = [saved(), saved({ attempts: 3 }), failed({ attempts: 4 }), unchanged({ attempts: 2 })];
    expect(tallyOf(tries).retries).toBe(2 + 3 + 1);
    expect(tallyOf([failed({ attempts: 0 })]).retries).toBe(0);
    expect(tallyOf([failed({ error: "interrupted", attempts: 3 })]).retries).toBe(0);
  });

  it("counts no bytes of unchanged files", () => {
    const tally = tallyOf([saved({ bytes: 7 }), unchanged({ bytes: 100, total_ms: 5 })]);
    expect(tally).toMatchObject({ saved: 1, unchanged: 1, bytes: 7, totalMs: 15 });
  });

  it("returns percentiles within 5 % of the exact ones", () => {
    const sample = fc.double({ min: 0.1, max: 1e7, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(sample, { minLength: 1, maxLength: 300 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (times, q) => {
          const exact = [...times].sort((a, b) => a - b)[Math.max(1, Math.ceil(times.length * q)) - 1] ?? Number.NaN;
          const near = quantile(tallyOf(times.map((total_ms) => saved({ total_ms }))).times, q);
          expect(Math.abs(near - exact) / exact).toBeLessThan(0.05);
        },
      ),
    );
  });

  it("accepts times that are zero, absurd or missing", () => {
    expect(quantile(emptyTally().times, 0.5)).toBe(0);
    expect(quantile(tallyOf([saved({ total_ms: 0 })]).times, 0.5)).toBeLessThan(0.1);
    expect(quantile(tallyOf([saved({ total_ms: 1e15 })]).times, 0.5)).toBeGreaterThan(1e8);
  });
});

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((total, one) => total + one, 0);
}
