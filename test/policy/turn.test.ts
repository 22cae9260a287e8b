// A host's turn where it has a say: one start until it has been asked, then as far apart as it wants.
import fc from "fast-check";
import { expect, it } from "vitest";
import { pace } from "../../src/policy/rate.ts";
import { turn } from "../../src/policy/turn.ts";

it("one start goes to a host that nobody has asked; the next when that is over", () => {
  let delayMs: number | undefined;
  const one = turn(() => delayMs, undefined);
  expect(one.readyMs(5)).toBeLessThanOrEqual(5);
  one.take(5);
  expect(one.readyMs(1e9)).toBe(Number.POSITIVE_INFINITY);
  one.over?.(true); // it came to nothing: somebody else may ask
  expect(one.readyMs(6)).toBeLessThanOrEqual(6);
  one.take(6);
  delayMs = 0;
  expect(one.readyMs(6)).toBeLessThanOrEqual(6);
});

it("starts are as far apart as the host wants, from the first one after it was asked", () => {
  let delayMs: number | undefined;
  const one = turn(() => delayMs, undefined);
  one.take(0);
  delayMs = 2000;
  one.over?.(true);
  expect(one.readyMs(100)).toBeLessThanOrEqual(100);
  one.take(100);
  expect(one.readyMs(100)).toBe(2100);
  one.take(2100);
  expect(one.readyMs(2100)).toBe(4100);
});

it("what needed no start takes none: of the URLs that are not fetched, a million wait no longer than one", () => {
  const one = turn(() => 60_000, pace(0.1));
  one.take(0);
  expect(one.readyMs(0)).toBe(60_000);
  one.over?.(true);
  for (let i = 0; i < 1000; i++) {
    one.take(60_000);
    one.over?.(false);
    expect(one.readyMs(60_000)).toBeLessThanOrEqual(60_000);
  }
  one.take(60_000);
  expect(one.readyMs(60_000)).toBe(120_000);
});

it("the rate of the run's own holds besides, whichever is slower", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 1, max: 20 }), (delayMs, perSecond) => {
      const both = turn(() => delayMs, pace(perSecond));
      const apartMs = Math.max(delayMs, 1000 / perSecond);
      let nowMs = 0;
      for (let i = 0; i < 20; i++) {
        nowMs = Math.max(nowMs, both.readyMs(nowMs));
        both.take(nowMs);
        both.over?.(true);
      }
      expect(nowMs).toBeGreaterThanOrEqual(19 * apartMs - 100 - 1e-6);
    }),
  );
});
