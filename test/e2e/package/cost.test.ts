// The cost of one URL in system calls, promises and allocated bytes stays within 10 % of its baseline.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../../support/command.ts";
import {
  BASELINES,
  type Counts,
  canTrace,
  compared,
  costPerUrl,
  HEAP_BYTES,
  PROMISES,
  RENEW,
  SYSTEM_CALLS,
  shown,
} from "../../support/process/cost.ts";

const MAJOR = process.versions.node.split(".", 1)[0] ?? "";
const LIMIT_MS = 240_000; // strace on a busy machine

/** The cost per URL when fixtures/costs.json was written, by name. */
type Baselines = Readonly<Record<string, number>>;

function baselines(): Baselines {
  return JSON.parse(readFileSync(join(ROOT, BASELINES), "utf8")) as Baselines;
}

/** Repeats of a count that is too high: a slow disk or a busy machine adds calls only now and then. */
const TRIES = 4;

/** Fails where the sum of the costs is over 10 % above the baseline in every try; RENEW makes it the baseline. */
async function compare(name: string, count: () => Promise<Counts>): Promise<void> {
  let costs = await count();
  const known = baselines()[name];
  for (
    let tries = 1;
    tries < TRIES && known !== undefined && compared(name, sumOf(costs), known).tooMuch !== undefined;
    tries++
  ) {
    const again = await count();
    if (sumOf(again) < sumOf(costs)) costs = again;
  }
  const cost = sumOf(costs);
  expect(cost, `${name} cannot be counted`).toBeGreaterThan(0);
  if (process.env["RENEW"] !== undefined) {
    const renewed = { ...baselines(), [name]: Number(shown(cost)) };
    writeFileSync(join(ROOT, BASELINES), `${JSON.stringify(renewed, Object.keys(renewed).sort(), 2)}\n`);
  }
  const baseline = baselines()[name];
  if (baseline === undefined) return console.warn(`SKIPPED: no ${name} in ${BASELINES}: ${shown(cost)} here; ${RENEW}`);
  const { tooMuch, less } = compared(name, cost, baseline);
  if (less !== undefined) console.warn(less);
  const parts = [...costs].map(([part, each]) => `${part} ${shown(each)}`).join(", ");
  if (tooMuch !== undefined) expect.unreachable(`${tooMuch} (${parts})`);
}

function sumOf(costs: Counts): number {
  return [...costs.values()].reduce((sum, one) => sum + one, 0);
}

describe("a URL of 100 bytes stays within 10 % of its baseline in", () => {
  const traces = canTrace();
  if (!traces) console.warn("SKIPPED: system calls are not counted: strace is not installed, or may not trace");

  it.skipIf(!traces)("system calls", () => compare("system calls", () => costPerUrl(SYSTEM_CALLS)), LIMIT_MS);
  it("promises", () => compare("promises", () => costPerUrl(PROMISES)), LIMIT_MS);
  it(
    "bytes allocated, per version of Node",
    () => compare(`bytes, Node ${MAJOR}`, () => costPerUrl(HEAP_BYTES)),
    LIMIT_MS,
  );
});

describe("the comparison of a cost", () => {
  it("fails over 10 % above the baseline, reports over 10 % below it, and accepts all between", () => {
    expect(compared("promises", 17.62, 16).tooMuch).toContain(
      "promises a URL: 17.62, and 16.00 in fixtures/costs.json: over 10 % more",
    );
    expect(compared("promises", 14.3, 16)).toEqual({ less: expect.stringContaining("over 10 % less") as string });
    expect(compared("promises", 17.5, 16)).toEqual({});
    expect(compared("promises", 14.5, 16)).toEqual({});
    expect(compared("promises", 0.09, 0.01)).toEqual({});
    expect(compared("promises", 0.02, 0.11)).toEqual({});
    expect(compared("promises", 1.01, 0.01).tooMuch).toContain("promises a URL: 1.01, and 0.01");
  });
});
