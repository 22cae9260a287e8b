// A set of very many texts that keeps none of them, but 64 bits of keyed hash each.

import { newKey, textHash } from "./keyed-hash.ts";

/** 12 to 24 bytes a text. That it takes a text for another is a chance of 3e-8 among a million. */
export interface FingerprintSet {
  /** False where it is there already. */
  add(text: string): boolean;
  has(text: string): boolean;
}

/** Cells in use of all, before there are twice as many. */
const FULL = 2 / 3;

export function fingerprintSet(): FingerprintSet {
  const keys = [newKey(), newKey()] as const;
  /** Two words a cell; the second is 0 where there is nothing. */
  let cells = new Uint32Array(2 * 1024);
  let size = 0;

  /** Where these words are, or are to be. */
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
      if (2 * ++size > cells.length * FULL) grow();
      return true;
    },
    has(text) {
      return cells[2 * cellOf(...hashes(text)) + 1] !== 0;
    },
  };
}
