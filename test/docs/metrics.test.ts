// docs/metrics.md has the metrics of the program, and the dashboard and the alerts in fixtures/metrics name no others.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BOUNDS_SECONDS, METRICS } from "../../src/report/metrics/families.ts";
import { ROOT } from "../support/command.ts";
import { pageText } from "./blocks.ts";

const PAGE = pageText("docs/metrics.md");
const FIXTURES = join(ROOT, "fixtures/metrics");
const fixture = (name: string) => readFileSync(join(FIXTURES, name), "utf8");

describe("docs/metrics.md", () => {
  it("has a row for each metric, with its type, labels and help", () => {
    const rows = [...PAGE.matchAll(/^\| `(bulkget_\w+)` \| (\w+) \| (.*?) ?\| (.*) \|$/gm)].map(([, ...row]) => row);
    const shown = (labels: readonly string[]) => labels.map((label) => `\`${label}\``).join(", ");
    expect(rows).toEqual(METRICS.map(({ name, type, labels, help }) => [name, type, shown(labels), help]));
  });

  it("has the bounds of the histogram", () => {
    const [ms, seconds] = [BOUNDS_SECONDS.filter((one) => one < 1), BOUNDS_SECONDS.filter((one) => one >= 1)];
    const list = (all: readonly number[]) => all.join(", ").replace(/, (?=[^,]*$)/, " and ");
    const text = `bounds are ${list(ms.map((one) => one * 1000))} ms, ${list(seconds)} s`;
    expect(PAGE.replaceAll("\n", " ")).toContain(text);
  });
});

describe.each(["dashboard.json", "alerts.yml", "alerts.test.yml"])("fixtures/metrics/%s", (name) => {
  const text = fixture(name);

  it("names metrics that exist, with labels that they have", () => {
    const names = METRICS.flatMap(({ name: one, type }) =>
      type === "histogram" ? ["_bucket", "_sum", "_count"].map((end) => one + end) : [one],
    );
    const named = [...text.matchAll(/\bbulkget_\w+/g)].map(([one]) => one);
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((one) => !names.includes(one))).toEqual([]);
    const labels = new Set([...METRICS.flatMap((one) => one.labels), "le", "file", "instance"]);
    const places = /\b(?:by|without) \(([^)]*)\)|\$labels\.(\w+)|\{\{ ?(?!end\b)(\w+) ?\}\}/g;
    const used = [...text.matchAll(places)].flatMap(([, list, one, legend]) =>
      (list ?? one ?? legend ?? "").split(/, */),
    );
    expect(used.filter((one) => !labels.has(one))).toEqual([]);
  });
});

describe("the dashboard", () => {
  it("is JSON with an expression in each panel, none of which is named twice", () => {
    const { panels } = JSON.parse(fixture("dashboard.json")) as {
      readonly panels: readonly {
        readonly id: number;
        readonly title: string;
        readonly targets: readonly { readonly expr: string }[];
      }[];
    };
    expect(panels.length).toBeGreaterThan(5);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(
      panels.filter(({ targets }) => targets.length === 0 || targets.some(({ expr }) => !expr.includes("bulkget_"))),
    ).toEqual([]);
  });
});

describe("the alerts", () => {
  const promtool = spawnSync("promtool", ["--version"]).status === 0;
  if (!promtool) console.warn("SKIPPED: promtool (Debian: prometheus) is not installed: nobody else checks the alerts");

  it.skipIf(!promtool)("are rules that Prometheus reads, and fire when they should", () => {
    for (const args of [
      ["check", "rules", "alerts.yml"],
      ["test", "rules", "alerts.test.yml"],
    ]) {
      const { status, stdout, stderr } = spawnSync("promtool", args, { cwd: FIXTURES, encoding: "utf8" });
      expect([status, stdout + stderr]).toEqual([0, expect.stringContaining("SUCCESS")]);
    }
  });
});
