// The summary at the end of a run, word for word.
import { describe, expect, it } from "vitest";
import { failingHosts } from "../../src/report/failing-hosts.ts";
import { paint } from "../../src/report/format.ts";
import { summary } from "../../src/report/summary.ts";
import { failed, saved, skipped, unchanged } from "../core/outcomes.ts";
import { NO_CONTROLS, viewOf } from "./view.ts";

const plainly = { paint: paint(false), folder: "downloads" };

const SAVED = Array.from({ length: 1199 }, (_, i) => saved({ n: i + 1, bytes: 100_000, total_ms: 20 + (i % 30) }));
const FAILED = [
  ...Array.from({ length: 12 }, () => failed({ error: "http_status", status: 404, total_ms: 30, retryable: false })),
  ...Array.from({ length: 3 }, () => failed({ error: "http_status", status: 503, total_ms: 30 })),
  ...Array.from({ length: 7 }, () => failed({ error: "truncated", total_ms: 900 })),
  failed({ error: "connect_timeout", total_ms: 10_000 }),
];

describe("the summary", () => {
  it("of a run without failures has counts, times and rates", () => {
    expect(summary(viewOf(SAVED), plainly)).toMatchInlineSnapshot(`
      "saved   1,199 (114 MiB) in downloads
      failed  0
      times   p50 35 ms, p95 49 ms, p99 49 ms; peak 50 in flight
      took    5.1 s: 235 URL/s, 287 KiB/s; one at a time: 41.4 s (8.1×)"
    `);
  });

  it("of a run with -c auto has the concurrency and its reason", () => {
    const auto = { found: 41, reason: "62 were no faster, 32 slower" };
    const lines = summary(viewOf(SAVED, { auto }), plainly).split("\n");
    expect(lines.slice(2)).toEqual([
      "times   p50 35 ms, p95 49 ms, p99 49 ms; peak 50 in flight",
      "auto    41 at a time: 62 were no faster, 32 slower",
      "took    5.1 s: 235 URL/s, 287 KiB/s; one at a time: 41.4 s (8.1×)",
    ]);
  });

  it("of a run with look-ups has the times of look-ups, connects and TLS handshakes", () => {
    const opened = (i: number) => ({ dns_ms: i < 90 ? 5 : 50, connect_ms: 20, ...(i === 0 ? { tls_ms: 30 } : {}) });
    const outcomes = SAVED.map((outcome, i) => (i < 100 ? { ...outcome, ...opened(i) } : outcome));
    const line = () => summary(viewOf(outcomes), plainly).split("\n")[3];
    expect(line()).toBe("opened  100 look-ups, p95 51 ms; connecting p95 20 ms; TLS p95 30 ms");
    outcomes.splice(1);
    expect(line()).toBe("opened  1 look-up, 5 ms; connecting p95 20 ms; TLS p95 30 ms");
  });

  it("of a run with failures has their kinds, the most frequent first", () => {
    expect(summary(viewOf([...SAVED, ...FAILED]), plainly)).toMatchInlineSnapshot(`
      "saved   1,199 (114 MiB) in downloads
      failed  23
              12 http_status 404 (Not Found)
              7 truncated (the body was cut short)
              3 http_status 503 (Service Unavailable)
              1 connect_timeout (no connection in time)
      times   p50 35 ms, p95 49 ms, p99 49 ms; peak 50 in flight
      took    5.1 s: 240 URL/s, 287 KiB/s; one at a time: 58.1 s (11.4×)"
    `);
  });

  it("of a stopped run has the URLs that are left, and the bodies without a Content-Length", () => {
    const outcomes = [
      saved({ length: "unverified" }),
      saved(),
      ...Array.from({ length: 50 }, () => failed({ error: "interrupted" })),
    ];
    expect(summary(viewOf(outcomes), plainly)).toMatchInlineSnapshot(`
      "saved   2 (200 B) in downloads
      failed  0
              1 of the saved had no Content-Length: their completeness is unverified
      stopped 50 in flight
      times   p50 10 ms, slowest 10 ms; peak 50 in flight
      took    5.1 s: 0.4 URL/s, 287 KiB/s"
    `);
  });

  it("of a resumed run has the counts of earlier runs", () => {
    const outcomes = [saved(), failed({ error: "http_status", status: 410 })];
    const doneEarlier = { saved: 998_211, failed: 12, skipped: 7 };
    expect(summary(viewOf(outcomes, { doneEarlier }), plainly)).toMatchInlineSnapshot(`
      "saved   1 (100 B) in downloads
      earlier 998,211 saved by an earlier run
              7 skipped by an earlier run
      failed  13 (12 in an earlier run; --retry-failed)
              1 http_status 410 (Gone)
      times   p50 10 ms, slowest 10 ms; peak 50 in flight
      took    5.1 s: 0.4 URL/s, 287 KiB/s"
    `);
    const text = (over: typeof doneEarlier) => summary(viewOf(outcomes, { doneEarlier: over }), plainly);
    expect(text({ saved: 0, failed: 0, skipped: 0 })).toBe(summary(viewOf(outcomes), plainly));
    expect(text({ saved: 5, failed: 0, skipped: 1 })).toContain("\nfailed  1\n");
    expect(text({ saved: 0, failed: 5, skipped: 0 })).not.toMatch(/saved by|skipped/);
    expect(text({ saved: 0, failed: 0, skipped: 3 })).toContain("\nearlier 3 skipped by an earlier run\n");
  });

  it("of a resumed run with permanent failures only has their number and --retry-failed", () => {
    const doneEarlier = { saved: 0, failed: 5, skipped: 0 };
    expect(summary(viewOf([], { doneEarlier }), plainly)).toBe(
      "saved   0 (0 B) in downloads\nfailed  5 (all in an earlier run; --retry-failed)",
    );
    expect(summary(viewOf([], { doneEarlier }), { ...plainly, paint: paint(true) })).toContain(
      "\u001b[31mfailed\u001b[0m  5",
    );
  });

  it.each([
    [{ jobs: 200, exact: true }, "left    198 of 200"],
    [{ jobs: 1_203_000, exact: false }, "left    about 1,202,998 of 1,203,000"],
    [undefined, "left    the rest of the list, of a length that is not known"],
  ])("of a run that was stopped says what is left of %j", (total, left) => {
    const outcomes = [saved(), failed({ error: "truncated" }), failed({ error: "interrupted" })];
    const text = summary(viewOf(outcomes, { isStopped: true, total: () => total }), plainly);
    expect(text).toContain(`\nstopped 1 in flight\n${left}\n`);
    expect(summary(viewOf(outcomes, { isStopped: false, total: () => total }), plainly)).not.toContain("left ");
  });

  it("of a run that was stopped after its last URL has no line for URLs that are left", () => {
    const text = summary(viewOf([saved()], { isStopped: true, total: () => ({ jobs: 1, exact: true }) }), plainly);
    expect(text).not.toContain("left ");
  });

  it("has the number of skipped URLs and the reasons, the most frequent first", () => {
    const outcomes = [
      ...Array.from({ length: 3 }, (_, i) => skipped({ n: i + 1, reason: "noai" })),
      ...Array.from({ length: 1200 }, (_, i) => skipped({ n: i + 4 })),
    ];
    expect(summary(viewOf(outcomes), plainly)).toContain("\nskipped 1,203 (1,200 robots, 3 noai)\nfailed  0\n");
    expect(summary(viewOf([saved()]), plainly)).not.toContain("skipped");
  });

  it("of an update with retries has the unchanged files and the number of retries", () => {
    const outcomes = [
      ...Array.from({ length: 9900 }, (_, i) => unchanged({ n: i + 1, bytes: 1000 })),
      ...Array.from({ length: 100 }, (_, i) => saved({ n: i + 9901, attempts: i % 10 === 0 ? 3 : 1 })),
    ];
    expect(summary(viewOf(outcomes), plainly)).toMatchInlineSnapshot(`
      "saved   100 (9.8 KiB) in downloads
      same    9,900 unchanged on the server
      failed  0
      retried 20 times
      times   p50 10 ms, p95 10 ms, p99 10 ms; peak 50 in flight
      took    5.1 s: 1,961 URL/s, 287 KiB/s; one at a time: 1 min 40 s (19.6×)"
    `);
  });

  it("of a run with hosts that failed has those that failed most, and what may be done next", () => {
    const hosts = failingHosts();
    for (const outcome of FAILED) void hosts.outcome(outcome);
    const next = {
      files: () => ({ failures: "downloads/failed.txt", records: "downloads/results.jsonl" }),
      goOn: "bulkget urls.txt -o downloads",
      tryAgain: "bulkget urls.txt -o downloads",
    };
    const slowed = { host: "example.org", error: "http_status", status: 503, atMs: 0, hosts: 13 } as const;
    const view = viewOf([...SAVED, ...FAILED], { linesOf: () => 1222, slowed });
    expect(summary(view, { ...plainly, hosts, next })).toMatchInlineSnapshot(`
      "saved   1,199 (114 MiB) in downloads
      failed  23
              12 http_status 404 (Not Found)
              7 truncated (the body was cut short)
              3 http_status 503 (Service Unavailable)
              1 connect_timeout (no connection in time)
      hosts   example.org 23 of 1,222 (mostly 404)
      slowed  example.org (503), and 12 other hosts before
      times   p50 35 ms, p95 49 ms, p99 49 ms; peak 50 in flight
      took    5.1 s: 240 URL/s, 287 KiB/s; one at a time: 58.1 s (11.4×)
      files   failures in downloads/failed.txt, records in downloads/results.jsonl
      again   bulkget urls.txt -o downloads  (11 of the 23 failed may pass)"
    `);
    const stopped = { ...view, isStopped: true, total: () => ({ jobs: 2000, exact: true }) };
    expect(
      summary(stopped, { ...plainly, hosts, next })
        .split("\n")
        .slice(-2),
    ).toEqual([
      "files   failures in downloads/failed.txt, records in downloads/results.jsonl",
      "again   bulkget urls.txt -o downloads  (the 778 left; 11 of the 23 failed may pass)",
    ]);
  });

  it.each([
    [1, "p50"],
    [19, "p95"],
    [99, "p99"],
  ])("of %i URLs has no %s, which would be their slowest", (jobs, percentile) => {
    const lines = (count: number) =>
      summary(viewOf(Array.from({ length: count }, (_, n) => saved({ n, total_ms: n + 1 }))), plainly);
    expect(lines(jobs)).not.toContain(percentile);
    expect(lines(jobs + 1)).toContain(percentile);
    expect(lines(1)).toMatch(/\ntimes {3}[0-9.]+ ms; peak/);
  });

  it("has no rate of a run that was too short for one, and no comparison that says nothing", () => {
    const outcomes = [saved({ total_ms: 2 }), saved({ total_ms: 2 })];
    expect(summary(viewOf(outcomes, { elapsedMs: 3 }), plainly)).toBe(
      "saved   2 (200 B) in downloads\nfailed  0\ntimes   p50 2 ms, slowest 2 ms; peak 50 in flight\ntook    3 ms",
    );
    expect(summary(viewOf(outcomes, { elapsedMs: 300_000 }), plainly)).not.toContain("URL/s");
    expect(summary(viewOf([saved({ total_ms: 7000 })]), plainly)).not.toContain("one at a time");
  });

  it("of a run without outcomes has no times", () => {
    expect(summary(viewOf([], { elapsedMs: 0 }), { paint: paint(false) })).toMatchInlineSnapshot(`
      "saved   0 (0 B)
      failed  0"
    `);
  });

  it("of a run that took 0 ms has finite rates", () => {
    const text = summary(viewOf([saved({ total_ms: 0 })], { elapsedMs: 0 }), plainly);
    expect(text).not.toMatch(/NaN|Infinity/);
  });

  it("is coloured on a terminal, and has no control characters elsewhere", () => {
    const view = viewOf([...SAVED, ...FAILED]);
    expect(summary(view, plainly)).toMatch(NO_CONTROLS);
    const painted = summary(view, { ...plainly, paint: paint(true) });
    expect(painted).toContain("\u001b[32msaved\u001b[0m");
    expect(painted).toContain("\u001b[31mfailed\u001b[0m");
    expect(summary(viewOf(SAVED), { ...plainly, paint: paint(true) })).not.toContain("\u001b[31m");
  });

  it("has the folder's name escaped", () => {
    expect(summary(viewOf(SAVED), { ...plainly, folder: "out\u001b[2J" })).toMatch(NO_CONTROLS);
  });
});
