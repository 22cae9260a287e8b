// What people type for times, sizes and counts, and what is refused with the way to write it.
import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import { duration, size, whole } from "../../src/cli/units.ts";

describe("a duration", () => {
  it.each([
    ["500ms", 500],
    ["10s", 10_000],
    ["10", 10_000],
    ["0.5", 500],
    ["1.5m", 90_000],
    ["2h", 7_200_000],
    ["1d", 86_400_000],
    ["24d", 2_073_600_000],
    [" 10s ", 10_000],
  ])("of %j is %i ms", (text, ms) => {
    expect(duration(text)).toBe(ms);
  });

  it.each([
    "",
    "s",
    "0",
    "0s",
    "-1s",
    "10 s",
    "10S",
    "1e3",
    "1,5s",
    ".5s",
    "5min",
    "10s5",
    "Infinity",
    "NaN",
    "constructor",
  ])("is not %j", (text) => {
    expect(() => duration(text)).toThrow(InvalidArgumentError);
    expect(() => duration(text)).toThrow("a duration such as 500ms, 10s, 5m or 2h");
  });

  it("is no longer than a timer can be: a longer one would fire at once", () => {
    expect(duration("2147483.647")).toBe(2 ** 31 - 1);
    for (const text of ["2147484", "25d", "1000h", "9".repeat(400)]) {
      expect(() => duration(text)).toThrow("longer than 24 days");
    }
  });
});

describe("a size", () => {
  it.each([
    ["0", 0],
    ["100", 100],
    ["10k", 10_240],
    ["10K", 10_240],
    ["1.5M", 1_572_864],
    ["2G", 2_147_483_648],
    ["1T", 1_099_511_627_776],
    ["10kB", 10_240],
    ["10KiB", 10_240],
    ["5b", 5],
    ["2 M", 2_097_152],
    ["0.3k", 307],
  ])("of %j is %i bytes", (text, bytes) => {
    expect(size(text)).toBe(bytes);
  });

  it.each(["", "k", "-1", "1e3", "10X", "10kk", "1.5.5M", "1,5M", "0x10", "9".repeat(20), "9".repeat(400), "none"])(
    "is not %j",
    (text) => {
      expect(() => size(text)).toThrow(InvalidArgumentError);
      expect(() => size(text)).toThrow("a size such as 500, 10k, 2M or 1G");
    },
  );
});

describe("a whole number", () => {
  it.each([
    ["1", 1],
    ["50", 50],
    ["10000", 10_000],
    [" 7 ", 7],
    ["007", 7],
  ])("of %j is %i", (text, number) => {
    expect(whole(1, 10_000)(text)).toBe(number);
  });

  it.each(["", "0", "-1", "10001", "1.5", "1e3", "0x10", "many", "NaN"])("between 1 and 10000 is not %j", (text) => {
    expect(() => whole(1, 10_000)(text)).toThrow(InvalidArgumentError);
    expect(() => whole(1, 10_000)(text)).toThrow("a whole number from 1 to 10000");
  });
});
