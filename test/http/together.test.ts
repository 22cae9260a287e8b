// Pieces of a large body that are put together: all of them, in order, and none of them late.

import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { expect, it } from "vitest";
import { TOGETHER, together } from "../../src/http/wire/together.ts";
import { body } from "../support/rude.ts";

it("whatever the pieces, the same bytes come in the same order, 64 KiB at most at a time", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3 * TOGETHER), { maxLength: 8 }), (lengths) => {
      const pieces = lengths.map((length, i) => body(length, i));
      const taken: Buffer[] = [];
      const { add, flush } = together((bytes) => taken.push(Buffer.from(bytes)));
      for (const piece of pieces) add(piece);
      flush();
      expect(taken.every(({ length }) => length > 0 && length <= TOGETHER)).toBe(true);
      expect(taken.length).toBe(Math.ceil(lengths.reduce((sum, length) => sum + length, 0) / TOGETHER));
      expect(Buffer.concat(taken).equals(Buffer.concat(pieces))).toBe(true);
    }),
    { numRuns: 50 },
  );
});

it("what is not full comes at the end of the turn, once, and not if it is forgotten", async () => {
  const taken: string[] = [];
  const { add, clear } = together((bytes) => taken.push(`${bytes}`));
  add(Buffer.from("a"));
  add(Buffer.from("b"));
  expect(taken).toEqual([]);
  await turn();
  expect(taken).toEqual(["ab"]);
  add(Buffer.from("c"));
  clear();
  await turn();
  expect(taken).toEqual(["ab"]);
});
