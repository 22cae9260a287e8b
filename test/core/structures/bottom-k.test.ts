// The k smallest of a stream, against sorting.
import fc from "fast-check";
import { expect, it } from "vitest";
import { bottomK } from "../../../src/core/structures/bottom-k.ts";

it("bottom-k keeps what sorting puts first, in any order of the stream", () => {
  const ranks = fc.uniqueArray(fc.tuple(fc.nat(5), fc.nat(1000)), { selector: String, minLength: 30, maxLength: 200 });
  fc.assert(
    fc.property(ranks, fc.integer({ min: 1, max: 50 }), (all, k) => {
      const kept = bottomK<string>(k);
      for (const [key, tie] of all) if (kept.accepts(key, tie)) kept.add(key, tie, `${key} ${tie}`);
      const sorted = all.toSorted(([a, x], [b, y]) => a - b || x - y);
      expect(kept.items()).toEqual(sorted.slice(0, k).map((rank) => rank.join(" ")));
    }),
  );
});
