// Plain progress, word for word: one line per failure, a heartbeat, and the summary.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { paint } from "../../../src/report/format.ts";
import { type PlainOptions, plain, summaryOnly } from "../../../src/report/progress/plain.ts";
import { failed, saved, unchanged } from "../../core/outcomes.ts";
import { NO_CONTROLS, viewOf } from "../view.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp(over: Partial<PlainOptions> = {}, reporter: typeof plain | typeof summaryOnly = plain) {
  let text = "";
  const write = (more: string) => {
    text += more;
  };
  let minutes = 0;
  const timestamp = () => `2026-01-01T00:0${++minutes}:00.123Z`;
  const options = { paint: paint(false), folder: "downloads", list: "urls.txt", heartbeatMs: 60_000, verbose: false };
  return {
    reporter: reporter({ ...options, timestamp, write, ...over }),
    text: () => text,
    lines: () => text.split("\n").slice(0, -1),
  };
}

describe("plain progress", () => {
  it("prints failures, a line per minute with the clock, and the summary of a run", () => {
    const { reporter, text } = setUp();
    const outcomes = [
      saved({ n: 1 }),
      failed({ n: 2, error: "http_status", status: 404, detail: "404 Not Found", retryable: false }),
      saved({ n: 3 }),
      unchanged({ n: 4 }),
    ];
    const view = {
      ...viewOf(outcomes, { inFlight: 48, total: () => ({ jobs: 1234, exact: false }) }),
      elapsedMs: 0,
      waiting: 0,
      retrying: 0,
      bytes: 0,
      receivedBytes: () => view.bytes,
    };
    view.tally.saved = 0;
    reporter.start?.(view);
    for (const outcome of outcomes) void reporter.outcome(outcome);
    for (let minute = 1; minute <= 2; minute++) {
      view.elapsedMs = minute * 60_000;
      view.waiting = (minute - 1) * 2000;
      view.retrying = (minute - 1) * 3;
      view.tally.saved += 300 * minute;
      view.bytes += 30_000_000 * minute;
      vi.advanceTimersByTime(60_000);
    }
    void reporter.end?.({ ...viewOf(outcomes), elapsedMs: 120_000 });
    expect(text()).toMatchInlineSnapshot(`
      "urls.txt:2: 404 Not Found: https://example.org/a.html
      2026-01-01T00:01:00Z 1 min 0 s: 302 of about 1,234 done, 1 failed, 48 in flight, 5.0 URL/s, 28.6 MiB, 488 KiB/s, ETA 3 min 6 s
      2026-01-01T00:02:00Z 2 min 0 s: 902 of about 1,234 done, 1 failed, 3 retrying, 48 in flight, 1,997 waiting, 10 URL/s, 85.8 MiB, 977 KiB/s, ETA 33 s
      saved   2 (200 B) in downloads
      same    1 unchanged on the server
      failed  1
              1 http_status 404 (Not Found)
      times   p50 10 ms, slowest 10 ms; peak 50 in flight
      took    2 min 0 s: 12.2 KiB/s
      "
    `);
    expect(text()).toMatch(NO_CONTROLS);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("has a rate of the last minute alone, and what slowed a host in it", () => {
    const slowed = { host: "example.org", error: "http_status", status: 503, atMs: 30_000, hosts: 3 } as const;
    const view = { ...viewOf([], { slowed }), elapsedMs: 0, nowMs: () => view.elapsedMs };
    const { reporter, lines } = setUp();
    reporter.start?.(view);
    for (let minute = 1; minute <= 3; minute++) {
      view.elapsedMs = minute * 60_000;
      view.tally.saved += minute === 2 ? 0 : 6000;
      vi.advanceTimersByTime(60_000);
    }
    expect(lines().map((line) => [/[0-9.]+ URL\/s/.exec(line)?.[0], line.split("; ").slice(1).join("; ")])).toEqual([
      ["100 URL/s", "example.org slowed: 503; 2 other hosts before"],
      ["0.0 URL/s", ""],
      ["100 URL/s", ""],
    ]);
  });

  it("predicts the end by the last ten seconds, where they were slower than the minute", () => {
    const view = { ...viewOf([], { total: () => ({ jobs: 1000, exact: true }) }), elapsedMs: 0 };
    const { reporter, lines } = setUp();
    reporter.start?.(view);
    for (let second = 1; second <= 120; second++) {
      view.elapsedMs = second * 1000;
      // 120 lines wait for their host, which is tried every other second, and not at all in the second minute.
      view.tally.saved += second <= 10 ? 88 : second <= 60 ? second % 2 : 0;
      vi.advanceTimersByTime(1000);
    }
    expect(lines().map((line) => /, ([0-9.]+ URL\/s), .*?(?:, (ETA .*))?$/.exec(line)?.slice(1))).toEqual([
      ["15 URL/s", "ETA 3 min 10 s"],
      ["0.0 URL/s", undefined],
    ]);
  });

  it("shows the total only if it is known", () => {
    for (const [total, words] of [
      [{ jobs: 2000, exact: true }, " 0 of 2,000 done"],
      [undefined, " 0 done"],
    ] as const) {
      const { reporter, text } = setUp();
      reporter.start?.(viewOf([], { total: () => total }));
      vi.advanceTimersByTime(60_000);
      expect(text()).toContain(words);
    }
  });

  it("prints 100 failures, and then refers to failed.txt", () => {
    const { reporter, lines } = setUp();
    for (let n = 1; n <= 150; n++) void reporter.outcome(failed({ n, error: "truncated" }));
    expect(lines()).toHaveLength(101);
    expect(lines()[99]).toMatch(/^urls\.txt:100: /);
    expect(lines()[100]).toBe("more failures: each is in failed.txt and results.jsonl");
  });

  it("prints one line per outcome if it is verbose", () => {
    const { reporter, lines } = setUp({ verbose: true });
    for (let n = 1; n <= 150; n++) void reporter.outcome(n % 2 === 0 ? saved({ n }) : failed({ n }));
    for (let n = 151; n <= 300; n++) void reporter.outcome(failed({ n }));
    expect(lines()).toHaveLength(300);
  });

  it("does not count interrupted URLs as failures", () => {
    const { reporter, text } = setUp({ verbose: true });
    void reporter.outcome(failed({ error: "interrupted" }));
    expect(text()).toBe("");
  });
});

describe("the summary alone", () => {
  it("is all that is printed, unless every outcome is wanted", () => {
    for (const verbose of [false, true]) {
      const { reporter, lines } = setUp({ verbose }, summaryOnly);
      reporter.start?.(viewOf([]));
      void reporter.outcome(saved());
      void reporter.outcome(failed({ n: 2 }));
      vi.advanceTimersByTime(600_000);
      void reporter.end?.(viewOf([saved()]));
      expect(lines().filter((line) => line.startsWith("urls.txt:"))).toHaveLength(verbose ? 2 : 0);
      expect(lines().filter((line) => line.startsWith("saved "))).toHaveLength(1);
    }
  });
});
