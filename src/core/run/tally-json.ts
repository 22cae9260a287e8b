// Counts of a run as compact JSON, which crosses a pipe or a queue: without zeros, and histograms by their buckets in use.

import type { FailureKind } from "../failure.ts";
import { emptyTally, type Histogram, type Tally } from "./tally.ts";

const COUNTS = [
  ...(["saved", "unchanged", "failed", "retryable", "skipped", "interrupted"] as const),
  ...(["duplicates", "bytes", "retries", "unverified", "totalMs"] as const),
] as const;
const HISTOGRAMS = ["times", "lookups", "connects", "handshakes"] as const;

type Pairs<K> = readonly (readonly [K, number])[];

/** A tally without what is zero. */
export type TallyJson = { readonly [K in (typeof COUNTS)[number]]?: number } & {
  readonly [K in (typeof HISTOGRAMS)[number]]?: Pairs<number>;
} & { readonly kinds?: Pairs<FailureKind>; readonly statuses?: Pairs<number>; readonly reasons?: Pairs<string> };

export function tallyToJson(tally: Tally): TallyJson {
  const json: Record<string, unknown> = {};
  for (const key of COUNTS) if (tally[key] !== 0) json[key] = key === "totalMs" ? Math.round(tally[key]) : tally[key];
  for (const key of HISTOGRAMS) {
    const used = [...tally[key].entries()].filter(([, count]) => count > 0);
    if (used.length > 0) json[key] = used;
  }
  for (const key of ["kinds", "statuses", "reasons"] as const) if (tally[key].size > 0) json[key] = [...tally[key]];
  return json;
}

/** The tally of what `tallyToJson` returned. */
export function tallyFromJson(json: TallyJson): Tally {
  const { kinds, statuses, reasons } = json;
  const tally: Tally = {
    ...emptyTally(),
    kinds: new Map(kinds),
    statuses: new Map(statuses),
    reasons: new Map(reasons),
  };
  for (const key of COUNTS) tally[key] = json[key] ?? 0;
  for (const key of HISTOGRAMS) fill(tally[key], json[key] ?? []);
  return tally;
}

function fill(histogram: Histogram, pairs: Pairs<number>): void {
  for (const [bucket, count] of pairs) histogram[bucket] = count;
}
