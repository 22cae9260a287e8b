// The timer that a run is handed: for as long as is asked for, however long that is.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { clock } from "../../src/app/clock.ts";

const DAY_MS = 86_400_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it.each([1, 1000, 2 ** 31 - 1, 2 ** 31, 30 * DAY_MS, 365 * DAY_MS])("%i ms are waited for, and no longer", (ms) => {
  const act = vi.fn();
  clock.after(ms, act);
  vi.advanceTimersByTime(ms - 1);
  expect(act).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(act).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
});

it("never comes after Infinity, and what is cancelled does not come, in whatever part of a long wait", () => {
  const act = vi.fn();
  clock.after(Number.POSITIVE_INFINITY, act);
  expect(vi.getTimerCount()).toBe(0);
  for (const days of [0, 1, 26, 60]) {
    const cancel = clock.after(90 * DAY_MS, act);
    vi.advanceTimersByTime(days * DAY_MS);
    cancel();
    expect(vi.getTimerCount()).toBe(0);
  }
  expect(act).not.toHaveBeenCalled();
});
