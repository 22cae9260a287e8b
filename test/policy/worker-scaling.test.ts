// More processes only where the list is long and one is busy all the time.

import { expect, it } from "vitest";
import { type Load, worthSpreading } from "../../src/policy/worker-scaling.ts";

/** Whether it comes to more processes, with so much of the time used. */
function spreads(busy: number, more: Partial<Load> = {}): boolean {
  const worth = worthSpreading();
  return Array.from({ length: 20 }, (_, i) => {
    const nowMs = i * 200;
    return worth({ finished: 10_000, left: 100_000, nowMs, activeMs: nowMs * busy, ...more });
  }).includes(true);
}

it("is worth it where there is no time left, and the list is long or nobody knows", () => {
  expect(spreads(0.99)).toBe(true);
  expect(spreads(0.99, { left: undefined, finished: 100_000 })).toBe(true);
});

it("is not where others are what is slow, the list is short, or it has only just begun", () => {
  expect(spreads(0.7)).toBe(false);
  expect(spreads(0.99, { left: 10_000 })).toBe(false);
  expect(spreads(0.99, { finished: 1000 })).toBe(false);
  expect(spreads(0.99, { left: undefined })).toBe(false);
});

it("is not for one busy moment", () => {
  const worth = worthSpreading();
  const active = [0, 390, 400, 790, 800, 1190, 1200];
  const said = active.map((activeMs, i) => worth({ finished: 10_000, left: undefined, nowMs: i * 400, activeMs }));
  expect(said).not.toContain(true);
});
