// Starts at a rate, and bytes at a speed: never more in any window than allowed.
import fc from "fast-check";
import { expect, it } from "vitest";
import { arrivals, byteBudget, leastTimeMs, rateLimiter, readSize } from "../../src/policy/rate.ts";

/** Milliseconds: sums of fractions are not exact. */
const EXACT = 1e-6;

it("the first start may be at once", () => {
  expect(rateLimiter(0.1).nextAtMs(5)).toBeLessThanOrEqual(5);
});

it("starts under 20 a second come one by one, evenly spaced", () => {
  const two = rateLimiter(2);
  two.acquire(1000);
  expect(two.nextAtMs(1000)).toBe(1500);
  two.acquire(1500);
  expect(two.nextAtMs(1500)).toBe(2000);
});

it("after a pause, as many starts as come in 100 ms may go together, and no more", () => {
  const hundred = rateLimiter(100);
  let together = 0;
  while (hundred.nextAtMs(60_000) <= 60_000) {
    hundred.acquire(60_000);
    together++;
  }
  expect(together).toBe(10);
  expect(hundred.nextAtMs(60_000)).toBeCloseTo(60_010);
});

it("the least time of a number of starts is that in which a caller who always waits gets them", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.2, max: 5000, noNaN: true }),
      fc.integer({ min: 0, max: 300 }),
      (perSecond, starts) => {
        const limited = rateLimiter(perSecond);
        let nowMs = 0;
        for (let i = 0; i < starts; i++) {
          nowMs = Math.max(nowMs, limited.nextAtMs(nowMs));
          limited.acquire(nowMs);
        }
        expect(leastTimeMs(starts, perSecond)).toBeCloseTo(nowMs, 3);
      },
    ),
  );
});

it("in any window there are no more starts than the rate allows, and a waiting caller gets all of them", () => {
  const gapsMs = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 500, noNaN: true })), { maxLength: 200 });
  fc.assert(
    fc.property(fc.double({ min: 0.2, max: 5000, noNaN: true }), gapsMs, (perSecond, gaps) => {
      const limited = rateLimiter(perSecond);
      const startsMs: number[] = [];
      let nowMs = 0;
      for (const gapMs of gaps) {
        nowMs = Math.max(nowMs + gapMs, limited.nextAtMs(nowMs));
        limited.acquire(nowMs);
        startsMs.push(nowMs);
      }
      const burst = Math.max(1, perSecond / 10);
      for (const [from, fromMs] of startsMs.entries()) {
        for (const [more, untilMs] of startsMs.slice(from).entries()) {
          expect(more + 1).toBeLessThanOrEqual(burst + ((untilMs - fromMs) / 1000) * perSecond + EXACT * perSecond);
        }
      }
    }),
  );
  const busy = rateLimiter(300);
  let nowMs = 0;
  for (let start = 0; start < 3000; start++) {
    nowMs = Math.max(nowMs, busy.nextAtMs(nowMs));
    busy.acquire(nowMs);
  }
  expect(nowMs).toBeGreaterThan(9890);
  expect(nowMs).toBeLessThan(10_000);
});

it("bytes are paid off at their speed", () => {
  const speed = byteBudget(1000);
  expect(speed.paidMs()).toBeLessThanOrEqual(0);
  speed.spend(100, 0); // the credit of a tenth of a second
  expect(speed.paidMs()).toBeLessThanOrEqual(0);
  speed.spend(500, 0);
  expect(speed.paidMs()).toBe(500);
  speed.spend(500, 100);
  expect(speed.paidMs()).toBe(1000);
  speed.spend(-250, 100);
  expect(speed.paidMs()).toBe(750);
});

it("what was not used for longer than a tenth of a second is lost", () => {
  const speed = byteBudget(1000);
  speed.spend(1, 0);
  speed.spend(3000, 3_600_000);
  expect(speed.paidMs()).toBe(3_602_900);
});

it("in any window there are no more bytes than speed, credit and the last piece", () => {
  const pieces = fc.array(fc.tuple(fc.double({ min: 0, max: 3000, noNaN: true }), fc.nat(65_536)), { maxLength: 100 });
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 1_000_000 }), pieces, (bytesPerSecond, spent) => {
      const speed = byteBudget(bytesPerSecond);
      const taken: { atMs: number; bytes: number }[] = [];
      let nowMs = 0;
      for (const [gapMs, bytes] of spent) {
        nowMs = Math.max(nowMs + gapMs, speed.paidMs());
        speed.spend(bytes, nowMs);
        taken.push({ atMs: nowMs, bytes });
      }
      for (const [from, { atMs: fromMs }] of taken.entries()) {
        let sum = 0;
        for (const { atMs, bytes } of taken.slice(from)) {
          expect(sum).toBeLessThanOrEqual(((atMs - fromMs) / 1000 + 0.1) * bytesPerSecond * (1 + 1e-9) + EXACT);
          sum += bytes;
        }
      }
    }),
  );
});

it("a start that was not needed is given back", () => {
  const two = rateLimiter(2);
  two.acquire(1000);
  two.release?.(false);
  expect(two.nextAtMs(1000)).toBeLessThanOrEqual(1000);
  two.acquire(1000);
  two.release?.(true);
  expect(two.nextAtMs(1000)).toBe(1500);
});

it("a read is what comes in 50 ms, but neither tiny nor larger than a buffer", () => {
  expect([1, 1000, 500_000, 1_000_000_000].map(readSize)).toEqual([1024, 1024, 25_000, 65_536]);
});

it("URLs start as far apart as their first reads take, by the mean of those that are done", () => {
  const starts = arrivals(100_000, () => Number.NEGATIVE_INFINITY);
  expect(starts.nextAtMs(0)).toBeLessThanOrEqual(0);
  starts.acquire(0);
  expect(starts.nextAtMs(0)).toBe(0); // a read of 50 ms, less what a late timer may make good
  starts.acquire(0);
  expect(starts.nextAtMs(0)).toBe(50);
  starts.learn(100);
  starts.acquire(100);
  expect(starts.nextAtMs(100)).toBe(100 + 1 - 50);
  for (let i = 0; i < 100; i++) starts.learn(1_000_000);
  starts.acquire(1000);
  expect(starts.nextAtMs(1000)).toBeCloseTo(1000, 3);
  for (let i = 0; i < 100; i++) starts.learn(0); // what fails brings nothing
  starts.acquire(2000);
  expect(starts.nextAtMs(2000)).toBeCloseTo(1950, 3);
});

it("URLs start while what is to be paid is little, ahead of bodies that wait to be read on", () => {
  let paidMs = 1000;
  const starts = arrivals(1_000_000, () => paidMs);
  expect(starts.nextAtMs(0)).toBe(900);
  paidMs = 0;
  expect(starts.nextAtMs(0)).toBeLessThanOrEqual(0);
});
