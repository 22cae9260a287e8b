// The bodies of pages: slices of one random block, which cost neither the servers nor the comparison any time.

import { body } from "../../support/rude/content.ts";

const SPARE_BYTES = 1_048_576;

/** Returns a function for the distinct bodies of pages of at most `maxBytes`. */
export function bodies(maxBytes: number, seed: number): (n: number, bytes: number) => Buffer {
  const block = body(maxBytes + SPARE_BYTES, seed);
  return (n, bytes) => {
    const from = Math.imul(n, 61) % SPARE_BYTES;
    return block.subarray(from, from + bytes);
  };
}
