// A set of strings that stores a 64-bit keyed hash of each instead of the string.

import { newKey, textHash } from "./keyed-hash.ts";

/** Uses 12 to 24 bytes per string. The probability of any false match among a million strings is 3e-8. */
export interface FingerprintSet {
  /** False if the string is already in the set. */
  add(text: string): boolean;
  has(text: string): boolean;
}

/** Load factor at which the table doubles. */
const MAX_LOAD = 2 / 3;

export function fingerprintSet(): FingerprintSet {
  const keys = [newKey(), newKey()] as const;
  /** Two words per cell; the second is 0 in an empty cell. */
  let cells = new Uint32Array(2 * 1024);
  let size = 0;

  /** The cell that holds these words, or the empty one for them. */
  const cellOf = (one: number, other: number): number => {
    const last = cells.length / 2 - 1;
    for (let cell = one & last; ; cell = (cell + 1) & last) {
      const second = cells[2 * cell + 1];
      if (second === 0 || (second === other && cells[2 * cell] === one)) return cell;
    }
  };
  const put = (cell: number, one: number, other: number) => {
    cells[2 * cell] = one;
    cells[2 * cell + 1] = other;
  };
  const grow = () => {
    const before = cells;
    cells = new Uint32Array(2 * before.length);
    for (let at = 0; at < before.length; at += 2) {
      const [one = 0, other = 0] = [before[at], before[at + 1]];
      if (other !== 0) put(cellOf(one, other), one, other);
    }
  };
  const hashes = (text: string) => [textHash(text, keys[0]), textHash(text, keys[1]) || 1] as const;

  return {
    add(text) {
      const [one, other] = hashes(text);
      const cell = cellOf(one, other);
      if (cells[2 * cell + 1] !== 0) return false;
      put(cell, one, other);
      if (2 * ++size > cells.length * MAX_LOAD) grow();
      return true;
    },
    has(text) {
      return cells[2 * cellOf(...hashes(text)) + 1] !== 0;
    },
  };
}
