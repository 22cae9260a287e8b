// Lists that are edited at random between runs: each run fetches only new lines, and no body is lost or misplaced.

import fc from "fast-check";
import { expect, it } from "vitest";
import { editsCheck } from "../../support/folders/editing.ts";

/** Number of lists, each edited up to ten times. */
const RUNS = Number(process.env["EDITS_RUNS"] ?? 30);
const KILLED_RUNS = Number(process.env["EDITS_KILLED_RUNS"] ?? 6);

it(`${RUNS} lists with random edits keep every body, and each run fetches only new lines`, async () => {
  const { failed, counterexample, runs, seed, error } = await editsCheck({ numRuns: RUNS });
  expect(failed, `seed ${seed}: ${error}\n${fc.stringify(counterexample)}`).toBe(false);
  expect(runs).toBeGreaterThan(3 * RUNS);
}, 600_000);

it(`${KILLED_RUNS} lists with random edits keep every body when runs are killed while they move files`, async () => {
  const { failed, counterexample, kills, seed, error } = await editsCheck({ numRuns: KILLED_RUNS, killsWithin: 120 });
  expect(failed, `seed ${seed}: ${error}\n${fc.stringify(counterexample)}`).toBe(false);
  expect(kills).toBeGreaterThan(0);
}, 600_000);
