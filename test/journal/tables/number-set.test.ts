// The set of line numbers, against a Set.
import assert from "node:assert";
import fc from "fast-check";
import { it } from "vitest";
import { numberSet } from "../../../src/journal/tables/number-set.ts";

it("a set of numbers adds each once, dense or sparse, small or large", () => {
  const number = fc.oneof(fc.nat(300), fc.nat(1_000_000), fc.integer({ min: 0, max: 999_999_999_999_999 }));
  fc.assert(
    fc.property(fc.array(number, { maxLength: 500 }), (numbers) => {
      const [own, other] = [numberSet(), new Set<number>()];
      for (const n of numbers) {
        assert.equal(own.add(n), !other.has(n));
        other.add(n);
      }
    }),
  );
});

it("a set of 200,000 sparse numbers has each of them", () => {
  const numbers = numberSet();
  for (let i = 0; i < 200_000; i++) assert(numbers.add(i * 1_000_003));
  for (let i = 0; i < 200_000; i++) assert(!numbers.add(i * 1_000_003));
});
