// Finds the shards of a list that are missing, or whose run has not ended, and names them.

import type { ListShard } from "../../core/layout.ts";
import { thousands } from "../format.ts";
import type { RunEntry, ShardCounts } from "./statistics.ts";

/** Exit codes of a run that has read its shard to the end: see the command's exit codes. A run of the library has none. */
const ENDED: ReadonlySet<number | undefined> = new Set([undefined, 0, 1]);

/** Maximum number of ranges that a text names. */
const MAX_RANGES = 20;

export interface ShardsFold {
  /** A folder has shards of this number, of which none may be there. */
  expect(count: number): void;
  /** `runs`: those of the shard, in their order. */
  add(shard: ListShard, runs: readonly RunEntry[]): void;
  rows(): readonly ShardCounts[];
}

/** Shards of one number are those of one list, whichever folders they are in. */
export function shardsFold(): ShardsFold {
  /** By the number of shards: for each shard that is there, whether it has ended. */
  const all = new Map<number, Map<number, boolean>>();
  const expect = (count: number): Map<number, boolean> => {
    const there = all.get(count) ?? new Map<number, boolean>();
    all.set(count, there);
    return there;
  };
  return {
    expect: (count) => void expect(count),
    add({ index, count }, runs) {
      const last = runs.at(-1);
      // The copy of the records in an object store has no list of runs: what is not known is not reported.
      const hasEnded = last === undefined || (last.endAtMs !== undefined && ENDED.has(last.exitCode));
      const there = expect(count);
      there.set(index, hasEnded || there.get(index) === true);
    },
    rows: () =>
      [...all]
        .sort(([one], [other]) => one - other)
        .map(([shards, there]) => {
          const numbers = Array.from({ length: shards }, (_, i) => i + 1);
          return {
            shards,
            missing: numbers.filter((index) => !there.has(index)),
            unfinished: numbers.filter((index) => there.get(index) === false),
          };
        }),
  };
}

/** "14 of 16; missing: 3, 7-8; not finished: 5" */
export function shardsText({ shards, missing, unfinished }: ShardCounts): string {
  const parts = [`${thousands(shards - missing.length - unfinished.length)} of ${thousands(shards)}`];
  if (missing.length > 0) parts.push(`missing: ${rangesText(missing)}`);
  if (unfinished.length > 0) parts.push(`not finished: ${rangesText(unfinished)}`);
  return parts.join("; ");
}

/** "3, 7-8" */
export function rangesText(numbers: readonly number[]): string {
  const ranges: { readonly first: number; last: number }[] = [];
  for (const number of numbers) {
    const range = ranges.at(-1);
    if (range?.last === number - 1) range.last = number;
    else ranges.push({ first: number, last: number });
  }
  const shown = ranges
    .slice(0, MAX_RANGES)
    .map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`));
  return [...shown, ...(ranges.length > MAX_RANGES ? ["and more"] : [])].join(", ");
}
