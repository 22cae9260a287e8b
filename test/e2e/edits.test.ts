// A list is edited at random, again and again: each run asks only for what is new, and no body is lost or mixed up.

import fc from "fast-check";
import { expect, it } from "vitest";
import { editsCheck } from "../support/editing.ts";

/** So many lists, each edited up to ten times. */
const RUNS = Number(process.env["EDITS_RUNS"] ?? 60);

it(`${RUNS} lists that are edited: names, numbers, digests, comments, blank lines, URLs that repeat`, async () => {
  const { failed, counterexample, edits, seed, error } = await editsCheck({ numRuns: RUNS });
  expect(failed, `seed ${seed}: ${error}\n${fc.stringify(counterexample)}`).toBe(false);
  expect(edits).toBeGreaterThan(3 * RUNS);
}, 600_000);
