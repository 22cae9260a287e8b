// A timer for the earliest of several deadlines.

import type { Clock } from "../run/outcomes.ts";

/** Maximum delay of a timer, in milliseconds: 24.8 days. Node sets a longer one to 1 ms (docs: setTimeout). */
const MAX_TIMER_MS = 2 ** 31 - 1;

export interface DeadlineTimer {
  /** Fires at `dueMs` or earlier; never for Infinity. An earlier deadline replaces a later one. */
  at(dueMs: number, nowMs: number): void;
  cancel(): void;
}

export function deadlineTimer(clock: Pick<TimerClock, "after">, act: () => void): DeadlineTimer {
  let timer: { readonly dueMs: number; readonly cancel: () => void } | undefined;
  return {
    at(dueMs, nowMs) {
      if (timer !== undefined && timer.dueMs <= dueMs) return;
      timer?.cancel();
      timer = undefined;
      if (dueMs === Number.POSITIVE_INFINITY) return;
      const cancel = clock.after(Math.min(Math.max(0, dueMs - nowMs), MAX_TIMER_MS), () => {
        timer = undefined;
        act();
      });
      timer = { dueMs, cancel };
    },
    cancel: () => timer?.cancel(),
  };
}

/** A clock with timers: `after` returns a function that cancels the timer. */
export type TimerClock = Clock & { after(ms: number, act: () => void): () => void };
