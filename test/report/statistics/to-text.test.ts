// The text and the JSON of a report, word for word.
import { describe, expect, it } from "vitest";
import type { Outcome } from "../../../src/core/job.ts";
import { paint } from "../../../src/report/format.ts";
import { statisticsOf } from "../../../src/report/statistics/fold.ts";
import { statisticsJson } from "../../../src/report/statistics/to-json.ts";
import { statisticsText } from "../../../src/report/statistics/to-text.ts";
import { failed, saved, skipped, unchanged } from "../../core/outcomes.ts";
import { NO_CONTROLS } from "../view.ts";

const START_MS = Date.parse("2026-01-01T00:00:00.000Z");
const timeOf = (ms: number) => new Date(START_MS + ms).toISOString();

/** 100 URLs a second for 10 s, and 12 of another run a day later. */
const RECORDS: readonly Outcome[] = [
  ...Array.from({ length: 1000 }, (_, i) => {
    const common = { n: i + 1, url: `https://h${i % 7}.example/${i}`, total_ms: 100 + (i % 50), time: timeOf(10 * i) };
    if (i % 40 === 0) return failed({ ...common, error: "http_status", status: 404, retryable: false });
    if (i % 60 === 1) return failed({ ...common, attempts: 4, error: "truncated", status: 200 });
    const opened = i % 10 === 3 ? { dns_ms: 5, connect_ms: 20, tls_ms: 30 } : {};
    const type = i % 3 === 0 ? "image/png" : "text/html; charset=utf-8";
    return saved({ ...common, ...opened, ttfb_ms: 80, bytes: 1000 * (i % 90), type });
  }),
  ...Array.from({ length: 12 }, (_, i) => {
    const common = { n: i + 2000, time: timeOf(86_400_000 + 10 * i) };
    return i % 2 === 0 ? unchanged({ ...common, total_ms: 3000 }) : skipped(common);
  }),
];
const RUNS = [
  { startAtMs: START_MS, version: "0.1.0", command: "bulkget urls.txt" },
  { startAtMs: START_MS + 86_400_000, endAtMs: START_MS + 86_401_000, version: "0.1.0", command: "", exitCode: 1 },
];
const surroundings = { folders: ["downloads"], runs: RUNS, unreadable: 2 };
const options = { paint: paint(false), again: ["bulkget urls.txt"] };

describe("the text of a report", () => {
  it("has the outcomes first, and the command that tries again last", () => {
    expect(statisticsText(statisticsOf(RECORDS, surroundings), options)).toMatchInlineSnapshot(`
      "folder  downloads
      runs    2; the last from 2026-01-02 00:00:00 UTC, until 2026-01-02 00:00:01 UTC, exit code 1
      saved   958
      same    6 unchanged on the server; all bodies 40.6 MiB
      skipped 6
      failed  42 (4.2 %); another try may help for 17
      retried 51 times
      took    from 2025-12-31 23:59:59 UTC until 2026-01-02 00:00:00 UTC, with pauses
      left out 2 lines of the journal that are no records

      failures
        25  http_status 404  Not Found
        17  truncated        the body was cut short  another try may help

      hosts with most failures
        7 of  143  h1.example:443
        7 of  143  h5.example:443
        6 of  143  h0.example:443
        6 of  143  h2.example:443
        6 of  143  h3.example:443
        5 of  143  h4.example:443
        5 of  142  h6.example:443

      bodies by type
        27.1 MiB  633  text/html
        13.4 MiB  325  image/png
           600 B    6  unknown

      times
                       p50     p90     p95     p99   URLs
        dns           5 ms    5 ms    5 ms    5 ms    100
        connect      20 ms   20 ms   20 ms   20 ms    100
        tls          30 ms   30 ms   30 ms   30 ms    100
        first byte   79 ms   79 ms   79 ms   79 ms    964
        body         44 ms   65 ms   68 ms   68 ms    958
        total       123 ms  142 ms  149 ms  149 ms  1,012

      slowest
         3.0 s  #2000  unchanged  https://example.org/a.html
         3.0 s  #2002  unchanged  https://example.org/a.html
         3.0 s  #2004  unchanged  https://example.org/a.html
         3.0 s  #2006  unchanged  https://example.org/a.html
         3.0 s  #2008  unchanged  https://example.org/a.html
         3.0 s  #2010  unchanged  https://example.org/a.html
        149 ms    #50  saved      https://h0.example/49
        149 ms   #100  saved      https://h1.example/99
        149 ms   #150  saved      https://h2.example/149
        149 ms   #200  saved      https://h3.example/199

      to try again
        bulkget urls.txt"
    `);
  });

  it("of runs whose times are known has their sum", () => {
    const runs = RUNS.map((run) => ({ ...run, endAtMs: run.startAtMs + 10_000 }));
    const text = statisticsText(statisticsOf(RECORDS, { ...surroundings, runs }), options);
    expect(text).toContain(
      "\ntook    20.0 s within 24 h 0 min, until 2026-01-02 00:00:00 UTC; 51 URL/s; one at a time",
    );
  });

  it("of a run without failures is short", () => {
    const text = statisticsText(statisticsOf([saved()], { folders: ["out"], runs: [], unreadable: 0 }), options);
    expect(text).toMatchInlineSnapshot(`
      "folder  out
      saved   1 (100 B)
      failed  0
      took    10 ms, until 2026-01-01 00:00:00 UTC

      bodies by type
        100 B  1  unknown

      times
                      p50    p90    p95    p99  URLs
        first byte   4 ms   4 ms   4 ms   4 ms     1
        body         6 ms   6 ms   6 ms   6 ms     1
        total       10 ms  10 ms  10 ms  10 ms     1

      slowest
        10 ms  #1  saved  https://example.org/a.html"
    `);
  });

  it("is broken between words for a terminal of 40 columns, and a command as a shell takes it", () => {
    const url = "https://example.org/a/long/path/to/the-file.html";
    const records = [saved(), failed({ error: "http_status", status: 503, url, total_ms: 90_000 })];
    const again = ["bulkget urls.txt --retries 5 -o downloads"];
    const text = statisticsText(statisticsOf(records, surroundings), { ...options, again, columns: 40 });
    const part = (title: string) => text.slice(text.indexOf(title)).split("\n\n")[0];
    expect(part("failures")).toMatchInlineSnapshot(`
      "failures
        1  http_status 503  Service
                Unavailable  another try may
                help"
    `);
    expect(part("slowest")).toMatchInlineSnapshot(`
      "slowest
        1 min 30 s  #1  http_status 503
                https://exa…h/to/the-file.html
             10 ms  #1  saved
                https://example.org/a.html"
    `);
    expect(part("to try")).toMatchInlineSnapshot(`
      "to try again
        bulkget urls.txt --retries 5 \\
          -o downloads"
    `);
  });

  it("without a command names the way, and is coloured on a terminal only", () => {
    const statistics = statisticsOf([failed({ retryable: false })]);
    const text = statisticsText(statistics, { paint: paint(false), again: [] });
    expect(text).toMatch(/no other try is likely to help; to try nevertheless: repeat the command of the run$/);
    expect(text).toMatch(NO_CONTROLS);
    expect(statisticsText(statistics, { paint: paint(true), again: [] })).toContain("\u001b[31mfailed\u001b[0m");
  });

  it("shortens long URLs in their middle, without passwords, and shows ranges of hosts that are not counted exactly", () => {
    const url = `https://me:secret@a.example/${"x".repeat(1000)}/end.html`;
    const statistics = statisticsOf([failed({ url, total_ms: 90_000 })]);
    const [host] = statistics.failingHosts;
    const estimated = host && { ...host, urls: 130, maxError: 10, failed: 12, maxFailedError: 2 };
    const text = statisticsText({ ...statistics, failingHosts: estimated ? [estimated] : [] }, options);
    expect(text).toMatch(/ 1 min 30 s {2}#1 {2}connect_refused {2}https:\/\/me:\*\*\*@a\.example\/x+…x+\/end\.html\n/);
    expect(text).toContain("10 to 12 of  120 to 130  a.example:443");
  });
});

describe("the JSON of a report", () => {
  it("has the names of records, and every number of the statistics", () => {
    const statistics = statisticsOf(RECORDS, surroundings);
    const text = statisticsJson(statistics);
    expect(text).toMatch(/^\{.*\}\n$/);
    const json = JSON.parse(text) as Record<string, unknown>;
    expect(Object.keys(json)).toMatchInlineSnapshot(`
      [
        "folders",
        "span",
        "counts",
        "one_at_a_time_ms",
        "runs",
        "shards",
        "timeline",
        "chronology",
        "phases",
        "failures",
        "statuses",
        "hosts",
        "failing_hosts",
        "host_count",
        "types",
        "sizes",
        "rows",
      ]
    `);
    expect(JSON.stringify(json)).not.toMatch(/"[a-z_0-9]*[A-Z]\w*":/);
    expect(json["counts"]).toEqual(statistics.counts);
    expect(json["runs"]).toMatchObject([{ start_at_ms: START_MS }, { exit_code: 1 }]);
    expect(json["failures"]).toContainEqual({ error: "http_status", status: 404, urls: 25, retryable: false });
  });
});
