// One coarse timer checks the limits of all requests under way, instead of a timer for each request.

import { LinkedList, type ListNode } from "../../core/structures/linked-list.ts";

export interface Timed extends ListNode<Timed> {
  /** Called at every tick; ends the request if a limit is exceeded. */
  check(nowMs: number): void;
}

export interface TimeoutTimer {
  add(entry: Timed): void;
  remove(entry: Timed): void;
  /** All entries at present. */
  all(): readonly Timed[];
  stop(): void;
}

/** Checks all entries every `tickMs`; limits are precise to one tick. Without entries no timer runs. */
export function timeoutTimer(tickMs: number): TimeoutTimer {
  const entries = new LinkedList<Timed>();
  let timer: NodeJS.Timeout | undefined;
  let checking: NodeJS.Immediate | undefined;

  const checkAll = () => {
    const nowMs = performance.now();
    for (const one of [...entries]) one.check(nowMs);
  };
  const tick = () => {
    if (entries.size === 0) return stop();
    // libuv runs timers before it polls sockets. After a standstill (^Z, suspend) the data that arrived meanwhile is read first.
    checking = setImmediate(checkAll);
  };
  const stop = () => {
    clearInterval(timer);
    clearImmediate(checking);
    timer = undefined;
  };
  return {
    add(one) {
      entries.add(one);
      timer ??= setInterval(tick, tickMs);
    },
    remove(one) {
      entries.delete(one);
    },
    all: () => [...entries],
    stop,
  };
}

/** Returns the tick for a set of limits in milliseconds: a tenth of the shortest, between 5 and 250 ms. */
export function tickFor(limitsMs: readonly number[]): number {
  return Math.min(250, Math.max(5, Math.min(...limitsMs) / 10));
}
