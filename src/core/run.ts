// The spine: takes jobs from the source as slots free up, and hands each job's one outcome to who is told.

import pLimit from "p-limit";
import type { Clock } from "./attempt.ts";
import { isFatal } from "./failure.ts";
import type { Job, Outcome } from "./job.ts";
import type { Source, View } from "./ports.ts";
import { count, emptyTally } from "./tally.ts";

/** Why a run ended before its list did. */
export type StopReason = "disk" | "request" | NodeJS.Signals;

export interface RunOptions {
  readonly source: Source;
  /** Gives the job's outcome; never rejects. */
  readonly perform: (job: Job) => Promise<Outcome>;
  /** How many jobs may be under way: at least 1. */
  readonly concurrency: number;
  /** Takes an outcome; the slot is free when its promise is settled. Never throws. */
  readonly report: (outcome: Outcome) => void | Promise<void>;
  readonly clock: Clock & { after(ms: number, act: () => void): () => void };
  /** Aborted to stop: nothing new is started. The run aborts it itself, as `disk`, on a fatal failure. */
  readonly stop: AbortController;
  /** Ends what is under way as `interrupted`; called when a stopped run has not drained in `graceMs`. */
  readonly abandon: () => void;
  readonly graceMs: number;
  readonly receivedBytes: () => number;
}

export interface Run {
  readonly view: View;
  /** Settled when every job that was started has its outcome. Rejects with the source's error, after the same wait. */
  readonly done: Promise<void>;
  /** Ends what is under way as `interrupted`, now; for a run that was stopped. */
  abandon(): void;
}

/** Starts a run. Memory grows with `concurrency` and with the source's batches, never with the list. */
export function run(options: RunOptions): Run {
  const { source, perform, report, clock, stop, abandon, graceMs } = options;
  const limit = pLimit(options.concurrency);
  const open = new Map<Job, number>();
  const tally = emptyTally();
  const startedMs = clock.nowMs();
  let inFlight = 0;
  let peakInFlight = 0;
  let endedMs: number | undefined;
  let wake: (() => void) | undefined;

  const view: View = {
    tally,
    open,
    get concurrency() {
      return limit.concurrency;
    },
    get inFlight() {
      return inFlight;
    },
    get peakInFlight() {
      return peakInFlight;
    },
    get elapsedMs() {
      return (endedMs ?? clock.nowMs()) - startedMs;
    },
    nowMs: () => clock.nowMs(),
    receivedBytes: options.receivedBytes,
    total: () => source.total(),
  };
  return { view, done: spin(), abandon };

  async function spin(): Promise<void> {
    const iterator = source[Symbol.asyncIterator]();
    let cancelGrace: (() => void) | undefined;
    const onStop = () => {
      cancelGrace = clock.after(graceMs, abandon);
      wake?.();
    };
    stop.signal.addEventListener("abort", onStop, { once: true });
    if (stop.signal.aborted) onStop();
    try {
      await feed(iterator);
    } finally {
      while (inFlight > 0) await change();
      endedMs = clock.nowMs();
      cancelGrace?.();
      stop.signal.removeEventListener("abort", onStop);
      // Not awaited: a generator that waits for its own source would keep a stopped run from ending.
      void Promise.resolve(iterator.return?.()).catch(() => {});
    }
  }

  async function feed(iterator: AsyncIterator<readonly Job[]>): Promise<void> {
    for (;;) {
      if (!(await room())) return;
      const next = await nextOrStop(iterator);
      if (next === undefined || next.done === true) return;
      for (const job of next.value) {
        const free = room();
        if (!(typeof free === "boolean" ? free : await free)) return;
        inFlight++;
        if (inFlight > peakInFlight) peakInFlight = inFlight;
        void limit(slot, job); // never rejects, and reports to `wake`
      }
    }
  }

  async function slot(job: Job): Promise<void> {
    open.set(job, clock.nowMs());
    const outcome = await perform(job);
    open.delete(job);
    count(tally, outcome);
    const taken = report(outcome);
    if (taken !== undefined) await taken;
    if (outcome.outcome === "failed" && isFatal(outcome.error)) stop.abort("disk" satisfies StopReason);
    inFlight--;
    wake?.();
  }

  /** Waits until a slot is free; false if the run is to stop. Resolved at once, mostly. */
  function room(): Promise<boolean> | boolean {
    if (stop.signal.aborted) return false;
    return inFlight < limit.concurrency ? true : change().then(room);
  }

  /** The next time that a slot frees up or the run is stopped. */
  function change(): Promise<void> {
    return new Promise((resolve) => {
      wake = () => {
        wake = undefined;
        resolve();
      };
    });
  }

  function nextOrStop(iterator: AsyncIterator<readonly Job[]>): Promise<IteratorResult<readonly Job[]> | undefined> {
    // Stopped between the last look and this one: nobody would tell.
    if (stop.signal.aborted) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      const onStop = () => resolve(undefined);
      stop.signal.addEventListener("abort", onStop, { once: true });
      iterator
        .next()
        .then(resolve, reject)
        .finally(() => stop.signal.removeEventListener("abort", onStop));
    });
  }
}
