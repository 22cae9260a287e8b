// The output of `bulkget tune`: the table word for word, and the elements of the chart.
import { describe, expect, it } from "vitest";
import { paint } from "../../src/report/format.ts";
import { CHART_MARK, tuneChart } from "../../src/report/tune-chart.ts";
import { type StepRow, tuneTable } from "../../src/report/tune-table.ts";
import { NO_CONTROLS } from "./view.ts";

const STEPS: StepRow[] = [
  { concurrency: 1, ms: 3000, finished: 60, bytes: 60_000, failed: 0, p50Ms: 50, p95Ms: 55 },
  { concurrency: 2, ms: 3000, finished: 120, bytes: 120_000, failed: 0, p50Ms: 50, p95Ms: 56 },
  { concurrency: 16, ms: 3000, finished: 960, bytes: 960_000, failed: 0, p50Ms: 50, p95Ms: 61.4 },
  { concurrency: 32, ms: 2500, finished: 1000, bytes: 900_000, failed: 100, p50Ms: 80, p95Ms: 1200 },
  { concurrency: 64, ms: 300, finished: 12, bytes: 0, failed: 12, p50Ms: 1, p95Ms: 2 },
];

describe("the table of bulkget tune", () => {
  it("has one row per concurrency, and marks the knee", () => {
    expect(tuneTable(STEPS, 16, paint(false))).toMatchInlineSnapshot(`
      "-c  URL/s   bytes/s    p50    p95   URLs  failed
       1     20  19.5 KiB  50 ms  55 ms     60       0
       2     40  39.1 KiB  50 ms  56 ms    120       0
      16    320   313 KiB  50 ms  61 ms    960       0  <- the knee
      32    360   352 KiB  80 ms  1.2 s  1,000     100
      64    0.0       0 B   1 ms   2 ms     12      12"
    `);
  });

  it("is coloured on a terminal, and has no control characters elsewhere", () => {
    expect(tuneTable(STEPS, 16, paint(false))).toMatch(NO_CONTROLS);
    // Numbers keep the terminal's own colour: green on white is hard to read.
    expect(tuneTable(STEPS, 16, paint(true))).toContain("960       0  \u001b[32m<- the knee\u001b[0m\n");
    expect(tuneTable([], undefined, paint(false))).toBe("-c  URL/s  bytes/s  p50  p95  URLs  failed");
  });
});

describe("the chart of bulkget tune", () => {
  const svg = tuneChart(STEPS, { title: "bulkget tune <a> & b\u001b", knee: 16 });

  it("shows title, unit, knee and failures", () => {
    for (const words of [CHART_MARK, "URLs a second", "time to the outcome", "URLs at a time (-c)", "knee: -c 16"]) {
      expect(svg).toContain(words);
    }
    expect(svg).toContain("100 of 1000 failed");
    for (const { concurrency } of STEPS) expect(svg).toContain(`text-anchor="middle">${concurrency}</text>`);
    expect(svg).toContain("prefers-color-scheme: dark");
  });

  it("is well-formed XML with finite numbers and escaped texts", () => {
    expect(svg).toMatch(NO_CONTROLS);
    expect(svg).toContain("bulkget tune &lt;a> &amp; b?");
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    const open: string[] = [];
    for (const [, close, name = "", self] of svg.matchAll(/<(\/?)([a-z]+)[^<>]*?(\/?)>/g)) {
      if (close === "/") expect(open.pop()).toBe(name);
      else if (self !== "/") open.push(name);
    }
    expect(open).toEqual([]);
  });

  it("shows bytes per second for large bodies", () => {
    const large = STEPS.map((step) => ({ ...step, bytes: step.finished * 1_000_000 }));
    const shown = tuneChart(large, { title: "t", knee: undefined });
    expect(shown).toContain("bytes a second");
    expect(shown).toMatch(/>\d+ MiB</);
    expect(shown).not.toContain("knee:");
  });

  it("can be drawn for one step, for none, and for steps without outcomes", () => {
    for (const steps of [[], STEPS.slice(0, 1), STEPS.slice(-1)]) {
      expect(tuneChart(steps, { title: "t", knee: steps[0]?.concurrency })).not.toMatch(/NaN|Infinity/);
    }
  });
});
