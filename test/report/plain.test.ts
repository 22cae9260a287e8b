// Plain progress, word for word: one line per failure, a heartbeat, and the summary.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { paint } from "../../src/report/format.ts";
import { outcomeLine, type PlainOptions, plain } from "../../src/report/plain.ts";
import { failed, saved, skipped, unchanged } from "../core/outcomes.ts";
import { NO_CONTROLS, viewOf } from "./view.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp(over: Partial<PlainOptions> = {}) {
  let text = "";
  const write = (more: string) => {
    text += more;
  };
  const options = { paint: paint(false), folder: "downloads", list: "urls.txt", heartbeatMs: 60_000, verbose: false };
  return {
    reporter: plain({ ...options, write, ...over }),
    text: () => text,
    lines: () => text.split("\n").slice(0, -1),
  };
}

const HOSTILE = failed({
  n: 9,
  url: "http://a/\u001b[2J\r\n",
  detail: "proxy said \u009b31m\nand more",
  error: "proxy_failed",
});

describe("the line of an outcome", () => {
  it.each([
    [failed({ n: 42 }), "urls.txt:42: connect_refused: connect ECONNREFUSED 127.0.0.1:1: https://example.org/a.html"],
    [
      failed({ n: 44, list: "b.txt", line: 2, error: "deadline", detail: "over 5 s" }),
      "b.txt:2: deadline: over 5 s: https://example.org/a.html",
    ],
    [
      failed({ n: 42, url: "htp://x", error: "unsupported_scheme", detail: "only http and https" }),
      'urls.txt:42: not a URL that can be fetched: "htp://x" (only http and https)',
    ],
    [
      failed({ n: 42, url: "x y", error: "invalid_url", detail: "no http:// or https:// in front" }),
      'urls.txt:42: not a URL that can be fetched: "x y" (no http:// or https:// in front)',
    ],
    [
      saved({ n: 7, file: "000007.html" }),
      "urls.txt:7: saved 000007.html (100 bytes, 10 ms): https://example.org/a.html",
    ],
    [saved({ n: 7 }), "urls.txt:7: saved (100 bytes, 10 ms): https://example.org/a.html"],
    [
      unchanged({ n: 7, file: "000007.html" }),
      "urls.txt:7: unchanged 000007.html (100 bytes, 10 ms): https://example.org/a.html",
    ],
    [
      skipped({ n: 7 }),
      "urls.txt:7: skipped, robots: disallowed by https://example.org/robots.txt: https://example.org/a.html",
    ],
    [
      skipped({ n: 7, reason: "noai", detail: "X-Robots-Tag", status: 200, attempts: 1, file: "000007.html" }),
      "urls.txt:7: skipped, noai: X-Robots-Tag (000007.html is kept as it was): https://example.org/a.html",
    ],
    [
      saved({ n: 7, attempts: 3, retried_after: ["truncated: 1 of 2 bytes", "http_status: 503 \u001b[2J"] }),
      "urls.txt:7: saved (100 bytes, 10 ms, after truncated: 1 of 2 bytes, after http_status: 503 \\x1b[2J): https://example.org/a.html",
    ],
    [
      failed({
        n: 7,
        attempts: 5,
        detail: "refused after 5 attempts",
        retried_after: ["a: 1", "b: 2", "b: 2", "a: 1"],
      }),
      "urls.txt:7: connect_refused: refused after 5 attempts, after a: 1, after b: 2 (2 times), after a: 1: https://example.org/a.html",
    ],
    [
      failed({ n: 7, attempts: 2, detail: "refused after 2 attempts", retried_after: ["dns_temporary: EAI_AGAIN"] }),
      "urls.txt:7: connect_refused: refused after 2 attempts, after dns_temporary: EAI_AGAIN: https://example.org/a.html",
    ],
    [
      failed({ n: 7, file: "000007.html", bytes: 5 }),
      "urls.txt:7: connect_refused: connect ECONNREFUSED 127.0.0.1:1 (000007.html is kept as it was): https://example.org/a.html",
    ],
    [HOSTILE, "urls.txt:9: proxy_failed: proxy said \\x9b31m\\x0aand more: http://a/\\x1b[2J\\x0d\\x0a"],
  ])("%# says what there is to say, on one line", (outcome, line) => {
    expect(outcomeLine(outcome, "urls.txt")).toBe(line);
  });

  it("has the line number where the list has no name", () => {
    expect(outcomeLine(failed({ n: 42 }))).toMatch(/^#42: connect_refused: /);
  });

  it("has the full, escaped stack of a bug", () => {
    const bug = failed({ error: "internal", detail: "TypeError: \u001b[31mx\ny\n    at file.ts:1:1" });
    const lines = outcomeLine(bug, "urls.txt").split("\n");
    expect(lines).toEqual([
      "urls.txt:1: internal: TypeError: \\x1b[31mx\\x0ay",
      "    at file.ts:1:1: https://example.org/a.html",
    ]);
  });

  it("is short for a long URL", () => {
    const long = failed({ url: `http://a/${"x".repeat(60_000)}`, detail: "y".repeat(60_000) });
    expect(outcomeLine(long, "urls.txt").length).toBeLessThan(600);
  });
});

describe("plain progress", () => {
  it("prints failures, heartbeats and the summary of a run", () => {
    const { reporter, text } = setUp();
    const outcomes = [
      saved({ n: 1 }),
      failed({ n: 2, error: "http_status", status: 404, detail: "404 Not Found" }),
      saved({ n: 3 }),
      unchanged({ n: 4 }),
    ];
    const look = viewOf(outcomes, { inFlight: 48, total: () => ({ jobs: 1234, exact: false }) });
    const view = { ...look, elapsedMs: 0, waiting: 0 };
    reporter.start?.(view);
    for (const outcome of outcomes) void reporter.outcome(outcome);
    for (let minute = 1; minute <= 2; minute++) {
      view.elapsedMs = minute * 60_000;
      view.waiting = (minute - 1) * 2000;
      vi.advanceTimersByTime(60_000);
    }
    void reporter.end?.(view);
    expect(text()).toMatchInlineSnapshot(`
      "urls.txt:2: http_status: 404 Not Found: https://example.org/a.html
      1 min 0 s: 4 of about 1,234 done, 1 failed, 48 in flight
      2 min 0 s: 4 of about 1,234 done, 1 failed, 48 in flight, 2,000 waiting
      saved   2 (200 B) in downloads
      same    1 unchanged on the server
      failed  1
              1 http_status 404
      times   p50 10 ms, p95 10 ms, p99 10 ms; 0.0 URL/s, 12.2 KiB/s; peak 50 in flight
      took 2 min 0 s
      "
    `);
    expect(text()).toMatch(NO_CONTROLS);
    expect(vi.getTimerCount()).toBe(0);
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
    for (let n = 1; n <= 150; n++) void reporter.outcome(failed({ n }));
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

  it("prints the times of a new connection if it is verbose", () => {
    const { reporter, lines } = setUp({ verbose: true });
    void reporter.outcome(saved({ n: 1, bytes: 3, total_ms: 40, dns_ms: 12, connect_ms: 20, tls_ms: 30, file: "1" }));
    void reporter.outcome(saved({ n: 2, bytes: 3, total_ms: 40, connect_ms: 20, file: "2" }));
    void reporter.outcome(saved({ n: 3, bytes: 3, total_ms: 40, file: "3" }));
    expect(lines().map((line) => /\(.*\)/.exec(line)?.[0])).toEqual([
      "(3 bytes, 40 ms with look-up 12 ms, connect 20 ms, TLS 30 ms)",
      "(3 bytes, 40 ms with connect 20 ms)",
      "(3 bytes, 40 ms)",
    ]);
  });

  it("does not count interrupted URLs as failures", () => {
    const { reporter, text } = setUp({ verbose: true });
    void reporter.outcome(failed({ error: "interrupted" }));
    expect(text()).toBe("");
  });
});
