// The spine: takes jobs from the source as the frontier has room, starts them as slots free up, hands on each one's outcome.

import pLimit from "p-limit";
import { bounded } from "../detail.ts";
import { type Failure, isFatal } from "../failure.ts";
import type { Outcome } from "../job.ts";
import type { Source, View, WriteBehind } from "../ports.ts";
import type { Task } from "../scheduler/task.ts";
import { deadlineTimer, type TimerClock } from "../structures/deadline-timer.ts";
import { LinkedList } from "../structures/linked-list.ts";
import type { Perform } from "./attempt.ts";
import { type CompletionOptions, completion } from "./completion.ts";
import { count, emptyTally } from "./tally.ts";
import type { TryResult } from "./try-result.ts";
import { type Counts, type Open, viewOf } from "./view.ts";

/** Why a run ended before its list did. */
export type StopReason = "disk" | "deadline" | "max-failures" | "request" | NodeJS.Signals;

export interface RunOptions extends Omit<CompletionOptions, "reduceConcurrency"> {
  readonly source: Source;
  readonly perform: Perform;
  /** How many jobs may be under way: at least 1. */
  readonly concurrency: number;
  /** Takes an outcome; the slot is free when its promise is settled. Never throws. */
  readonly report: (outcome: Outcome) => void | Promise<void>;
  readonly clock: TimerClock;
  /** Aborted to stop: nothing new is started. The run aborts it itself, as `disk`, on a fatal failure. */
  readonly stop: AbortController;
  /** Ends what is under way as `interrupted`; called when a stopped run has not drained in `graceMs`. */
  readonly abandon: () => void;
  readonly graceMs: number;
  /** The machine is out of file descriptors: from now on so many URLs at a time. */
  readonly onScarce: (concurrency: number) => void;
  readonly receivedBytes: () => number;
  /** Who decides the concurrency, if it is not the same for all of the run. */
  readonly auto?: View["auto"];
}

export interface Run {
  readonly view: View;
  /** Settled when no job is under way any more; rejects then with the error of the source or of the order. */
  readonly done: Promise<void>;
  /** Ends what is under way as `interrupted`, now; for a run that was stopped. */
  abandon(): void;
  /** From now on so many jobs at a time; those under way go on. */
  resize(concurrency: number): void;
}

/** So many bodies at most that need no slot any more are not stored, or not reported, yet. */
const MAX_PENDING_WRITES = 256;

/** Starts a run. Memory grows with `concurrency`, the frontier's capacity and the source's batches, never with the list. */
export function run(options: RunOptions): Run {
  const { source, frontier, perform, report, clock, stop, abandon, graceMs } = options;
  const limit = pLimit(options.concurrency);
  const open = new LinkedList<Open>();
  const tally = emptyTally();
  const counts: Counts = { inFlight: 0, peakInFlight: 0, startedMs: clock.nowMs(), endedMs: undefined };
  let reading = false;
  let exhausted = false;
  let storing = 0;
  let broken: { readonly error: unknown } | undefined;
  const wake = deadlineTimer(clock, pump);
  /** Leaves the slot of a job that has just ended, unless another takes it. */
  let vacant: (() => void) | undefined;
  const { recordHostResult, complete, fail } = completion({ ...options, reduceConcurrency });
  let settle: () => void = () => {};

  const view = viewOf({ ...options, counts, open, tally, concurrency: () => limit.concurrency });
  const iterator = source[Symbol.asyncIterator]();
  return { view, done: spin(), abandon, resize };

  async function spin(): Promise<void> {
    let cancelGrace: (() => void) | undefined;
    const onStop = () => {
      cancelGrace = clock.after(graceMs, abandon);
      pump();
    };
    stop.signal.addEventListener("abort", onStop, { once: true });
    try {
      await new Promise<void>((resolve) => {
        settle = resolve;
        if (stop.signal.aborted) onStop();
        else pump();
      });
    } finally {
      counts.endedMs = clock.nowMs();
      wake.cancel();
      cancelGrace?.();
      stop.signal.removeEventListener("abort", onStop);
      // Not awaited: a generator that waits for its own source would keep a stopped run from ending.
      void Promise.resolve(iterator.return?.()).catch(() => {});
    }
    if (broken !== undefined) throw broken.error;
  }

  function resize(concurrency: number): void {
    limit.concurrency = concurrency;
    pump();
  }

  /** Goes on where it can, and ends the run where nothing is left. Never throws. */
  function pump(): void {
    try {
      if (!stop.signal.aborted) advance();
    } catch (error) {
      // An order of the user's own may throw, and then nobody knows whose turn it is.
      broken = { error };
      stop.abort("request" satisfies StopReason);
    }
    vacant?.();
    vacant = undefined;
    if (counts.inFlight + storing === 0 && (stop.signal.aborted || (exhausted && frontier.waiting === 0))) settle();
  }

  /** Starts what may start, and reads on where there is room. */
  function advance(): void {
    if (storing >= MAX_PENDING_WRITES) return;
    const nowMs = clock.nowMs();
    while (counts.inFlight < limit.concurrency) {
      const task = frontier.next(nowMs);
      if (task === undefined) break;
      counts.inFlight++;
      if (counts.inFlight > counts.peakInFlight) counts.peakInFlight = counts.inFlight;
      if (task.refused !== undefined)
        void limit(refuse, task, task.refused); // never rejects, and ends in `pump`
      else if (vacant === undefined)
        void limit(occupy, task); // likewise
      else {
        const leave = vacant;
        vacant = undefined;
        start(task, leave);
      }
    }
    if (counts.inFlight >= limit.concurrency) return;
    if (!exhausted && !reading && !frontier.full) void read();
    // Nobody else would look again when the frontier has something due.
    if (frontier.waiting > 0) wake.at(frontier.dueMs(nowMs), nowMs);
  }

  async function read(): Promise<void> {
    reading = true;
    try {
      const next = await iterator.next();
      const nowMs = clock.nowMs();
      if (next.done === true) exhausted = true;
      else for (const job of next.value) frontier.add(job, nowMs);
    } catch (error) {
      if (!stop.signal.aborted) broken = { error }; // said when what was read before is done
      exhausted = true;
    }
    reading = false;
    pump();
  }

  /** A slot: one job after the other, for as long as there is a next one when one has ended. */
  function occupy(first: Task): Promise<void> {
    return new Promise((leave) => start(first, leave));
  }

  function start(task: Task, leave: () => void): void {
    const beganMs = clock.nowMs();
    const one: Open = { job: task.job, beganMs, list: undefined, prevNode: undefined, nextNode: undefined };
    open.add(one);
    task.attempts++;
    perform(task).then((result) => {
      let outcome: Outcome | undefined;
      if ("storing" in result) {
        recordHostResult(task, undefined);
        store(task, result, one);
      } else {
        const tried = bounded(result);
        recordHostResult(task, tried);
        outcome = complete(task, tried, beganMs);
        open.delete(one);
      }
      const taken = outcome && tell(outcome);
      if (taken === undefined) free(leave);
      else void taken.then(() => free(leave)); // never rejects
    }, unexpected);
  }

  /** The slot's job has ended: it goes on with the next one, or is left. */
  function free(leave: () => void): void {
    counts.inFlight--;
    vacant = leave;
    pump();
  }

  async function refuse(task: Task, failure: Failure): Promise<void> {
    const taken = tell(fail(task, failure));
    if (taken !== undefined) await taken;
    counts.inFlight--;
    pump();
  }

  /** Sees to a body that needs no slot any more. */
  function store(task: Task, body: WriteBehind<TryResult>, one: Open): void {
    const stored = () => {
      storing--;
      pump();
    };
    storing++;
    body.storing.then((result) => {
      const outcome = complete(task, bounded(result), one.beganMs);
      open.delete(one);
      const taken = outcome && tell(outcome);
      if (taken === undefined) stored();
      else void taken.then(stored); // never rejects
    }, unexpected);
  }

  function tell(outcome: Outcome): void | Promise<void> {
    count(tally, outcome);
    const taken = report(outcome);
    if (outcome.outcome === "failed" && isFatal(outcome.error)) stop.abort("disk" satisfies StopReason);
    return taken;
  }

  /** A try never fails: what is wrong with it is its result. */
  function unexpected(error: unknown): never {
    throw error;
  }

  /** Out of file descriptors: goes on with as many at a time as `asked` says. */
  function reduceConcurrency(asked: (concurrency: number, inFlight: number) => number | undefined): boolean {
    const concurrency = asked(limit.concurrency, counts.inFlight + storing);
    if (concurrency === undefined) return false;
    limit.concurrency = concurrency;
    options.onScarce(concurrency);
    return true;
  }
}
