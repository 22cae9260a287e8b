// What a URL costs may not grow unnoticed: system calls, promises and bytes allocated, which need no clock to be compared.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../support/command.ts";
import {
  BASELINES,
  type Counts,
  canTrace,
  costsAUrl,
  HEAP_BYTES,
  judged,
  PROMISES,
  RENEW,
  SYSTEM_CALLS,
  shown,
} from "../support/cost.ts";

const MAJOR = process.versions.node.split(".", 1)[0] ?? "";
const LIMIT_MS = 240_000; // strace on a busy machine

/** What a URL cost when the file was written, by name. */
type Baselines = Readonly<Record<string, number>>;

function baselines(): Baselines {
  return JSON.parse(readFileSync(join(ROOT, BASELINES), "utf8")) as Baselines;
}

/** What a moment adds (a disk that is slow is written to by other calls) is not there every time; what a URL costs is. */
const TRIES = 4;

/** Fails where the sum of the costs is over 10 % above the baseline each time; with RENEW it becomes the baseline. */
async function compare(name: string, count: () => Promise<Counts>): Promise<void> {
  let costs = await count();
  const known = baselines()[name];
  for (
    let tries = 1;
    tries < TRIES && known !== undefined && judged(name, sumOf(costs), known).tooMuch !== undefined;
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
  const { tooMuch, less } = judged(name, cost, baseline);
  if (less !== undefined) console.warn(less);
  const parts = [...costs].map(([part, each]) => `${part} ${shown(each)}`).join(", ");
  if (tooMuch !== undefined) expect.unreachable(`${tooMuch} (${parts})`);
}

function sumOf(costs: Counts): number {
  return [...costs.values()].reduce((sum, one) => sum + one, 0);
}

describe("a URL of 100 bytes costs no more than it did, in", () => {
  const traces = canTrace();
  if (!traces) console.warn("SKIPPED: system calls are not counted: strace is not installed, or may not trace");

  it.skipIf(!traces)("system calls", () => compare("system calls", () => costsAUrl(SYSTEM_CALLS)), LIMIT_MS);
  it("promises", () => compare("promises", () => costsAUrl(PROMISES)), LIMIT_MS);
  it(
    "bytes allocated, which differ from one version of Node to another",
    () => compare(`bytes, Node ${MAJOR}`, () => costsAUrl(HEAP_BYTES)),
    LIMIT_MS,
  );
});

describe("a cost", () => {
  it("fails when it is over 10 % more, is said when it is over 10 % less, and is nothing to speak of between", () => {
    expect(judged("promises", 17.62, 16).tooMuch).toContain(
      "promises a URL: 17.62, and 16.00 in fixtures/costs.json: over 10 % more",
    );
    expect(judged("promises", 14.3, 16)).toEqual({ less: expect.stringContaining("over 10 % less") as string });
    expect(judged("promises", 17.5, 16)).toEqual({});
    expect(judged("promises", 14.5, 16)).toEqual({});
    expect(judged("promises", 0.09, 0.01)).toEqual({});
    expect(judged("promises", 0.02, 0.11)).toEqual({});
    expect(judged("promises", 1.01, 0.01).tooMuch).toContain("promises a URL: 1.01, and 0.01");
  });
});
