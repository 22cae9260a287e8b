// Finds lines by their URL's hash: an index over a history's slots, made when it is first asked for.

import type { LineTable } from "./line-table.ts";

/** Calls back with the indices of lines that had this hash, and were wanted, when it was made, and are wanted still, until one is taken. */
export type UrlIndex = (hash: number, take: (index: number) => boolean) => void;

/** So many lines of one hash are asked about at most, be they of one URL that very many lines have. */
const MOST_ASKED = 64;

/**
 * The lines of each bucket in their own order: 8 to 12 bytes a line. What is wanted no more is taken out where it is met
 * with, so that a URL that very many lines have is found for each of them at the same cost.
 */
export function urlIndex(slots: LineTable, isWanted: (index: number) => boolean): UrlIndex {
  let lines = 0;
  slots.each((index) => {
    if (isWanted(index)) lines++;
  });
  let buckets = 16;
  while (buckets < lines / 2) buckets *= 2;
  const begins = new Uint32Array(buckets + 1);
  /** First how many lines a bucket has. */
  const ends = new Uint32Array(buckets);
  const added = (bucket: number) => {
    const before = ends[bucket] ?? 0;
    ends[bucket] = before + 1;
    return before;
  };
  slots.each((index) => {
    if (isWanted(index)) added(slots.hashAt(index) % buckets);
  });
  for (let bucket = 0; bucket < buckets; bucket++) {
    begins[bucket + 1] = (begins[bucket] ?? 0) + (ends[bucket] ?? 0);
    ends[bucket] = begins[bucket] ?? 0;
  }
  /** Indices into the slots. */
  const cells = new Uint32Array(lines);
  slots.each((index) => {
    if (isWanted(index)) cells[added(slots.hashAt(index) % buckets)] = index;
  });

  return (hash, take) => {
    const bucket = hash % buckets;
    const end = ends[bucket] ?? 0;
    let asked = 0;
    for (let at = begins[bucket] ?? 0; at < end && asked < MOST_ASKED; at++) {
      const index = cells[at] ?? 0;
      if (!isWanted(index)) {
        // The first of the bucket takes its cell.
        const begin = begins[bucket] ?? 0;
        cells[at] = cells[begin] ?? 0;
        begins[bucket] = begin + 1;
      } else if (slots.hashAt(index) === hash) {
        if (take(index)) return;
        asked++;
      }
    }
  };
}
