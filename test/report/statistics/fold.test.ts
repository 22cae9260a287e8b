// The reduction of records to statistics, against sums that are made naively.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Outcome } from "../../../src/core/job.ts";
import { statisticsOf } from "../../../src/report/statistics/fold.ts";
import { failed, saved, skipped, unchanged } from "../../core/outcomes.ts";

const START_MS = Date.parse("2026-01-01T00:00:00.000Z");

const record: fc.Arbitrary<Outcome> = fc
  .record({
    kind: fc.nat(3),
    host: fc.nat(30),
    endMs: fc.nat(5_000_000),
    total_ms: fc.integer({ min: 0, max: 60_000 }),
    status: fc.constantFrom(200, 206, 404, 503),
    bytes: fc.nat(1_000_000),
    attempts: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ kind, host, endMs, total_ms, status, bytes, attempts }) => {
    const url = `https://h${host}.example/x`;
    const time = new Date(START_MS + endMs).toISOString();
    const common = { url, total_ms, attempts, time };
    if (kind === 0) return saved({ ...common, status: 200, bytes, type: `text/t${host}; charset=utf-8` });
    if (kind === 1) return failed({ ...common, error: "http_status", status, retryable: status === 503 });
    return kind === 2 ? skipped(common) : unchanged({ ...common, bytes });
  });
const records = fc
  .array(record, { minLength: 1, maxLength: 300 })
  .map((all) => all.map((one, at) => ({ ...one, n: at + 1 })));

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}

describe("statistics", () => {
  it("of any records have the counts, bytes and times that a naive sum has", () => {
    fc.assert(
      fc.property(records, (all) => {
        const of = (outcome: Outcome["outcome"]) => all.filter((one) => one.outcome === outcome);
        const { counts, oneAtATimeMs, timeline, span, types, sizes, statuses, failures } = statisticsOf(all);
        const bodies = [...of("saved"), ...of("unchanged")];
        const bytes = sum(bodies.map((one) => ("bytes" in one ? (one.bytes ?? 0) : 0)));
        expect(counts).toMatchObject({
          ...{ urls: all.length, saved: of("saved").length, unchanged: of("unchanged").length },
          ...{ failed: of("failed").length, skipped: of("skipped").length, bytes },
          retryable: all.filter((one) => "retryable" in one && one.retryable).length,
          retries: sum(all.map((one) => one.attempts - 1)),
        });
        expect(oneAtATimeMs).toBe(sum(all.map((one) => one.total_ms)));
        const ends = all.map((one) => Date.parse(one.time));
        const starts = all.map((one) => Date.parse(one.time) - one.total_ms);
        expect(span).toEqual({ startAtMs: Math.min(...starts), endAtMs: Math.max(...ends) });
        expect(sum(timeline.finished)).toBe(all.length);
        expect(sum(timeline.failed)).toBe(of("failed").length);
        expect(sum(timeline.inFlight) * timeline.binMs).toBeCloseTo(oneAtATimeMs, 1);
        expect([sum(types.map((one) => one.urls)), sum(types.map((one) => one.bytes))]).toEqual([bodies.length, bytes]);
        expect(sum(sizes.counts)).toBe(bodies.length);
        expect(sum(failures.map((one) => one.urls))).toBe(of("failed").length);
        expect(sum(statuses.map((one) => one.urls))).toBe(all.filter((one) => one.status !== undefined).length);
      }),
      { numRuns: 50 },
    );
  });

  it("of any records in any order are the same", () => {
    fc.assert(
      fc.property(records, (all) => {
        const backwards = statisticsOf(all.toReversed());
        const { timeline, ...rest } = statisticsOf(all);
        const rounded = (bins: readonly number[]) => bins.map((value) => Math.round(value * 1e6) / 1e6);
        expect(rounded(backwards.timeline.inFlight)).toEqual(rounded(timeline.inFlight));
        expect({ ...backwards, timeline: { ...backwards.timeline, inFlight: [] } }).toEqual({
          ...rest,
          timeline: { ...timeline, inFlight: [] },
        });
      }),
      { numRuns: 30 },
    );
  });

  it("have in each bin what finished in it, and the mean number of URLs in flight", () => {
    const at = (ms: number) => new Date(START_MS + ms).toISOString();
    const all = Array.from({ length: 1000 }, (_, i) =>
      saved({ n: i + 1, bytes: 10, total_ms: 2500, time: at(5000 + i * 1000) }),
    );
    const { timeline } = statisticsOf(all);
    expect(timeline.binMs).toBe(2048);
    expect(timeline.finished.length).toBeLessThanOrEqual(600);
    const [bin, binEndMs] = [100, timeline.startAtMs + 101 * 2048];
    const within = (one: Outcome) => {
      const end = Date.parse(one.time);
      return Math.max(0, Math.min(end, binEndMs) - Math.max(end - one.total_ms, binEndMs - 2048));
    };
    const finished = all.filter((one) => Date.parse(one.time) >= binEndMs - 2048 && Date.parse(one.time) < binEndMs);
    expect(timeline.finished[bin]).toBe(finished.length);
    expect(timeline.bytes[bin]).toBe(finished.length * 10);
    expect(timeline.inFlight[bin]).toBeCloseTo(sum(all.map(within)) / 2048, 6);
  });

  it("of fewer than 5,000 records show each of them, and of more a sample that is the same twice", () => {
    const all = (count: number) =>
      Array.from({ length: count }, (_, i) =>
        i % 4 === 0
          ? failed({ n: i + 1, total_ms: 0 })
          : saved({ n: i + 1, total_ms: i % 7, time: new Date(START_MS + i).toISOString() }),
      );
    const few = statisticsOf(all(4000));
    expect(few.chronology.requests.length).toBe(4000);
    expect(few.rows.rows.length).toBe(4000);
    const slow = [...all(100), ...Array.from({ length: 9 }, (_, i) => failed({ n: 200 + i, total_ms: 5000 }))];
    expect(
      statisticsOf(slow)
        .rows.rows.map(({ n }) => n)
        .sort((a, b) => a - b),
    ).toEqual(slow.map(({ n }) => n));
    const many = statisticsOf(all(50_000));
    expect(many.chronology).toMatchObject({ of: 50_000 });
    expect(many.chronology.requests.length).toBe(5000);
    const count = (why: string) => many.rows.rows.filter((row) => row.why === why).length;
    expect([count("failed"), count("slowest"), count("sample")]).toEqual([2000, 200, 2800]);
    expect(many.rows.failures).toEqual({ shown: 2000, of: 12_500 });
    expect(statisticsOf(all(50_000))).toEqual(many);
    const mean = sum(many.chronology.requests.map(({ n }) => n)) / 5000;
    expect(mean).toBeGreaterThan(24_000);
    expect(mean).toBeLessThan(26_000);
  });
});
