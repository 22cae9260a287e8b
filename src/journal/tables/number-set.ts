// A set of line numbers: a bit per line for dense numbers, at most some 30 bytes for sparse ones.

import { keyTable } from "./key-table.ts";

/** Consecutive numbers per block. */
const BLOCK_NUMBERS = 64;

export interface NumberSet {
  /** False if the number is already in the set. */
  add(n: number): boolean;
}

export function numberSet(): NumberSet {
  /** Of each block: its first number, divided by 64. */
  let keys = new Float64Array(1024);
  /** Of each block: the bits of its numbers, in two words. */
  let bits = new Uint32Array(2 * keys.length);
  let blocks = 0;
  const ids = keyTable((id) => keys[id] ?? 0);
  // A cache of the last block: lines finish nearly in order.
  let lastKey = -1;
  let lastId = -1;

  const idOf = (key: number): number => {
    if (key === lastKey) return lastId;
    lastKey = key;
    lastId = ids.of(key);
    if (lastId >= 0) return lastId;
    if (blocks === keys.length) grow();
    keys[blocks++] = key;
    lastId = ids.add(key);
    return lastId;
  };
  const grow = () => {
    const [before, bitsBefore] = [keys, bits];
    keys = new Float64Array(2 * before.length);
    bits = new Uint32Array(2 * bitsBefore.length);
    keys.set(before);
    bits.set(bitsBefore);
  };

  return {
    add(n) {
      const word = 2 * idOf(Math.floor(n / BLOCK_NUMBERS)) + ((n % BLOCK_NUMBERS) >>> 5);
      const bit = 1 << (n & 31);
      const before = bits[word] ?? 0;
      bits[word] = before | bit;
      return (before & bit) === 0;
    },
  };
}
