// Space saving: the counts of any stream are right to within their errors, and frequent keys are not lost.
import assert from "node:assert";
import fc from "fast-check";
import { expect, it } from "vitest";
import { heavyHitters } from "../../../src/core/structures/heavy-hitters.ts";

/** Keys of which the first are frequent, in any order. */
const stream = fc.array(
  fc.tuple(fc.nat(40), fc.nat(40)).map(([a, b]) => `h${Math.min(a, b)}`),
  { maxLength: 600 },
);

it("counts of heavy hitters are right to within their errors, and a key of more than n / k has a counter", () => {
  fc.assert(
    fc.property(stream, fc.integer({ min: 1, max: 30 }), (keys, capacity) => {
      const taken = new Set<number>();
      const hitters = heavyHitters(capacity, (counter) => taken.add(counter));
      for (const key of keys) hitters.add(key);
      const truly = new Map<string, number>();
      for (const key of keys) truly.set(key, (truly.get(key) ?? 0) + 1);
      for (const [key, count] of truly) {
        const counter = hitters.counterOf(key);
        if (counter < 0) {
          assert(count <= keys.length / capacity);
          assert(count <= hitters.maxUncounted());
        } else {
          assert.equal(hitters.keyOf(counter), key);
          assert(hitters.countOf(counter) >= count);
          assert(hitters.countOf(counter) - hitters.errorOf(counter) <= count);
          assert(hitters.errorOf(counter) <= keys.length / capacity);
          if (!taken.has(counter)) assert.equal(hitters.errorOf(counter), 0);
        }
      }
      if (truly.size <= capacity) assert.equal(hitters.maxUncounted(), 0);
      const largest = hitters.largest(5).map((counter) => hitters.countOf(counter));
      const all = hitters.largest(1000).map((counter) => hitters.countOf(counter));
      assert.deepEqual(largest, [...all].sort((a, b) => b - a).slice(0, 5));
      assert.equal(all.length, Math.min(capacity, truly.size));
    }),
    { numRuns: 300 },
  );
});

it("a key that has become frequent keeps its counter", () => {
  const hitters = heavyHitters(3);
  for (const key of ["a", "b", "c", "d", ..."bbbbb", "e", "f"]) hitters.add(key);
  const counter = hitters.counterOf("b");
  expect([hitters.countOf(counter), hitters.errorOf(counter)]).toEqual([6, 0]);
});
