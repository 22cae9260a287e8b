// A host's turn where it has a say: one start until it has been asked, then as far apart as it wants.
import fc from "fast-check";
import { expect, it } from "vitest";
import { crawlDelayLimiter } from "../../src/policy/crawl-delay.ts";
import { rateLimiter } from "../../src/policy/rate.ts";

it("a host without a known Crawl-delay gets one start, and the next when that has ended", () => {
  let delayMs: number | undefined;
  const one = crawlDelayLimiter(() => delayMs, undefined);
  expect(one.nextAtMs(5)).toBeLessThanOrEqual(5);
  one.acquire(5);
  expect(one.nextAtMs(1e9)).toBe(Number.POSITIVE_INFINITY);
  one.release?.(true); // it came to nothing: somebody else may ask
  expect(one.nextAtMs(6)).toBeLessThanOrEqual(6);
  one.acquire(6);
  delayMs = 0;
  expect(one.nextAtMs(6)).toBeLessThanOrEqual(6);
});

it("starts keep the Crawl-delay, from the first one after it is known", () => {
  let delayMs: number | undefined;
  const one = crawlDelayLimiter(() => delayMs, undefined);
  one.acquire(0);
  delayMs = 2000;
  one.release?.(true);
  expect(one.nextAtMs(100)).toBeLessThanOrEqual(100);
  one.acquire(100);
  expect(one.nextAtMs(100)).toBe(2100);
  one.acquire(2100);
  expect(one.nextAtMs(2100)).toBe(4100);
});

it("URLs that make no request use no start: a million of them wait no longer than one", () => {
  const one = crawlDelayLimiter(() => 60_000, rateLimiter(0.1));
  one.acquire(0);
  expect(one.nextAtMs(0)).toBe(60_000);
  one.release?.(true);
  for (let i = 0; i < 1000; i++) {
    one.acquire(60_000);
    one.release?.(false);
    expect(one.nextAtMs(60_000)).toBeLessThanOrEqual(60_000);
  }
  one.acquire(60_000);
  expect(one.nextAtMs(60_000)).toBe(120_000);
});

it("the host rate applies as well, whichever is slower", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 1, max: 20 }), (delayMs, perSecond) => {
      const both = crawlDelayLimiter(() => delayMs, rateLimiter(perSecond));
      const apartMs = Math.max(delayMs, 1000 / perSecond);
      let nowMs = 0;
      for (let i = 0; i < 20; i++) {
        nowMs = Math.max(nowMs, both.nextAtMs(nowMs));
        both.acquire(nowMs);
        both.release?.(true);
      }
      expect(nowMs).toBeGreaterThanOrEqual(19 * apartMs - 100 - 1e-6);
    }),
  );
});
