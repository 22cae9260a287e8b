// The timer of a run: delays longer than setTimeout allows, infinite delays, and cancellation.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { clock } from "../../src/app/clock.ts";

const DAY_MS = 86_400_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it.each([1, 1000, 2 ** 31 - 1, 2 ** 31, 30 * DAY_MS, 365 * DAY_MS])(
  "a timer of %i ms fires after exactly that time",
  (ms) => {
    const act = vi.fn();
    clock.after(ms, act);
    vi.advanceTimersByTime(ms - 1);
    expect(act).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(act).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  },
);

it("a timer never fires for Infinity or after its cancellation, in any part of a long delay", () => {
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
