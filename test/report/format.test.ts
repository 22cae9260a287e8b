// Formatting of counts, rates, sizes and durations.
import fc from "fast-check";
import { expect, it } from "vitest";
import { bytesText, durationText, paint, thousands, timesText } from "../../src/report/format.ts";

it.each([
  [0, "0"],
  [999, "999"],
  [1000, "1,000"],
  [1_234_567, "1,234,567"],
  [12.6, "13"],
  [1e15, "1,000,000,000,000,000"],
])("the count %d is %s", (count, text) => {
  expect(thousands(count)).toBe(text);
});

it("a formatted count can be parsed back to the count", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (count) => {
      expect(thousands(count)).toMatch(/^\d{1,3}(,\d{3})*$/);
      expect(Number(thousands(count).replaceAll(",", ""))).toBe(count);
    }),
  );
});

it.each([
  [0, "0 B"],
  [1, "1 B"],
  [1023, "1023 B"],
  [1024, "1.0 KiB"],
  [1536, "1.5 KiB"],
  [102_400, "100 KiB"],
  [1_048_576, "1.0 MiB"],
  [1_073_741_824, "1.0 GiB"],
  [1024 ** 4 * 2.5, "2.5 TiB"],
  [1024 ** 6, "1024 PiB"],
  [0.4, "0 B"],
])("%d bytes are %s", (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

it("a formatted size is below 1024 of its unit, if there is a larger unit", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.double({ min: 0.99, max: 1, noNaN: true }), (power, nearly) => {
      expect(bytesText(nearly * 1024 ** power)).not.toMatch(/^1024 /);
    }),
  );
});

it.each([
  [0, "0.00 ms"],
  [0.234, "0.23 ms"],
  [1, "1 ms"],
  [40.4, "40 ms"],
  [999.4, "999 ms"],
  [999.6, "1.0 s"],
  [5100, "5.1 s"],
  [59_940, "59.9 s"],
  [59_960, "1 min 0 s"],
  [200_000, "3 min 20 s"],
  [3_599_600, "1 h 0 min"],
  [7_500_000, "2 h 5 min"],
  [172_799_000, "2 d 0 h"],
  [273_600_000, "3 d 4 h"],
])("%d ms are %s", (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

it("a formatted duration never has 60 seconds, 60 minutes or 24 hours beside a larger unit", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (ms) => {
      expect(durationText(ms)).not.toMatch(/ (60 s|60 min|24 h)$|^(60\.0 s|1000 ms)$/);
    }),
    { numRuns: 1000 },
  );
});

it("text is coloured only if colour is on", () => {
  for (const colour of Object.values(paint(false))) expect(colour("text")).toBe("text");
  for (const colour of Object.values(paint(true))) expect(colour("text")).toMatch(/^\u001b\[\d+mtext\u001b\[0m$/);
});

it("a count of times has its noun in the singular for one alone", () => {
  expect([0, 1, 2, 1234].map(timesText)).toEqual(["0 times", "1 time", "2 times", "1,234 times"]);
});
