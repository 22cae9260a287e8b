// The hash table with chaining, compared with an array.
import fc from "fast-check";
import { expect, it } from "vitest";
import { hashChains } from "../../../src/journal/tables/hash-chains.ts";

it("hash chains find the number of a hash that was added last and is wanted, after any additions and deletions", () => {
  const hash = fc.constantFrom(0, 1, 1024, 2048, 4_294_967_295);
  const step = fc.record({ what: fc.constantFrom("add", "add", "add", "delete", "find"), hash, n: fc.nat({ max: 9 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.boolean(), (steps, isFull) => {
      const numbers = hashChains();
      const model: { readonly hash: number; readonly n: number }[] = [];
      const add = (hash: number, n: number) => {
        numbers.add(hash, n);
        model.unshift({ hash, n });
      };
      // More than the initial capacity.
      if (isFull) for (let n = 0; n < 1100; n++) add(n, 100 + n);
      for (const { what, hash, n } of steps) {
        if (what === "add") add(hash, n);
        else if (what === "delete") {
          numbers.delete(hash, n);
          const at = model.findIndex((one) => one.hash === hash && one.n === n);
          if (at >= 0) model.splice(at, 1);
        } else {
          const isWanted = (one: number) => one % 2 === n % 2;
          expect(numbers.find(hash, isWanted)).toBe(model.find((one) => one.hash === hash && isWanted(one.n))?.n);
        }
      }
    }),
    { numRuns: 300 },
  );
});
