// The body of every page: a piece of one random block, so that neither the servers nor the comparison take time to make it.

import { body } from "../../support/rude/content.ts";

const SPARE_BYTES = 1_048_576;

/** Returns the bodies of pages of at most `maxBytes`; no two pages of one plan have the same. */
export function bodies(maxBytes: number, seed: number): (n: number, bytes: number) => Buffer {
  const block = body(maxBytes + SPARE_BYTES, seed);
  return (n, bytes) => {
    const from = Math.imul(n, 61) % SPARE_BYTES;
    return block.subarray(from, from + bytes);
  };
}
