// The lines of the progress bar, word for word, in terminals of 40 to 200 columns.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { View } from "../../../src/core/ports.ts";
import { fitted, widthOf } from "../../../src/report/progress/fit.ts";
import { progressLine } from "../../../src/report/progress/progress-line.ts";
import { etaMs, movingRates } from "../../../src/report/progress/rates.ts";
import { slowedText, slowestLines } from "../../../src/report/progress/slowest.ts";
import { failed, saved } from "../../core/outcomes.ts";
import { NO_CONTROLS, viewOf } from "../view.ts";

const WIDTHS = [40, 80, 100, 200];
const SAVED = Array.from({ length: 1425 }, () => saved());
const FAILED = Array.from({ length: 485 }, () => failed());
const MIXED = viewOf([...SAVED, ...FAILED], {
  ...{ inFlight: 38, waiting: 1246, retrying: 12, elapsedMs: 4100 },
  receivedBytes: () => 12_500_000,
  total: () => ({ jobs: 20_231, exact: false }),
});
const RATES = { jobs: 504, bytes: 3_000_000 };

const MIB = 2 ** 20;
const LARGE = [1, 2, 3, 4, 5, 6].map((n) => ({
  job: { n, url: `https://mirror.example/pub/releases/2024/image-${n}.iso` },
  sinceMs: 0,
  bytes: 20 * MIB,
  wholeBytes: n === 6 ? undefined : n * 100 * MIB,
}));
const FEW = viewOf([], {
  ...{ inFlight: 6, elapsedMs: 12_000, transfers: () => LARGE, nowMs: () => 12_000 },
  open: new Map(LARGE.map(({ job, sinceMs }) => [job, sinceMs])),
  receivedBytes: () => 120 * MIB,
  total: () => ({ jobs: 6, exact: true }),
});
const SPEED = { jobs: 0, bytes: 10 * MIB };

const linesOf = (view: View, rates: typeof RATES, columns: number) => [
  progressLine(view, rates, columns - 1),
  ...slowestLines(view, columns - 1).map((line) => fitted(line, columns - 1)),
];

describe("the line of the bar", () => {
  it("of many URLs has the most important numbers in a narrow terminal, and more in a wide one", () => {
    expect(WIDTHS.flatMap((columns) => linesOf(MIXED, RATES, columns)).join("\n")).toMatchInlineSnapshot(`
      "1,910/~20,231 · 485 failed · ETA 36 s
      1,910/~20,231 · 485 failed · 504 URL/s · 11.9 MiB · 2.9 MiB/s · 4 s · ETA 36 s
      1,910/~20,231 · 9 % · 485 failed · 12 retrying · 504 URL/s · 11.9 MiB · 2.9 MiB/s · 4 s · ETA 36 s
      ███░░░░░░░░░░░░░░░░░░░░░░░░░░░ 1,910/~20,231 · 9 % · 1,425 saved · 485 failed · 12 retrying · 38 in flight · 1,234 waiting · 504 URL/s · 11.9 MiB · 2.9 MiB/s · 4 s · ETA 36 s"
    `);
  });

  it("of a few large bodies has the three slowest with their share below", () => {
    expect(WIDTHS.flatMap((columns) => linesOf(FEW, SPEED, columns)).join("\n")).toMatchInlineSnapshot(`
      "0/6 · 7 % · 120 MiB · 10.0 MiB/s · 12 s
        #5 4 % of 500 MiB  mirror…image-5.iso
        #4 5 % of 400 MiB  mirror…image-4.iso
        #3 6 % of 300 MiB  mirror…image-3.iso
      ██░░░░░░░░░░░░░░░░░░░░░░░ 0/6 · 7 % · 6 in flight · 120 MiB · 10.0 MiB/s · 12 s
        #5 4 % of 500 MiB, 12 s  https://mirror.example/pub/releases/2024/image-5.iso
        #4 5 % of 400 MiB, 12 s  https://mirror.example/pub/releases/2024/image-4.iso
        #3 6 % of 300 MiB, 12 s  https://mirror.example/pub/releases/2024/image-3.iso
      ██░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 0/6 · 7 % · 6 in flight · 120 MiB · 10.0 MiB/s · 12 s
        #5 4 % of 500 MiB, 12 s  https://mirror.example/pub/releases/2024/image-5.iso
        #4 5 % of 400 MiB, 12 s  https://mirror.example/pub/releases/2024/image-4.iso
        #3 6 % of 300 MiB, 12 s  https://mirror.example/pub/releases/2024/image-3.iso
      ██░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 0/6 · 7 % · 6 in flight · 120 MiB · 10.0 MiB/s · 12 s
        #5 4 % of 500 MiB, 12 s  https://mirror.example/pub/releases/2024/image-5.iso
        #4 5 % of 400 MiB, 12 s  https://mirror.example/pub/releases/2024/image-4.iso
        #3 6 % of 300 MiB, 12 s  https://mirror.example/pub/releases/2024/image-3.iso"
    `);
  });

  it("of a list that is all good, and of one of small bodies, has nothing that is not there", () => {
    const good = viewOf(SAVED, { ...MIXED, tally: viewOf(SAVED).tally, inFlight: 50, retrying: 0, waiting: 0 });
    const small = viewOf([], {
      ...{ inFlight: 50, waiting: 9_950, elapsedMs: 12_000, receivedBytes: () => 3_800_000 },
      total: () => ({ jobs: 50_000, exact: true }),
    });
    small.tally.saved = 38_000;
    const rates = { jobs: 3100, bytes: 310_000 };
    const lines = (view: View) => WIDTHS.flatMap((columns) => linesOf(view, rates, columns));
    expect([...lines(good), ...lines(small)].join("\n")).toMatchInlineSnapshot(`
      "1,425/~20,231 · 3,100 URL/s · ETA 6 s
      █░░░░░░░░░░░ 1,425/~20,231 · 3,100 URL/s · 11.9 MiB · 303 KiB/s · 4 s · ETA 6 s
      █░░░░░░░░░░ 1,425/~20,231 · 7 % · 50 in flight · 3,100 URL/s · 11.9 MiB · 303 KiB/s · 4 s · ETA 6 s
      ██░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 1,425/~20,231 · 7 % · 50 in flight · 3,100 URL/s · 11.9 MiB · 303 KiB/s · 4 s · ETA 6 s
      38,000/50,000 · 3,100 URL/s · ETA 4 s
      █████████░░░ 38,000/50,000 · 3,100 URL/s · 3.6 MiB · 303 KiB/s · 12 s · ETA 4 s
      ████████░░ 38,000/50,000 · 76 % · 50 in flight · 3,100 URL/s · 3.6 MiB · 303 KiB/s · 12 s · ETA 4 s
      ███████████████████████░░░░░░░ 38,000/50,000 · 76 % · 50 in flight · 3,100 URL/s · 3.6 MiB · 303 KiB/s · 12 s · ETA 4 s"
    `);
  });

  it("of a list of unknown length has what is done, and no drawing", () => {
    const view = { ...MIXED, total: () => undefined };
    expect(WIDTHS.flatMap((columns) => linesOf(view, RATES, columns)).join("\n")).toMatchInlineSnapshot(`
      "1,910 done · 485 failed · 504 URL/s
      1,910 done · 485 failed · 12 retrying · 504 URL/s · 11.9 MiB · 2.9 MiB/s · 4 s
      1,910 done · 485 failed · 12 retrying · 38 in flight · 504 URL/s · 11.9 MiB · 2.9 MiB/s · 4 s
      1,910 done · 1,425 saved · 485 failed · 12 retrying · 38 in flight · 1,234 waiting · 504 URL/s · 11.9 MiB · 2.9 MiB/s · 4 s"
    `);
  });

  it("has at most the columns, whatever the numbers are", () => {
    const numbers = fc.record({
      inFlight: fc.nat(10_000),
      waiting: fc.nat(10_000),
      retrying: fc.nat(10_000),
      elapsedMs: fc.nat(1e9),
    });
    fc.assert(
      fc.property(numbers, fc.integer({ min: 20, max: 250 }), fc.nat(1e9), (over, columns, jobs) => {
        const line = progressLine({ ...MIXED, ...over, total: () => ({ jobs, exact: false }) }, RATES, columns);
        expect(widthOf(line)).toBeLessThanOrEqual(columns);
        expect(line).toMatch(NO_CONTROLS);
      }),
    );
  });
});

describe("the lines below the bar", () => {
  it("have the oldest URLs at the end of the list, escaped and without passwords", () => {
    const open = new Map([4, 5, 6, 7].map((n) => [{ n, url: `http://me:secret@a/\u202e${n}` }, 1000 * n] as const));
    const total = () => ({ jobs: 4, exact: true });
    const view = viewOf([], { ...FEW, transfers: () => [], inFlight: 4, open, total });
    expect(slowestLines(view, 80).map((line) => fitted(line, 80))).toEqual([
      "  #4 in flight for 8 s  http://me:***@a/\\u{202e}4",
      "  #5 in flight for 7 s  http://me:***@a/\\u{202e}5",
      "  #6 in flight for 6 s  http://me:***@a/\\u{202e}6",
    ]);
    expect(slowestLines({ ...view, inFlight: 50, total: () => ({ jobs: 400, exact: true }) }, 80)).toEqual([]);
  });

  it("have no bodies that began just now, or that are a small part of what is in flight", () => {
    const total = () => ({ jobs: 100, exact: true });
    expect(slowestLines({ ...FEW, total }, 80)).toHaveLength(3);
    expect(slowestLines({ ...FEW, total, nowMs: () => 1900 }, 80)).toEqual([]);
    expect(slowestLines({ ...FEW, total, inFlight: 13 }, 80)).toEqual([]);
  });

  it("say what slowed a host, for ten seconds", () => {
    const slowed = { host: "example.org", error: "http_status", status: 503, atMs: 5000, hosts: 1 } as const;
    const at = (ms: number, more = {}) => slowedText({ ...MIXED, slowed: { ...slowed, ...more }, nowMs: () => ms });
    expect(at(5000)).toBe("example.org slowed: 503");
    expect(at(15_000, { hosts: 2, error: "connect_refused", status: undefined })).toBe(
      "example.org slowed: connection refused; 1 other host before",
    );
    expect(at(15_001)).toBeUndefined();
    expect(slowedText(MIXED)).toBeUndefined();
  });
});

describe("the time to the end", () => {
  it("follows from the rate, and once all URLs are in flight from their bodies", () => {
    expect(etaMs(viewOf(SAVED, { total: () => ({ jobs: 1525, exact: true }) }), { jobs: 10, bytes: 0 })).toBe(10_000);
    const lengths = LARGE.map((one) => ({ ...one, wholeBytes: 100 * MIB }));
    expect(etaMs({ ...FEW, transfers: () => lengths }, SPEED)).toBe(48_000);
    expect(etaMs(FEW, SPEED)).toBeUndefined(); // the length of one is not known
    expect(etaMs({ ...FEW, transfers: () => lengths.slice(1) }, SPEED)).toBeUndefined();
    expect(etaMs({ ...MIXED, total: () => undefined }, RATES)).toBeUndefined();
    const last = viewOf(SAVED, { retrying: 3, total: () => ({ jobs: 1428, exact: true }) });
    expect(etaMs(last, RATES)).toBeUndefined(); // all that is left waits for its next try
  });

  it("follows from the last seconds alone", () => {
    const view = { ...viewOf([]), elapsedMs: 0, receivedBytes: () => 0 };
    const rates = movingRates(5000);
    rates(view);
    for (let second = 1; second <= 20; second++) {
      view.elapsedMs = second * 1000;
      view.tally.saved += second <= 10 ? 100 : 10;
      const { jobs } = rates(view);
      if (second === 10) expect(jobs).toBe(100);
      if (second === 20) expect(jobs).toBe(10);
    }
  });
});
