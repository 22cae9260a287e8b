// Tests of the benchmark's table: medians, and ratios to the neighbouring run.

import { expect, it } from "vitest";
import type { Result } from "./results.ts";
import { comparison } from "./table.ts";

const cost = (wallSeconds: number) => ({ wallSeconds, userSeconds: 1, sysSeconds: 1 });

it("the benchmark's table shows medians and ratios to neighbouring runs, and omits peers that failed", () => {
  const result: Result = {
    ...{ workload: "w", about: "a", urls: 1000, bytes: 100, concurrency: 50, server: "own", time: "2026-01-01" },
    machine: { cores: 2, cpu: "c", memoryGb: 1, kernel: "k", node: "v20" },
    versions: { ours: "0.1.0", slow: "3.8", quick: "7", absent: "1" },
    entrants: [
      { peer: "slow", rounds: [cost(4), cost(12), cost(5)] },
      { peer: "ours", rounds: [cost(2), cost(4), cost(1)] },
      { peer: "quick", rounds: [cost(1), { failed: "exit 1" }, cost(0.5)] },
      { peer: "absent", rounds: [{ failed: "exit 1" }] },
    ],
  };
  expect(comparison(result, "ours")).toBe(`| program | time | URL/s | × ours's time |
| --- | ---: | ---: | ---: |
| quick 7 | 0.750 s | 1,333 | 0.5 |
| ours 0.1.0 | 2.00 s | 500 |  |
| slow 3.8 | 5.00 s | 200 | 3.0 |`);
});
