// Finds lines by the hash of their URL: a compact bucketed index over the line table.

import type { LineTable } from "./line-table.ts";

/** Calls `accept` with the indices of wanted lines with this hash until it returns true. */
export type UrlIndex = (hash: number, accept: (index: number) => boolean) => void;

/** Maximum calls of `accept` per lookup, also for a URL that very many lines have. */
const MAX_CANDIDATES = 64;

/**
 * Indexes the lines that `isWanted` accepts now: 8 to 12 bytes per line. A lookup removes lines that are no longer wanted, so
 * that each lookup of a URL that very many lines have costs the same.
 */
export function urlIndex(lines: LineTable, isWanted: (index: number) => boolean): UrlIndex {
  let wanted = 0;
  lines.each((index) => {
    if (isWanted(index)) wanted++;
  });
  let buckets = 16;
  while (buckets < wanted / 2) buckets *= 2;
  const begins = new Uint32Array(buckets + 1);
  /** First the number of lines per bucket, then its end in `cells`. */
  const ends = new Uint32Array(buckets);
  const increment = (bucket: number) => {
    const before = ends[bucket] ?? 0;
    ends[bucket] = before + 1;
    return before;
  };
  lines.each((index) => {
    if (isWanted(index)) increment(lines.hashAt(index) % buckets);
  });
  for (let bucket = 0; bucket < buckets; bucket++) {
    begins[bucket + 1] = (begins[bucket] ?? 0) + (ends[bucket] ?? 0);
    ends[bucket] = begins[bucket] ?? 0;
  }
  /** Line indices. */
  const cells = new Uint32Array(wanted);
  lines.each((index) => {
    if (isWanted(index)) cells[increment(lines.hashAt(index) % buckets)] = index;
  });

  return (hash, accept) => {
    const bucket = hash % buckets;
    const end = ends[bucket] ?? 0;
    let candidates = 0;
    for (let at = begins[bucket] ?? 0; at < end && candidates < MAX_CANDIDATES; at++) {
      const index = cells[at] ?? 0;
      if (!isWanted(index)) {
        // The bucket's first line moves into this cell.
        const begin = begins[bucket] ?? 0;
        cells[at] = cells[begin] ?? 0;
        begins[bucket] = begin + 1;
      } else if (lines.hashAt(index) === hash) {
        if (accept(index)) return;
        candidates++;
      }
    }
  };
}
