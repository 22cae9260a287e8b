// Parsing of durations, sizes, rates, headers and limits; and the refusal of anything else, with an example.
import { describe, expect, it } from "vitest";
import {
  duration,
  failOn,
  header,
  maxFailures,
  perSecond,
  size,
  speed,
  statuses,
  ValueError,
  whole,
} from "../../../src/cli/command-line/units.ts";

describe("parsing a duration", () => {
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
  ])("reads %j as %i ms", (text, ms) => {
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
  ])("refuses %j", (text) => {
    expect(() => duration(text)).toThrow(ValueError);
    expect(() => duration(text)).toThrow("a duration such as 500ms, 10s, 5m or 2h");
  });

  it("accepts more than setTimeout's maximum, up to a year", () => {
    expect(duration("60d")).toBe(5_184_000_000);
    expect(duration("365d")).toBe(31_536_000_000);
    for (const text of ["366d", "31536001", "9".repeat(400)]) {
      expect(() => duration(text)).toThrow("a duration of 365 days at most");
    }
  });
});

describe("parsing a size", () => {
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
  ])("reads %j as %i bytes", (text, bytes) => {
    expect(size(text)).toBe(bytes);
  });

  it.each(["", "k", "-1", "1e3", "10X", "10kk", "1.5.5M", "1,5M", "0x10", "9".repeat(20), "9".repeat(400), "none"])(
    "refuses %j",
    (text) => {
      expect(() => size(text)).toThrow(ValueError);
      expect(() => size(text)).toThrow("a size such as 500, 10k, 2M or 1G");
    },
  );
});

describe("parsing a whole number", () => {
  it.each([
    ["1", 1],
    ["50", 50],
    ["10000", 10_000],
    [" 7 ", 7],
    ["007", 7],
  ])("reads %j as %i", (text, number) => {
    expect(whole(1, 10_000)(text)).toBe(number);
  });

  it.each(["", "0", "-1", "10001", "1.5", "1e3", "0x10", "many", "NaN"])(
    "refuses %j as a number from 1 to 10000",
    (text) => {
      expect(() => whole(1, 10_000)(text)).toThrow(ValueError);
      expect(() => whole(1, 10_000)(text)).toThrow("a whole number from 1 to 10000");
    },
  );
});

describe("parsing a rate", () => {
  it.each([
    ["5", 5],
    ["0.5", 0.5],
    ["10/s", 10],
    ["30/m", 0.5],
    ["36/h", 0.01],
    [" 7 ", 7],
  ])("reads %j as %d per second", (text, rate) => {
    expect(perSecond(text)).toBeCloseTo(rate, 12);
  });

  it.each(["", "0", "0/s", "-1", "1e3", "5/d", "5/ms", "5 /s", "/s", "5/", "5s", "1,5", ".5", "many", "0x10"])(
    "refuses %j",
    (text) => {
      expect(() => perSecond(text)).toThrow(ValueError);
      expect(() => perSecond(text)).toThrow("a rate such as 5, 0.5 or 30/m");
    },
  );
});

describe("parsing a speed", () => {
  it.each([
    ["1", 1],
    ["500k", 512_000],
    ["2M", 2_097_152],
    ["2M/s", 2_097_152],
    ["1.5MiB/s", 1_572_864],
    [" 10k/s ", 10_240],
  ])("reads %j as %i bytes per second", (text, bytes) => {
    expect(speed(text)).toBe(bytes);
  });

  it.each(["", "0", "0/s", "/s", "-1", "2M/m", "fast", "0.0001"])("refuses %j", (text) => {
    expect(() => speed(text)).toThrow(ValueError);
    expect(() => speed(text)).toThrow(/^a (speed|size) such as 500/);
  });
});

describe("parsing a header", () => {
  it("reads name and value, and adds it to earlier headers", () => {
    expect(header("Accept: text/*")).toEqual([["Accept", "text/*"]]);
    expect(header("B:2:3 ", [["A", "1"]])).toEqual([
      ["A", "1"],
      ["B", "2:3"],
    ]);
  });

  it("reads several headers, one per line", () => {
    expect(header("A: 1\n\n B: 2\n")).toEqual([
      ["A", "1"],
      ["B", "2"],
    ]);
  });

  it.each(["no colon", ": x", "A: 1\nno colon"])("refuses %j", (text) => {
    expect(() => header(text)).toThrow("a header is 'Name: value'");
  });
});

describe("parsing a limit of failures", () => {
  it("reads --fail-on as any, never, a number or a share", () => {
    expect([failOn("any")(1, 100), failOn("never")(100, 100), failOn("3")(2, 9), failOn("5%")(5, 100)]).toEqual([
      true,
      false,
      false,
      true,
    ]);
    for (const text of ["", "0", "0%", "some", "5 %", "101%"]) {
      expect(() => failOn(text)).toThrow("any, never, a number such as 10, or a share such as 5%");
    }
  });

  it("applies a number of --max-failures from the first URL on", () => {
    const enough = maxFailures("3");
    expect([enough(2, 2), enough(3, 3), enough(4, 1_000_000)]).toEqual([false, true, true]);
  });

  it("applies a share of --max-failures only from 100 finished URLs on", () => {
    const enough = maxFailures("5%");
    expect([enough(1, 1), enough(99, 99), enough(4, 100), enough(5, 100), enough(50, 1000)]).toEqual([
      false,
      false,
      false,
      true,
      true,
    ]);
  });

  it.each(["", "any", "never", "0", "0%", "-1", "x%", "5 %", "101%"])("refuses %j as --max-failures", (text) => {
    expect(() => maxFailures(text)).toThrow(ValueError);
    expect(() => maxFailures(text)).toThrow("a number such as 10, or a share such as 5%");
  });
});

describe("parsing HTTP statuses", () => {
  it.each([
    ["429", [429]],
    ["429,503", [429, 503]],
    [" 429 , 503 ", [429, 503]],
  ])("reads %j as %j", (text, codes) => {
    expect(statuses(text)).toEqual(codes);
  });

  it.each(["", ",", "429,", "5xx", "42", "4290", "600", "429;503", "429 503", "-429", "all"])("refuses %j", (text) => {
    expect(() => statuses(text)).toThrow(ValueError);
    expect(() => statuses(text)).toThrow("HTTP statuses with commas between, such as 429,503");
  });
});
