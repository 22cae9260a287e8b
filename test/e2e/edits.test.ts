// A list is edited at random, again and again: each run asks only for what is new, and no body is lost or mixed up.

import fc from "fast-check";
import { expect, it } from "vitest";
import { editsCheck } from "../support/editing.ts";

/** So many lists, each edited up to ten times. */
const RUNS = Number(process.env["EDITS_RUNS"] ?? 60);
const KILLED_RUNS = Number(process.env["EDITS_KILLED_RUNS"] ?? 6);

it(`${RUNS} lists that are edited: names, numbers, digests, comments, blank lines, URLs that repeat`, async () => {
  const { failed, counterexample, runs, seed, error } = await editsCheck({ numRuns: RUNS });
  expect(failed, `seed ${seed}: ${error}\n${fc.stringify(counterexample)}`).toBe(false);
  expect(runs).toBeGreaterThan(3 * RUNS);
}, 600_000);

it(`${KILLED_RUNS} lists that are edited, and runs killed by kill -9 while they move files: the next run goes on`, async () => {
  const { failed, counterexample, kills, seed, error } = await editsCheck({ numRuns: KILLED_RUNS, killsWithin: 120 });
  expect(failed, `seed ${seed}: ${error}\n${fc.stringify(counterexample)}`).toBe(false);
  expect(kills).toBeGreaterThan(0);
}, 600_000);
