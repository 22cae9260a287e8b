// What a sweep measures next, and which concurrency it would choose.
import { describe, expect, it } from "vitest";
import { kneeOf, type Measured, nextOf } from "../../../src/policy/concurrency/sweep.ts";

type Model = (concurrency: number) => { readonly perSecond: number; readonly lostShare?: number };

/** Measures to the end: each for one second. */
function swept(model: Model, most = 256): Measured[] {
  const steps: Measured[] = [];
  for (let next = nextOf(steps, most); next !== undefined; next = nextOf(steps, most)) {
    const { perSecond, lostShare = 0 } = model(next);
    const lost = Math.round(perSecond * lostShare);
    steps.push({ concurrency: next, ms: 1000, finished: perSecond, bytes: 0, failed: lost, lost });
    expect(steps.length).toBeLessThan(30);
  }
  return steps;
}

const orderOf = (steps: readonly Measured[]) => steps.map(({ concurrency }) => concurrency);

describe("a sweep", () => {
  it("doubles until that was twice no faster, then looks below the knee", () => {
    const steps = swept((n) => ({ perSecond: 20 * Math.min(n, 40) }));
    expect(orderOf(steps)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 45, 38]);
    expect(kneeOf(steps)?.concurrency).toBe(38);
  });

  it("stops at the most it may take", () => {
    const steps = swept((n) => ({ perSecond: 20 * n }), 50);
    expect(orderOf(steps)).toEqual([1, 2, 4, 8, 16, 32, 50, 40]);
    expect(kneeOf(steps)?.concurrency).toBe(50);
    expect(orderOf(swept((n) => ({ perSecond: 20 * n }), 1))).toEqual([1]);
  });

  it("asks for no more once servers refuse, and looks between", () => {
    const steps = swept((n) => ({ perSecond: 20 * n, lostShare: n > 60 ? 0.4 : 0 }));
    expect(Math.max(...orderOf(steps))).toBe(64);
    expect(kneeOf(steps)?.concurrency).toBeGreaterThanOrEqual(45);
    expect(kneeOf(steps)?.concurrency).toBeLessThanOrEqual(60);
  });

  it("does not take for refusals what is lost one at a time as well", () => {
    const steps = swept((n) => ({ perSecond: 20 * Math.min(n, 40), lostShare: 0.2 }));
    expect(Math.max(...orderOf(steps))).toBe(256);
    expect(kneeOf(steps)?.concurrency).toBe(38);
  });

  it("ends after the first step where nothing comes, without a knee", () => {
    expect(orderOf(swept(() => ({ perSecond: 50, lostShare: 1 })))).toEqual([1]);
    expect(kneeOf(swept(() => ({ perSecond: 50, lostShare: 1 })))).toBeUndefined();
    expect(kneeOf([])).toBeUndefined();
  });

  it("counts large bodies by their bytes", () => {
    const at = (concurrency: number, bytes: number) => ({
      concurrency,
      ms: 1000,
      finished: 1,
      bytes,
      failed: 0,
      lost: 0,
    });
    expect(kneeOf([at(1, 50e6), at(2, 100e6), at(4, 101e6)])?.concurrency).toBe(2);
  });
});
