// Finds lines by their URL's hash: an index over a history's slots, made when it is first asked for.

import { SAVED, type Slots } from "./slots.ts";

/** Calls back with the indices of saved lines without a mark that had this hash when it was made, until one is taken. */
export type UrlIndex = (hash: number, take: (index: number) => boolean) => void;

/** Open addressing, at most two thirds full: 6 to 12 bytes a line. */
export function urlIndex(slots: Slots): UrlIndex {
  const lines = slots.count(SAVED, false);
  let capacity = 16;
  while (capacity < lines * 1.5) capacity *= 2;
  /** An index into the slots plus 1; 0 where there is none. */
  const cells = new Uint32Array(capacity);
  const last = capacity - 1;

  for (let index = 0; index < slots.size; index++) {
    if (slots.stateAt(index) !== SAVED || slots.isMarked(index)) continue;
    let cell = slots.hashAt(index) & last;
    while (cells[cell] !== 0) cell = (cell + 1) & last;
    cells[cell] = index + 1;
  }

  return (hash, take) => {
    for (let cell = hash & last; ; cell = (cell + 1) & last) {
      const index = (cells[cell] ?? 0) - 1;
      if (index < 0) return;
      const isCandidate =
        slots.hashAt(index) === hash && slots.stateAt(index) === SAVED && !slots.isMarked(index) && take(index);
      if (isCandidate) return;
    }
  };
}
