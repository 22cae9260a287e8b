// Retry-After and HTTP dates: as functions, and with a server.

import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { isFailure } from "../../../src/core/failure.ts";
import { httpDate } from "../../../src/core/http/http-date.ts";
import type { Get } from "../../../src/core/ports.ts";
import { retryAfterMs } from "../../../src/http/semantics/retry-after.ts";
import { testGet } from "../../support/get.ts";
import { own, ownRudeServer } from "../../support/own.ts";

const NOW_MS = Date.UTC(1994, 10, 6, 8, 49, 37);
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

describe("httpDate", () => {
  it.each(["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"])(
    "reads %s",
    (text) => expect(httpDate(text, NOW_MS)).toBe(NOW_MS),
  );

  it.each([
    "",
    "0",
    "-1",
    "tomorrow",
    "1994-11-06T08:49:37Z",
    "06 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:37",
    "Sun, 06 Nov 1994 08:49:37 CET",
    "Sun, 06 Nov 1994 08:49:37 +0100",
    "Sun, 06 Nov 1994 24:00:00 GMT",
    "Sun, 06 Nov 1994 08:60:00 GMT",
    "Sun, 06 Nov 1994 08:49:61 GMT",
    "Sun, 31 Nov 1994 08:49:37 GMT",
    "Sun, 00 Nov 1994 08:49:37 GMT",
    "Sun, 06 Foo 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:37 GMT and more",
  ])('"%s" is no date', (text) => expect(httpDate(text, NOW_MS)).toBeUndefined());

  it("reads a leap second as the next second", () => {
    expect(httpDate("Sat, 31 Dec 2016 23:59:60 GMT", NOW_MS)).toBe(Date.UTC(2017, 0, 1));
  });

  it("reads two digits as a year at most 50 ahead (RFC 9110 section 5.6.7)", () => {
    const year = (digits: string) =>
      new Date(httpDate(`Sunday, 06-Nov-${digits} 08:49:37 GMT`, NOW_MS) ?? 0).getUTCFullYear();
    expect([year("44"), year("45"), year("00"), year("95")]).toEqual([2044, 1945, 2000, 1995]);
    const inTheTwenties = (digits: string) =>
      new Date(httpDate(`Sunday, 06-Nov-${digits} 08:49:37 GMT`, Date.UTC(2026, 0)) ?? 0).getUTCFullYear();
    expect([inTheTwenties("76"), inTheTwenties("77"), inTheTwenties("26")]).toEqual([2076, 1977, 2026]);
  });

  it("reads every second of the years 0 to 9999 in the preferred form, and of the near ones in all forms", () => {
    const [min = 0, max = 0] = ["0000-01-01", "9999-12-31"].map((day) => Date.parse(day) / 1000);
    fc.assert(
      fc.property(fc.integer({ min, max }), (s) => {
        expect(httpDate(new Date(s * 1000).toUTCString(), NOW_MS)).toBe(s * 1000);
      }),
    );
    const near = fc.integer({ min: Date.UTC(1950, 0) / 1000, max: Date.UTC(2040, 0) / 1000 });
    fc.assert(
      fc.property(near, (s) => {
        const date = new Date(s * 1000);
        const [, day = "", month = "", year = "", time = ""] = date.toUTCString().split(" ");
        const weekday = DAYS[date.getUTCDay()] ?? "";
        expect(httpDate(`${weekday}, ${day}-${month}-${year.slice(2)} ${time} GMT`, NOW_MS)).toBe(s * 1000);
        expect(httpDate(`${weekday.slice(0, 3)} ${month} ${day.replace(/^0/, " ")} ${time} ${year}`, NOW_MS)).toBe(
          s * 1000,
        );
      }),
    );
  });
});

describe("retryAfterMs", () => {
  it.each<[string | undefined, number | undefined]>([
    ["0", 0],
    ["2", 2000],
    ["0120", 120_000],
    ["Sun, 06 Nov 1994 08:49:39 GMT", 2000],
    ["Sunday, 06-Nov-94 08:50:37 GMT", 60_000],
    ["Sun, 06 Nov 1994 08:49:37 GMT", undefined],
    ["Sun, 06 Nov 1994 08:49:36 GMT", undefined],
    ["2592000", 2_592_000_000],
    ["0000000000000000000000000000000002", 2000],
    ["2592001", undefined],
    ["4294967296", undefined],
    ["18446744073709551615", undefined],
    ["9".repeat(400), undefined],
    ["Tue, 06 Dec 1994 08:49:37 GMT", 2_592_000_000],
    ["Tue, 06 Dec 1994 08:49:38 GMT", undefined],
    ["Fri, 31 Dec 9999 23:59:59 GMT", undefined],
    ["-1", undefined],
    ["+1", undefined],
    ["1.5", undefined],
    ["1e3", undefined],
    ["2 s", undefined],
    ["soon", undefined],
    ["", undefined],
    [undefined, undefined],
  ])("%s is %s ms", (value, expected) => expect(retryAfterMs(value, NOW_MS)).toBe(expected));

  it("is absent, or at most 30 days, for any value", () => {
    const digits = fc.bigInt({ min: 0n, max: 10n ** 400n }).map(String);
    const date = fc
      .date({ noInvalidDate: true, min: new Date(0), max: new Date("9999-12-31") })
      .map((d) => d.toUTCString());
    fc.assert(
      fc.property(fc.oneof(digits, date, fc.string({ unit: "binary" })), (value) => {
        const waitMs = retryAfterMs(value, NOW_MS);
        if (waitMs === undefined) return;
        expect(waitMs).toBeGreaterThanOrEqual(0);
        expect(waitMs).toBeLessThanOrEqual(30 * 24 * 3_600_000);
      }),
    );
  });
});

describe("Retry-After of a server", () => {
  const server = ownRudeServer();
  let get: Get;
  beforeEach(() => {
    get = own(testGet());
  });
  const asked = (value: string, name = "status/503") => {
    const path = `/${name}?header=${encodeURIComponent(`Retry-After: ${value}`)}`;
    return get.fetch(new URL(path, server.origin));
  };

  it.each(["status/429", "status/503", "status/404", "status/304", "status-stall/503", "status-endless/503"])(
    "is in the failure of %s, however its body ends",
    async (name) => expect(await asked("7", name)).toMatchObject({ error: "http_status", retryAfterMs: 7000 }),
  );

  it("is in the failure of an answer whose body is too long to be read to its end", async () => {
    const path = "/status/503?bytes=20000&header=Retry-After:%207";
    expect(await get.fetch(new URL(path, server.origin))).toMatchObject({ retryAfterMs: 7000 });
  });

  it("as a date is in the failure as the time until then", async () => {
    const atMs = (Math.floor(Date.now() / 1000) + 3600) * 1000;
    const beforeMs = Date.now();
    const failure = await asked(new Date(atMs).toUTCString());
    const afterMs = Date.now();
    const waitMs = isFailure(failure) ? (failure.retryAfterMs ?? Number.NaN) : Number.NaN;
    expect(waitMs).toBeGreaterThanOrEqual(atMs - afterMs);
    expect(waitMs).toBeLessThanOrEqual(atMs - beforeMs);
  });

  it.each([
    "junk",
    "-5",
    "Sun, 06 Nov 1994 08:49:37 GMT",
    "31536000000",
    "99999999999999999999",
    "Fri, 31 Dec 9999 23:59:59 GMT",
  ])("a value of %s is ignored", async (value) => {
    const failure = await asked(value);
    expect(failure).toMatchObject({ error: "http_status" });
    expect(failure).not.toHaveProperty("retryAfterMs");
  });
});
