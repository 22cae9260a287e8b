// One timer, for the earliest time that was asked for.

import type { Clock } from "../run/outcomes.ts";

/** A timer holds no more: 24.8 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export interface DeadlineTimer {
  /** Goes off at `dueMs`, or earlier; never for Infinity. Asked for an earlier time than before, only that counts. */
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

/** A clock that can also wake somebody up: `after` gives what cancels it. */
export type TimerClock = Clock & { after(ms: number, act: () => void): () => void };
