// Finds lines by their URL's hash: an index over a history's slots, made when it is first asked for.

import type { Slots } from "./slots.ts";

/** Calls back with the indices of lines that had this hash, and were wanted, when it was made, and are wanted still, until one is taken. */
export type UrlIndex = (hash: number, take: (index: number) => boolean) => void;

/** Open addressing, at most two thirds full: 6 to 12 bytes a line. */
export function urlIndex(slots: Slots, isWanted: (index: number) => boolean): UrlIndex {
  let lines = 0;
  for (let index = 0; index < slots.size; index++) if (isWanted(index)) lines++;
  let capacity = 16;
  while (capacity < lines * 1.5) capacity *= 2;
  /** An index into the slots plus 1; 0 where there is none. */
  const cells = new Uint32Array(capacity);
  const last = capacity - 1;

  for (let index = 0; index < slots.size; index++) {
    if (!isWanted(index)) continue;
    let cell = slots.hashAt(index) & last;
    while (cells[cell] !== 0) cell = (cell + 1) & last;
    cells[cell] = index + 1;
  }

  return (hash, take) => {
    for (let cell = hash & last; ; cell = (cell + 1) & last) {
      const index = (cells[cell] ?? 0) - 1;
      if (index < 0) return;
      if (slots.hashAt(index) === hash && isWanted(index) && take(index)) return;
    }
  };
}
