// When a finished run counts as failed.
import fc from "fast-check";
import { expect, it } from "vitest";
import { parseFailOn } from "../../src/policy/fail-on.ts";

const rows: [limit: string, failed: number, finished: number, fails: boolean][] = [
  ["any", 0, 0, false],
  ["any", 0, 10, false],
  ["any", 1, 10, true],
  ["never", 10, 10, false],
  ["1", 0, 10, false],
  ["1", 1, 10, true],
  ["10", 9, 100, false],
  ["10", 10, 100, true],
  ["5", 4, 100, false],
  ["5", 5, 100, true],
  ["5", 5, 5, true],
  ["5%", 4, 100, false],
  ["5%", 5, 100, true],
  ["5%", 1, 20, true],
  ["5%", 1, 21, false],
  ["5%", 0, 0, false],
  ["0.5%", 4, 1000, false],
  ["0.5%", 5, 1000, true],
  ["1.1%", 11, 1000, true],
  ["1.1%", 10, 1000, false],
  ["33%", 32, 100, false],
  ["33%", 33, 100, true],
  ["100%", 9, 10, false],
  ["100%", 10, 10, true],
];

it.each(rows)("--fail-on %s with %i failed of %i: the run has failed: %s", (limit, failed, finished, fails) => {
  expect(parseFailOn(limit)?.(failed, finished)).toBe(fails);
});

it.each([
  "",
  " ",
  "all",
  "ANY",
  "0",
  "00",
  "0%",
  "0.0%",
  "-1",
  "1.5",
  "1e3",
  "101%",
  "-5%",
  "%",
  "5 %",
  "5%%",
  "Infinity",
  "constructor",
])("%j is no limit", (limit) => {
  expect(parseFailOn(limit)).toBeUndefined();
});

it("a number and a percentage are minimums, and any is 1", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.nat(100), (limit, failed) => {
      const decided = failed >= limit;
      expect(parseFailOn(`${limit}`)?.(failed, 100)).toBe(decided);
      expect(parseFailOn(`${limit}%`)?.(failed, 100)).toBe(decided);
      expect(parseFailOn("any")?.(failed, 100)).toBe(parseFailOn("1")?.(failed, 100));
    }),
  );
});

it("a percentage is exact, for any notation and any number of URLs", () => {
  const counts = fc.integer({ min: 1, max: 1_000_000_000 }).chain((all) => fc.tuple(fc.nat(all), fc.constant(all)));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000 }), counts, (thousandths, [failed, finished]) => {
      const decided = BigInt(failed) * 100_000n >= BigInt(thousandths) * BigInt(finished);
      expect(parseFailOn(`${thousandths / 1000}%`)?.(failed, finished)).toBe(decided && failed > 0);
    }),
    { numRuns: 1000 },
  );
});
