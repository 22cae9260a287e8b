// Times of records, against Date.
import fc from "fast-check";
import { expect, it } from "vitest";
import { parseIsoTime } from "../../../src/core/text/iso-time.ts";

it("a time in the form of toISOString is parsed as Date does", () => {
  const dates = fc.date({
    min: new Date("0000-01-01T00:00:00.000Z"),
    max: new Date("9999-12-31T23:59:59.999Z"),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(dates, (date) => {
      expect(parseIsoTime(date.toISOString())).toBe(date.getTime());
    }),
  );
});

it.each([
  "",
  "2026-01-01",
  "2026-01-01T00:00:00Z",
  "2026-01-01T00:00:00.000",
  "2026-01-01T00:00:00.000Z ",
  "2026-01-01T24:00:00.000Z",
  "2026-01-01T23:60:00.000Z",
  "2026-01-01T23:59:60.000Z",
  "2026-02-30T00:00:00.000Z",
  "2026-13-01T00:00:00.000Z",
  "2026-00-10T00:00:00.000Z",
  "+012026-01-01T00:00:00.000Z",
])("%s is no time of a record", (text) => {
  expect(parseIsoTime(text)).toBeNaN();
});
