// The axes of the page: ticks that people read easily, at the right places.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesText, durationText } from "../../../src/report/format.ts";
import { type Axis, byteAxis, countLabel, linearAxis, logAxis, timeAxis } from "../../../src/report/page/axes.ts";

const START = Date.UTC(2026, 10, 29, 22, 41, 7, 250);
const labels = ({ ticks }: Axis) => ticks.map(({ label }) => label).join(" | ");

describe("an axis", () => {
  it.each([
    [180, "0 | 20 ms | 40 ms | 60 ms | 80 ms | 100 ms | 120 ms | 140 ms | 160 ms | 180 ms"],
    [4500, "0 | 500 ms | 1 s | 1.5 s | 2 s | 2.5 s | 3 s | 3.5 s | 4 s | 4.5 s"],
    [50_000, "0 | 10 s | 20 s | 30 s | 40 s | 50 s"],
    [150_000, "0 | 30 s | 1 min | 1 min 30 s | 2 min | 2 min 30 s"],
    [900_000, "0 | 2 min | 4 min | 6 min | 8 min | 10 min | 12 min | 14 min"],
  ])("of %i ms is the time since the start", (ms, expected) => {
    expect(labels(timeAxis(START, START + ms))).toBe(expected);
  });

  it.each([
    [2 * 3600, "22:45 | 23:00 | 23:15 | 23:30 | 23:45 | Nov 30 | 00:15 | 00:30"],
    [3 * 86_400, "Nov 30 | 12:00 | Dec 1 | 12:00 | Dec 2 | 12:00"],
  ])("of %i s is the time of day", (seconds, expected) => {
    expect(labels(timeAxis(START, START + seconds * 1000))).toBe(expected);
  });

  it("of bytes has ticks at powers of two", () => {
    expect(labels(byteAxis(100, 5_000_000, bytesText))).toBe("1.0 KiB | 32.0 KiB | 1.0 MiB");
    expect(labels(byteAxis(700, 5000, bytesText))).toBe("1.0 KiB | 2.0 KiB | 4.0 KiB");
    expect(labels(linearAxis(7.9 * 1024 ** 2, bytesText, 2, 1024 ** 2))).toBe("0 | 5.0 MiB | 10.0 MiB");
  });

  it("of durations has ticks at powers of ten, or more where there are few", () => {
    expect(labels(logAxis(0.5, 60_000, durationText))).toBe("1 ms | 10 ms | 100 ms | 1.0 s | 10.0 s");
    expect(labels(logAxis(8, 300, durationText))).toBe("10 ms | 20 ms | 50 ms | 100 ms | 200 ms");
    expect(labels(logAxis(105, 190, durationText))).toBe("120 ms | 140 ms | 160 ms | 180 ms");
  });

  it("of counts has short labels", () => {
    expect(labels(linearAxis(9000, countLabel))).toBe("0 | 5,000 | 10 k");
    expect(labels(linearAxis(2_100_000, countLabel, 5))).toBe("0 | 500 k | 1 M | 1.5 M | 2 M | 2.5 M");
  });

  it("places any value it covers between its ends, with at most eleven ticks there", () => {
    const axes = fc
      .tuple(fc.double({ min: 0.001, max: 1e9, noNaN: true }), fc.double({ min: 1, max: 1e6, noNaN: true }))
      .map(([least, factor]) => ({ least, most: least * factor }));
    fc.assert(
      fc.property(axes, fc.double({ min: 0, max: 1, noNaN: true }), ({ least, most }, share) => {
        const value = least + share * (most - least);
        for (const axis of [
          logAxis(least, most, String),
          byteAxis(least, most, String),
          linearAxis(most, String),
          timeAxis(0, Math.ceil(most)),
        ]) {
          expect(axis.place(value)).toBeGreaterThanOrEqual(-1e-9);
          expect(axis.place(value)).toBeLessThanOrEqual(1 + 1e-9);
          expect(axis.ticks.length).toBeLessThanOrEqual(11);
          for (const { at } of axis.ticks) expect(Math.abs(at - 0.5)).toBeLessThanOrEqual(0.5 + 1e-9);
        }
      }),
    );
  });
});
