// One coarse timer for everything that is under way, instead of a timer for each request.

import { LinkedList, type ListNode } from "../../core/structures/linked-list.ts";

export interface Timed extends ListNode<Timed> {
  /** Called at every tick; ends itself if its time is up. */
  check(nowMs: number): void;
}

export interface TimeoutTimer {
  add(watched: Timed): void;
  remove(watched: Timed): void;
  /** What is being watched now. */
  all(): readonly Timed[];
  stop(): void;
}

/** Checks whatever was added, every `tickMs`; a limit is kept to within one tick. No timer while nothing is watched. */
export function timeoutTimer(tickMs: number): TimeoutTimer {
  const watched = new LinkedList<Timed>();
  let timer: NodeJS.Timeout | undefined;
  let judging: NodeJS.Immediate | undefined;

  const judge = () => {
    const nowMs = performance.now();
    for (const one of [...watched]) one.check(nowMs);
  };
  const tick = () => {
    if (watched.size === 0) return stop();
    // Timers come before sockets: after a process stood still (^Z, a machine that slept), what came meanwhile is read first.
    judging = setImmediate(judge);
  };
  const stop = () => {
    clearInterval(timer);
    clearImmediate(judging);
    timer = undefined;
  };
  return {
    add(one) {
      watched.add(one);
      timer ??= setInterval(tick, tickMs);
    },
    remove(one) {
      watched.delete(one);
    },
    all: () => [...watched],
    stop,
  };
}

/** The tick for a set of limits in milliseconds: a tenth of the shortest, between 5 and 250 ms. */
export function tickFor(limitsMs: readonly number[]): number {
  return Math.min(250, Math.max(5, Math.min(...limitsMs) / 10));
}
