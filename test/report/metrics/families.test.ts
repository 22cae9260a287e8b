// The metrics of a run are those of its tally, in a text that Prometheus reads; the histogram is right to its stated error.

import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exposition } from "../../../src/report/metrics/exposition.ts";
import { BOUNDS_SECONDS, familiesOf, METRICS, type RunState } from "../../../src/report/metrics/families.ts";
import { failed, saved, skipped, unchanged } from "../../core/outcomes.ts";
import { viewOf } from "../view.ts";

const OUTCOMES = [
  saved({ bytes: 7, total_ms: 4 }),
  saved({ bytes: 5, total_ms: 40, attempts: 3 }),
  unchanged({ total_ms: 400 }),
  skipped({ total_ms: 0 }),
  failed({ error: "http_status", status: 404, total_ms: 70_000 }),
  failed({ error: "http_status", status: 503, total_ms: 2000, attempts: 4 }),
  failed({ error: "connect_refused", total_ms: 1 }),
];

const stateOf = (over: Partial<RunState> = {}): RunState => ({
  view: viewOf(OUTCOMES, { inFlight: 3, waiting: 4, total: () => ({ jobs: 12, exact: false }) }),
  version: "1.2.3",
  startAtMs: 1_800_000_000_123,
  lastSuccessAtMs: undefined,
  exitCode: undefined,
  ...over,
});

const textOf = (over: Partial<RunState> = {}) => exposition(familiesOf(stateOf(over)));
const samplesIn = (text: string) => text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));

describe("the metrics of a run", () => {
  it("are the numbers of its tally", () => {
    expect(samplesIn(textOf())).toEqual([
      'bulkget_build_info{version="1.2.3"} 1',
      'bulkget_urls_total{outcome="saved"} 2',
      'bulkget_urls_total{outcome="unchanged"} 1',
      'bulkget_urls_total{outcome="failed"} 3',
      'bulkget_urls_total{outcome="skipped"} 1',
      'bulkget_failures_total{error="http_status",status="404"} 1',
      'bulkget_failures_total{error="http_status",status="503"} 1',
      'bulkget_failures_total{error="connect_refused",status=""} 1',
      "bulkget_retries_total 5",
      "bulkget_received_bytes_total 1500000",
      "bulkget_stored_bytes_total 12",
      "bulkget_in_flight 3",
      "bulkget_concurrency 50",
      "bulkget_waiting 4",
      "bulkget_list_urls 12",
      ...[2, 2, 2, 3, 3, 3, 4, 4, 5, 5, 5, 5].map((urls, i) => {
        return `bulkget_url_duration_seconds_bucket{le="${BOUNDS_SECONDS[i]}"} ${urls + 1}`;
      }),
      'bulkget_url_duration_seconds_bucket{le="+Inf"} 7',
      "bulkget_url_duration_seconds_sum 72.445",
      "bulkget_url_duration_seconds_count 7",
      "bulkget_run_start_timestamp_seconds 1800000000.123",
    ]);
  });

  it("have the exit code and the last success once they are known", () => {
    const known = textOf({ exitCode: 0, lastSuccessAtMs: 1_800_000_001_000 });
    expect(samplesIn(known).slice(-2)).toEqual([
      "bulkget_last_success_timestamp_seconds 1800000001",
      "bulkget_exit_code 0",
    ]);
  });

  it("have no list of URLs whose length is not known", () => {
    expect(textOf({ view: viewOf([]) })).not.toContain("bulkget_list_urls");
  });

  it("sum up the failures, also one of http_status without a status", () => {
    const view = viewOf([failed({ error: "http_status" }), failed({ error: "http_status", status: 404 })]);
    expect(samplesIn(textOf({ view })).filter((line) => line.startsWith("bulkget_failures_total"))).toEqual([
      'bulkget_failures_total{error="http_status",status="404"} 1',
      'bulkget_failures_total{error="http_status",status=""} 1',
    ]);
  });

  it("contain no URL, host, file or text of an outcome", () => {
    const secret = "geheim.example";
    const outcome = failed({
      url: `https://${secret}/`,
      detail: secret,
      list: secret,
      name: secret,
      error: "internal",
    });
    const view = viewOf([outcome, skipped({ reason: "robots", detail: secret, url: `https://${secret}/` })]);
    expect(textOf({ view })).not.toContain("geheim");
  });

  it("have only the labels of their row, and a counter's name ends in _total", () => {
    for (const { name, type, labels, read } of METRICS) {
      expect([name, name.endsWith("_total")]).toEqual([name, type === "counter"]);
      const samples = read(stateOf({ exitCode: 0, lastSuccessAtMs: 1 }));
      if (typeof samples === "number") expect([name, labels]).toEqual([name, []]);
      else
        for (const one of samples ?? [])
          expect(Object.keys(one.labels ?? {}).filter((label) => label !== "le")).toEqual(
            [...labels].filter(() => one.suffix === undefined),
          );
    }
  });

  it("count a duration up to each bound, right to within 2.5 %", () => {
    const times = fc.array(
      fc.double({ min: 0, max: 11.6, noNaN: true }).map((x) => Math.exp(x)),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(times, (all) => {
        const text = textOf({ view: viewOf(all.map((total_ms) => saved({ total_ms }))) });
        for (const seconds of BOUNDS_SECONDS) {
          const counted = Number(new RegExp(`_bucket\\{le="${seconds}"\\} (\\d+)`).exec(text)?.[1]);
          const atMost = (ms: number) => all.filter((one) => one <= ms).length;
          expect(counted).toBeGreaterThanOrEqual(atMost(seconds * 1000 * 0.975));
          expect(counted).toBeLessThanOrEqual(atMost(seconds * 1000 * 1.025));
        }
      }),
    );
  });
});

describe("the text format", () => {
  it("escapes labels and help, and writes numbers as Go reads them", () => {
    const samples = [
      { labels: { a: 'x"\\\ny' }, value: Number.POSITIVE_INFINITY },
      { labels: { a: "z" }, value: 1e21 },
    ];
    expect(exposition([{ name: "n", type: "gauge", help: "a\\b\nc", samples }], { file: "f.prom" })).toBe(
      '# HELP n a\\\\b\\nc\n# TYPE n gauge\nn{a="x\\"\\\\\\ny",file="f.prom"} +Inf\nn{a="z",file="f.prom"} 1e+21\n',
    );
    expect(exposition([{ name: "n", type: "gauge", help: "", samples: [] }])).toBe("");
  });

  const promtool = spawnSync("promtool", ["--version"]).status === 0;
  if (!promtool)
    console.warn("SKIPPED: promtool (Debian: prometheus) is not installed: nobody else checks the metrics");
  it.skipIf(!promtool)("has nothing that promtool objects to", () => {
    const input = textOf({ exitCode: 1, lastSuccessAtMs: 1_800_000_001_000 });
    const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], { input, encoding: "utf8" });
    expect([status, stdout, stderr]).toEqual([0, "", ""]);
  });
});
