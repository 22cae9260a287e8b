// When a finished run counts as failed.
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
  ["5%", 5, 100, false],
  ["5%", 6, 100, true],
  ["5%", 1, 19, true],
  ["5%", 0, 0, false],
  ["0%", 0, 10, false],
  ["0%", 1, 1_000_000, true],
  ["0.5%", 5, 1000, false],
  ["0.5%", 6, 1000, true],
  ["33%", 33, 100, false],
  ["100%", 10, 10, false],
];

it.each(rows)("by --fail-on %s, %i failed of %i is a failed run: %s", (limit, failed, finished, fails) => {
  expect(parseFailOn(limit)?.(failed, finished)).toBe(fails);
});

it.each(["", " ", "all", "ANY", "0", "-1", "1.5", "1e3", "101%", "-5%", "%", "5 %", "5%%", "Infinity", "constructor"])(
  "%j is no limit",
  (limit) => {
    expect(parseFailOn(limit)).toBeUndefined();
  },
);
