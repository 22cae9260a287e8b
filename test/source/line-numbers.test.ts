// Whose number is whose: exact as long as there are few gaps, and cheap where there is nothing to know.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lineNumbers } from "../../src/source/line-numbers.ts";

describe("numbers of lines", () => {
  it("are taken by the first line that has them, whether it is its own or given", () => {
    const line = fc.oneof(
      { weight: 4, arbitrary: fc.constant("own" as const) },
      fc.constant("blank" as const),
      fc.nat({ max: 30 }),
      fc.maxSafeNat().map((n) => n % 1_000_000_000_000_000),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
        const taken = lineNumbers();
        const owners = new Map<number, number>();
        for (const [i, what] of lines.entries()) {
          if (what === "blank") continue;
          const place = i + 1;
          const n = what === "own" ? place : what;
          expect(taken.claim(n, place)).toBe(owners.get(n));
          if (!owners.has(n)) owners.set(n, place);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("that are given are all remembered, however many there are", () => {
    const taken = lineNumbers();
    const given = (place: number) => 1_000_000 + place * 7919;
    for (let place = 1; place <= 50_000; place++) expect(taken.claim(given(place), place)).toBeUndefined();
    for (let place = 1; place <= 50_000; place += 997) expect(taken.claim(given(place), 60_000)).toBe(place);
    expect(taken.claim(999_999_999_999_999, 60_001)).toBeUndefined();
  });

  it("of a list with many blank lines are all its lines' own: a blank line's counts as taken then", () => {
    const taken = lineNumbers();
    for (let place = 1; place <= 100_001; place += 2) expect(taken.claim(place, place)).toBeUndefined();
    expect(taken.claim(2, 100_002)).toBeUndefined(); // told apart so far
    expect(taken.claim(99_999, 100_003)).toBe(99_999);
    expect(taken.claim(100_000, 100_004)).toBe(100_000);
    expect(taken.claim(100_005, 100_006)).toBeUndefined();
  });
});
