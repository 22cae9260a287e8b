// Numbers things by a key, from 0 on: an open-addressed table by keyed hash, so that no choice of keys makes it slow.

import { numberHash } from "./keyed-hash.ts";

/** Cells in use of all, and by how much it grows: 5 to 7 bytes a key, 12 while it grows. */
const FULL = 0.85;
const GROWTH = 1.5;

export interface KeyTable {
  /** The id of a key; -1 where it has none. */
  of(key: number): number;
  /** Gives the key, which has none, the next id. */
  add(key: number): number;
}

/** `keyOf` returns the key of an id, also while that is added. */
export function keyTable(keyOf: (id: number) => number): KeyTable {
  /** An id plus 1; 0 where there is none. */
  let cells = new Uint32Array(64);
  let size = 0;

  const cellAfter = (cell: number) => (cell + 1 === cells.length ? 0 : cell + 1);
  const put = (key: number, id: number) => {
    let cell = numberHash(key) % cells.length;
    while (cells[cell] !== 0) cell = cellAfter(cell);
    cells[cell] = id + 1;
  };

  return {
    of(key) {
      for (let cell = numberHash(key) % cells.length; ; cell = cellAfter(cell)) {
        const id = (cells[cell] ?? 0) - 1;
        if (id < 0 || keyOf(id) === key) return id;
      }
    },
    add(key) {
      const id = size++;
      if (size > cells.length * FULL) {
        cells = new Uint32Array(Math.ceil(cells.length * GROWTH));
        for (let other = 0; other < id; other++) put(keyOf(other), other);
      }
      put(key, id);
      return id;
    },
  };
}
