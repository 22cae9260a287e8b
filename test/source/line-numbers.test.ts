// The numbers of lines: duplicates are found exactly while there are few gaps.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lineNumbers } from "../../src/source/line-numbers.ts";

describe("numbers of lines", () => {
  it("belong to the first line that has them, by its place or given", () => {
    const line = fc.oneof(
      { weight: 4, arbitrary: fc.constant("own" as const) },
      fc.constant("blank" as const),
      fc.nat({ max: 30 }),
      fc.maxSafeNat().map((n) => n % 1_000_000_000_000_000),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
        const numbers = lineNumbers();
        const owners = new Map<number, number>();
        for (const [i, what] of lines.entries()) {
          if (what === "blank") continue;
          const place = i + 1;
          const n = what === "own" ? place : what;
          expect(numbers.claim(n, place)).toBe(owners.get(n));
          if (!owners.has(n)) owners.set(n, place);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("that are given are all found again, for any number of them", () => {
    const numbers = lineNumbers();
    const given = (place: number) => 1_000_000 + place * 7919;
    for (let place = 1; place <= 50_000; place++) expect(numbers.claim(given(place), place)).toBeUndefined();
    for (let place = 1; place <= 50_000; place += 997) expect(numbers.claim(given(place), 60_000)).toBe(place);
    expect(numbers.claim(999_999_999_999_999, 60_001)).toBeUndefined();
  });

  it("include those of blank lines after 4,096 gaps", () => {
    const numbers = lineNumbers();
    for (let place = 1; place <= 100_001; place += 2) expect(numbers.claim(place, place)).toBeUndefined();
    expect(numbers.claim(2, 100_002)).toBeUndefined(); // within the first gaps
    expect(numbers.claim(99_999, 100_003)).toBe(99_999);
    expect(numbers.claim(100_000, 100_004)).toBe(100_000);
    expect(numbers.claim(100_005, 100_006)).toBeUndefined();
  });
});
