// Assigns consecutive ids to keys: an open-addressed table with a keyed hash, so that chosen keys cannot collide.

import { numberHash } from "./keyed-hash.ts";

/** Load factor at which the table grows, and the growth factor: 5 to 7 bytes per key, 12 while it grows. */
const MAX_LOAD = 0.85;
const GROWTH = 1.5;

export interface KeyTable {
  /** The id of a key; -1 if it has none. */
  of(key: number): number;
  /** Assigns the next id to a key that has none, and returns it. */
  add(key: number): number;
}

/** `keyOf` returns the key of an id, also while that id is added. */
export function keyTable(keyOf: (id: number) => number): KeyTable {
  /** Id plus 1; 0: empty cell. */
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
      if (size > cells.length * MAX_LOAD) {
        cells = new Uint32Array(Math.ceil(cells.length * GROWTH));
        for (let other = 0; other < id; other++) put(keyOf(other), other);
      }
      put(key, id);
      return id;
    },
  };
}
