// The slots of a run: at most `concurrency` jobs at a time, each in a slot of p-limit.

import pLimit from "p-limit";

/** Ends a slot. A job that runs in the slot holds it until it calls `Slots.release`. */
export type Slot = () => void;

export interface Slots<Job> {
  /** Maximum number of jobs at a time. A lower value takes effect as jobs end. */
  concurrency: number;
  /** Jobs that hold a slot. */
  readonly busy: number;
  /** The largest value of `busy` so far. */
  readonly peak: number;
  /** Runs a job in a slot. To be called only while `busy` is less than `concurrency`. */
  start(job: Job): void;
  /** The job that holds this slot has ended. */
  release(slot: Slot): void;
}

/**
 * 1. `start` counts the job in `busy` and calls `run` with it and its slot: a new slot of p-limit, or the one on offer.
 * 2. The job holds its slot until it calls `release`.
 * 3. `release` offers the slot while it calls `onFree`. The first job that starts meanwhile takes it over, without a promise.
 * 4. A slot that no job took over ends.
 *
 * `busy` is the only count that decides: p-limit counts a slot for some microtasks longer.
 */
export function slots<Job>(concurrency: number, run: (job: Job, slot: Slot) => void, onFree: () => void): Slots<Job> {
  const limit = pLimit(concurrency);
  let busy = 0;
  let peak = 0;
  let offered: Slot | undefined;

  return {
    get concurrency() {
      return limit.concurrency;
    },
    set concurrency(most) {
      limit.concurrency = most;
    },
    get busy() {
      return busy;
    },
    get peak() {
      return peak;
    },
    start(job) {
      if (++busy > peak) peak = busy;
      const slot = offered;
      offered = undefined;
      if (slot === undefined)
        void limit(openSlot, job); // never rejects: it resolves when the slot ends
      else run(job, slot);
    },
    release(slot) {
      busy--;
      offered = slot;
      onFree();
      const unused = offered;
      offered = undefined;
      unused?.();
    },
  };

  function openSlot(job: Job): Promise<void> {
    return new Promise((end) => run(job, end));
  }
}
