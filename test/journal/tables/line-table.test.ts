// The line table: holds what was set last for each line, in a bounded number of bytes for any numbers in any order.

import { strictEqual } from "node:assert";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lineTable, STATE_NONE, type State } from "../../../src/journal/tables/line-table.ts";
import { ROOT } from "../../support/command.ts";

const STATES = [0, 1, 2, 3, 4, 5] as const satisfies readonly State[];

describe("a line table", () => {
  it("equals a simple model after any sequence of writes", () => {
    const number = fc.oneof(
      fc.nat(200),
      fc.nat(200).map((n) => n * 64),
      fc.nat(1e6).map((n) => n * 1e9),
      fc.nat(127).map((n) => 999_999_999_999_999 - n),
    );
    const write = fc.record({
      n: number,
      unit: fc.integer({ min: 0, max: 0x7fff_ffff }),
      hash: fc.nat(0x3fff_ffff),
      state: fc.constantFrom(...STATES),
    });
    fc.assert(
      fc.property(fc.array(write, { maxLength: 400, size: "max" }), (writes) => {
        const lines = lineTable();
        const model = new Map<number, (typeof writes)[number]>();
        const indices = new Map<number, number>();
        for (const one of writes) {
          const { n, unit, hash, state } = one;
          strictEqual(lines.set(n, unit, hash, state), model.get(n)?.state ?? STATE_NONE);
          model.set(n, one);
          const index = lines.indexOf(n);
          strictEqual(index, indices.get(n) ?? index);
          indices.set(n, index);
        }
        const each: number[] = [];
        lines.each((index) => each.push(lines.numberAt(index)));
        expect(each.sort((a, b) => a - b)).toEqual([...model.keys()].sort((a, b) => a - b));
        for (const [n, { unit, hash, state }] of model) {
          const index = lines.indexOf(n);
          strictEqual(lines.unitAt(index), unit);
          strictEqual(lines.hashAt(index), hash);
          strictEqual(lines.stateAt(index), state);
          if (!model.has(n + 1)) strictEqual(lines.indexOf(n + 1), -1);
        }
        for (const state of STATES.slice(1))
          expect(lines.count(state)).toBe([...model.values()].filter((line) => line.state === state).length);
      }),
      { numRuns: 300 },
    );
  });

  const LINES = 1_000_000;
  /** Garbage of the growing id table, and warm-up of the program. */
  const SPARE_BYTES = 24_000_000;
  it.each([
    ["that are consecutive", "i", 9],
    ["far apart", "i * 1e6", 40],
    ["far apart, in random order", "((i * 7919) % 1000003) * 1e8", 40],
    ["in pairs", "(i >> 1) * 1e6 + (i & 1)", 40],
    ["that are 33 of each 64, the first of each block first", "(i % 30304) * 64 + Math.floor(i / 30304)", 40],
    ["that are 17 of each 64, the last of each block first", "(i % 58824) * 64 + 63 - Math.floor(i / 58824)", 40],
  ])("uses a bounded number of bytes per line for numbers %s", (_, number, bytes) => {
    const program = `
      import { lineTable } from ${JSON.stringify(pathToFileURL(join(ROOT, "dist/src/journal/tables/line-table.js")).href)};
      const peakBytes = () => process.resourceUsage().maxRSS * 1024;
      for (let i = 0, warm = lineTable(); i < 20000; i++) warm.set(${number}, i, i, 1);
      const before = peakBytes();
      const lines = lineTable();
      for (let i = 0; i < ${LINES}; i++) lines.set(${number}, i, i, 1);
      if (lines.count(1) !== ${LINES}) throw new Error("lines are lost");
      console.log(peakBytes() - before);
    `;
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
      encoding: "utf8",
    });
    expect(stdout, stderr).toMatch(/^\d+\n$/); // 0 where the memory of the first table was enough
    expect(Number(stdout)).toBeLessThan(bytes * LINES + SPARE_BYTES);
  });
});
