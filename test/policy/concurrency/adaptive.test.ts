// How many at a time, against simulated servers: a knee, latency that grows, refusals, a link, and those that change.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { adaptiveConcurrency } from "../../../src/policy/concurrency/adaptive.ts";
import { numbers } from "../../support/numbers.ts";
import { fixed, knee, linear, link, type Ran, type Server, shedding, simulate, slowed, warming } from "../simulated.ts";

const AUTO = { start: 8, most: 512 };
const MINUTE = 60_000;

const auto = (server: Server, more: { bytesEach?: number; supply?: number; forMs?: number } = {}) =>
  simulate({ server, governor: adaptiveConcurrency(AUTO.start, AUTO.most), forMs: MINUTE, ...more });

/** Milliseconds at more than `limit` at a time. */
function above(ran: Ran, limit: number): number {
  return [...ran.at].filter(([n]) => n > limit).reduce((sum, [, ms]) => sum + ms, 0);
}

describe("with a server that is no faster beyond 40 at a time", () => {
  it.each([1, 2, 3, 4, 5])(
    "settles near that, within a tenth of the best, and is never far over it for long (%i)",
    (seed) => {
      const ran = auto(knee(40, 50, numbers(seed)));
      expect(ran.perSecond).toBeGreaterThan(0.9 * 800);
      expect(ran.settledPerSecond).toBeGreaterThan(0.95 * 800);
      expect(above(ran, 60)).toBeLessThan(0.1 * MINUTE);
      expect(ran.found).toBeGreaterThanOrEqual(34);
      expect(ran.found).toBeLessThanOrEqual(60);
      expect(ran.reason).toMatch(/^\d+ were no faster(, \d+ slower)?$/);
    },
  );

  it("finds it where all answers take exactly as long, and come in waves", () => {
    const ran = auto(knee(40, 50));
    expect(ran.perSecond).toBeGreaterThan(0.9 * 800);
    expect(above(ran, 60)).toBeLessThan(0.1 * MINUTE);
  });

  it("finds it where an answer takes half a second", () => {
    const ran = auto(knee(40, 500, numbers(1)), { forMs: 3 * MINUTE });
    expect(ran.perSecond).toBeGreaterThan(0.9 * 80);
    expect(above(ran, 60)).toBeLessThan(0.2 * 3 * MINUTE);
  });

  it.each([1, 3, 200])("or beyond %i", (workers) => {
    const ran = auto(knee(workers, 50, numbers(1)));
    expect(ran.perSecond).toBeGreaterThan(0.9 * 20 * workers);
    expect(ran.found).toBeLessThanOrEqual(Math.max(2 * workers, 8));
  });
});

describe("with a server that takes longer the more there are", () => {
  it.each([1, 2, 3])("goes on while it is worth it, and no further (%i)", (seed) => {
    const fastest = simulate({ server: linear(50, 5), governor: fixed(AUTO.most), forMs: 10_000 }).perSecond;
    const ran = auto(linear(50, 5, numbers(seed)));
    expect(ran.perSecond).toBeGreaterThan(0.9 * fastest);
    expect(above(ran, 300)).toBe(0); // all of 512 would be 5 % faster, and take twice as long
  });
});

describe("with a server that refuses more than 60 at a time", () => {
  it.each([1, 2, 3])("stays just below, with few refusals (%i)", (seed) => {
    const ran = auto(shedding(60, 50, numbers(seed)));
    expect(ran.settledPerSecond).toBeGreaterThan(0.9 * 1200);
    expect(ran.perSecond).toBeGreaterThan(0.9 * 1200);
    expect(ran.lost / (ran.perSecond * 60)).toBeLessThan(0.01);
    expect(ran.found).toBeLessThanOrEqual(60);
    expect(ran.reason).toContain("too many for a server");
    expect(above(ran, 60)).toBeLessThan(0.02 * MINUTE);
  });

  it("goes down where it began with too many", () => {
    const ran = auto(shedding(5, 50, numbers(1)));
    expect(ran.settledPerSecond).toBeGreaterThan(0.9 * 100);
    expect(ran.found).toBeLessThanOrEqual(5);
    expect(ran.lost).toBeLessThan(60);
  });

  it("takes nothing away for losses that have nothing to do with it", () => {
    const random = numbers(7);
    const good = knee(40, 50, numbers(1));
    const ran = auto((nowMs, running) => ({ ...good(nowMs, running), lost: random() < 0.15 }));
    expect(ran.settledPerSecond).toBeGreaterThan(0.9 * 0.85 * 800);
  });
});

describe("over a link of fixed bandwidth", () => {
  it.each([
    ["100 KB", 100_000],
    ["10 MB", 10_000_000],
  ])("fills it with bodies of %s", (_, bytesEach) => {
    const ran = auto(link(10_000, bytesEach, 20), { bytesEach, forMs: 2 * MINUTE });
    expect(ran.settledPerSecond * bytesEach).toBeGreaterThan(0.9 * 10_000_000);
    expect(above(ran, 48)).toBeLessThan(0.1 * 2 * MINUTE);
  });
});

describe("in a run that is slow at first", () => {
  const warm = warming(4, 2500);

  it.each([
    [8, 4, 1],
    [8, 4, 2],
    [8, 20, 2],
    [40, 20, 1],
    [40, 20, 2],
  ])("does not take that for what more at a time bring (a knee at %i, %i ms each, %i)", (workers, ms, seed) => {
    const ran = auto(slowed(knee(workers, ms, numbers(seed)), warm));
    expect(ran.found).toBeLessThanOrEqual(1.5 * workers);
    expect(above(ran, 1.5 * workers)).toBeLessThan(0.25 * MINUTE);
    expect(ran.settledPerSecond).toBeGreaterThan((0.95 * 1000 * workers) / ms);
  });

  it.each([1, 2, 3])("does not go down to one because of a moment in which it was slower still (%i)", (seed) => {
    const times = (nowMs: number) => warm(nowMs) * (nowMs >= 400 && nowMs < 800 ? 2.5 : 1);
    const server = () => slowed(knee(8, 4, numbers(seed)), times);
    const forMs = MINUTE / 10;
    const best = simulate({ server: server(), governor: fixed(12), forMs });
    expect(auto(server(), { forMs }).perSecond).toBeGreaterThan(0.9 * best.perSecond);
  });
});

it("goes below 4 only where servers ask for less, however the machine wavers", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 1e6 }), (workers, seed) => {
      const random = numbers(seed);
      const factors = Array.from({ length: 200 }, () => 0.5 + random());
      const wavering = (nowMs: number) => factors[Math.floor(nowMs / 100) % factors.length] ?? 1;
      const ran = auto(slowed(knee(workers, 4, random), wavering), { forMs: MINUTE / 3 });
      expect(Math.min(...ran.steps)).toBeGreaterThanOrEqual(4);
      expect(ran.lost).toBe(0);
    }),
    { numRuns: 30 },
  );
});

describe("in a run that changes", () => {
  it("finds the new knee, up or down", () => {
    for (const [before, after] of [
      [40, 10],
      [10, 80],
    ] as const) {
      const [first, second] = [knee(before, 50, numbers(1)), knee(after, 50, numbers(2))];
      const server: Server = (nowMs, running) => (nowMs < MINUTE ? first : second)(nowMs, running);
      const ran = auto(server, { forMs: 5 * MINUTE });
      expect(ran.settledPerSecond).toBeGreaterThan(0.9 * after * 20);
      expect(ran.found).toBeGreaterThan(after * 0.7);
      expect(ran.found).toBeLessThan(after * 1.6);
    }
  });

  it("stays where it is when something else keeps fewer busy, and says so", () => {
    for (const supply of [3, 20]) {
      const ran = auto(knee(40, 50, numbers(1)), { supply });
      expect(ran.perSecond).toBeGreaterThan(0.95 * supply * 20);
      expect(ran.found).toBeLessThanOrEqual(Math.max(8, 2 * supply));
      expect(ran.steps.length).toBeLessThan(6);
      expect(ran.reason).toContain("keep fewer busy");
    }
  });

  it("takes no more than there are file descriptors for", () => {
    const governor = adaptiveConcurrency(AUTO.start, AUTO.most);
    const ran = simulate({
      server: knee(200, 50, numbers(1)),
      governor,
      forMs: MINUTE,
      fdsExhausted: { atMs: 10_000, most: 30 },
    });
    expect(ran.found).toBe(30);
    expect(ran.reason).toContain("no more file descriptors");
    expect(Math.max(...ran.steps.slice(ran.steps.indexOf(30)))).toBe(30);
  });
});

it("whatever it is told, it is a whole number from 1 to the most, and says why", () => {
  const interval = fc.record({
    ms: fc.double({ min: 1, max: 60_000, noNaN: true }),
    finished: fc.nat(1000),
    lost: fc.nat(1000),
    bytes: fc.nat(1e9),
    inFlight: fc.double({ min: 0, max: 600, noNaN: true }),
    latencyMs: fc.double({ min: 0, max: 60_000, noNaN: true }),
  });
  const cap = fc.record({ most: fc.integer({ min: 0, max: 600 }) });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 600 }),
      fc.integer({ min: 1, max: 600 }),
      fc.array(fc.oneof({ weight: 20, arbitrary: interval }, cap), { maxLength: 100 }),
      (start, mostAtFirst, told) => {
        const governor = adaptiveConcurrency(start, mostAtFirst);
        let most = mostAtFirst;
        for (const one of told) {
          if ("finished" in one) {
            // Busy, mostly: otherwise nothing happens.
            const inFlight = one.inFlight < 500 ? governor.concurrency : 0;
            governor.onSample({ ...one, inFlight, lost: Math.min(one.lost, one.finished) });
          } else {
            governor.cap(one.most);
            most = Math.min(most, Math.max(1, one.most));
          }
          for (const n of [governor.concurrency, governor.found]) {
            expect(Number.isInteger(n)).toBe(true);
            expect(n).toBeGreaterThanOrEqual(1);
            expect(n).toBeLessThanOrEqual(most);
          }
          expect(governor.reason).not.toBe("");
        }
      },
    ),
  );
});
