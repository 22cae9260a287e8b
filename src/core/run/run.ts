// Runs a list: reads jobs as the frontier has room, starts them as slots become free, and reports the outcome of each.

import { type Failure, isFailure, isFatal } from "../failure.ts";
import type { Job, Outcome, ShardPlace } from "../job.ts";
import type { Sink, Source, View, WriteBehind } from "../ports.ts";
import type { HostFigures } from "../scheduler/slowed.ts";
import type { Task } from "../scheduler/task.ts";
import { deadlineTimer, type TimerClock } from "../structures/deadline-timer.ts";
import { LinkedList } from "../structures/linked-list.ts";
import { bounded } from "../text/detail.ts";
import type { Perform } from "./attempt.ts";
import { type CompletionOptions, completion } from "./completion.ts";
import { type Slot, slots } from "./slots.ts";
import { count, emptyTally } from "./tally.ts";
import type { TryResult } from "./try-result.ts";
import { type Open, type Times, viewOf } from "./view.ts";

/** Why a run ended before its list did. */
export type StopReason = "disk" | "deadline" | "max-failures" | "request" | NodeJS.Signals;

export interface RunOptions extends Omit<CompletionOptions, "reduceConcurrency"> {
  readonly source: Source;
  readonly perform: Perform;
  /** Maximum number of jobs in flight: at least 1. */
  readonly concurrency: number;
  /** Called with each outcome; the job's slot is free when its promise is settled. Never throws. */
  readonly report: (outcome: Outcome, job: Job) => void | Promise<void>;
  readonly clock: TimerClock;
  /** Abort it to stop: no further job is started. The run aborts it itself, as `disk`, on a fatal failure. */
  readonly stop: AbortController;
  /** Ends the jobs in flight as `interrupted`. Called when a stopped run still has some after `graceMs`. */
  readonly abandon: () => void;
  readonly graceMs: number;
  /** Called when file descriptors run out, with the concurrency from now on. */
  readonly onFdsExhausted: (concurrency: number) => void;
  readonly receivedBytes: () => number;
  /** Keeps the answer of a failure that ends its line, where the output keeps such answers. */
  readonly keep?: Sink["keep"] | undefined;
  /** The concurrency controller, where the concurrency may change during the run. */
  readonly auto?: View["auto"] | undefined;
  /** What reporters show of hosts. */
  readonly hosts?: HostFigures | undefined;
}

export interface Run {
  readonly view: View;
  /** Settled when no job is in flight any more; rejects then with the error of the source or of the order. */
  readonly done: Promise<void>;
  /** Ends the jobs in flight as `interrupted`; for a run that was stopped. */
  abandon(): void;
  /** Sets the maximum number of jobs in flight. Those in flight go on. */
  resize(concurrency: number): void;
}

/** Maximum number of bodies without a slot that are not stored, or whose outcomes are not reported, yet. Bounds memory. */
const MAX_PENDING_WRITES = 256;

/** Starts a run. Memory grows with `concurrency`, the frontier's capacity and the source's batches, never with the list. */
export function run(options: RunOptions): Run {
  const { source, frontier, perform, report, clock, stop, abandon, graceMs, keep } = options;
  const inSlots = slots(options.concurrency, start, pump);
  const open = new LinkedList<Open>();
  const tally = emptyTally();
  const times: Times = { startedMs: clock.nowMs(), endedMs: undefined };
  let isReading = false;
  let isExhausted = false;
  let pendingWrites = 0;
  let settledRetries = 0;
  let fatal: { readonly error: unknown } | undefined;
  const wake = deadlineTimer(clock, pump);
  const completing = completion({ ...options, reduceConcurrency });
  const { recordHostResult, complete, fail } = completing;
  let end: () => void = () => {};

  const retrying = () => completing.retried - settledRetries;
  const view = viewOf({ ...options, slots: inSlots, times, open, tally, retrying });
  const iterator = source[Symbol.asyncIterator]();
  return { view, done: untilEnd(), abandon, resize };

  async function untilEnd(): Promise<void> {
    let cancelGrace: (() => void) | undefined;
    const onStop = () => {
      cancelGrace = clock.after(graceMs, abandon);
      pump();
    };
    stop.signal.addEventListener("abort", onStop, { once: true });
    try {
      await new Promise<void>((resolve) => {
        end = resolve;
        if (stop.signal.aborted) onStop();
        else pump();
      });
    } finally {
      times.endedMs = clock.nowMs();
      wake.cancel();
      cancelGrace?.();
      stop.signal.removeEventListener("abort", onStop);
      // Not awaited: a generator that waits for its own source would keep a stopped run from ending.
      void Promise.resolve(iterator.return?.()).catch(() => {});
    }
    if (fatal !== undefined) throw fatal.error;
  }

  function resize(concurrency: number): void {
    inSlots.concurrency = concurrency;
    pump();
  }

  /** Starts and reads what it can, and ends the run where nothing is left. Never throws. */
  function pump(): void {
    try {
      if (!stop.signal.aborted) advance();
    } catch (error) {
      // A caller's order has thrown: the next job cannot be selected any more.
      fatal = { error };
      stop.abort("request" satisfies StopReason);
    }
    const isIdle = inSlots.busy + pendingWrites === 0;
    if (isIdle && (stop.signal.aborted || (isExhausted && frontier.waiting === 0))) end();
  }

  /** Starts jobs while there are free slots, and reads the source while the frontier has room. */
  function advance(): void {
    if (pendingWrites >= MAX_PENDING_WRITES) return;
    const nowMs = clock.nowMs();
    while (inSlots.busy < inSlots.concurrency) {
      const task = frontier.next(nowMs);
      if (task === undefined) break;
      inSlots.start(task);
    }
    if (inSlots.busy >= inSlots.concurrency) return;
    if (!isExhausted && !isReading && !frontier.full) void read();
    // Nothing else calls `pump` when a job's delay ends.
    if (frontier.waiting > 0) wake.at(frontier.dueMs(nowMs), nowMs);
  }

  async function read(): Promise<void> {
    isReading = true;
    try {
      const next = await iterator.next();
      const nowMs = clock.nowMs();
      if (next.done === true) isExhausted = true;
      else for (const job of next.value) frontier.add(job, nowMs);
    } catch (error) {
      if (!stop.signal.aborted) fatal = { error }; // thrown when the jobs read before have ended
      isExhausted = true;
    }
    isReading = false;
    pump();
  }

  function start(task: Task, slot: Slot): void {
    const { refused } = task;
    if (refused !== undefined)
      void refuse(task, refused, slot); // never rejects
    else attempt(task, slot);
  }

  function attempt(task: Task, slot: Slot): void {
    const beganMs = clock.nowMs();
    const entry: Open = { task, beganMs, list: undefined, prevNode: undefined, nextNode: undefined };
    open.add(entry);
    task.attempts++;
    task.transfer = undefined;
    perform(task).then((result) => {
      let outcome: Outcome | undefined;
      if ("storing" in result) {
        recordHostResult(task, undefined);
        awaitWrite(task, result, entry);
      } else {
        const kept = bounded(result);
        recordHostResult(task, kept);
        outcome = complete(task, kept, beganMs);
        const keeping = outcome && isFailure(kept) ? keepAnswer(task, kept) : undefined;
        if (outcome !== undefined && keeping !== undefined) {
          awaitKept(task, outcome, keeping, entry);
          outcome = undefined;
        } else open.delete(entry);
      }
      const reported = outcome && deliver(outcome, task);
      if (reported === undefined) inSlots.release(slot);
      else void reported.then(() => inSlots.release(slot)); // never rejects
    }, rethrow);
  }

  async function refuse(task: Task, failure: Failure, slot: Slot): Promise<void> {
    await Promise.resolve(); // after the loop of `advance`, since a report may stop the run
    await deliver(fail(task, failure), task);
    inSlots.release(slot);
  }

  /** Completes a try whose body is written without a slot. */
  function awaitWrite(task: Task, body: WriteBehind<TryResult>, entry: Open): void {
    const onReported = () => {
      pendingWrites--;
      pump();
    };
    pendingWrites++;
    body.storing.then((result) => {
      const outcome = complete(task, bounded(result), entry.beganMs);
      open.delete(entry);
      const reported = outcome && deliver(outcome, task);
      if (reported === undefined) onReported();
      else void reported.then(onReported); // never rejects
    }, rethrow);
  }

  /** Undefined where there is nothing to keep. A 429 is the answer to this program's speed, not to the URL. */
  function keepAnswer({ job }: Task, { wire, status }: Failure): ReturnType<NonNullable<typeof keep>> | undefined {
    return wire === undefined || status === 429 ? undefined : keep?.(job, wire);
  }

  /** Delivers the outcome of a failure when its answer is kept: outcomes are in the order of what is kept. */
  function awaitKept(task: Task, outcome: Outcome, kept: WriteBehind<ShardPlace | Failure>, entry: Open): void {
    pendingWrites++;
    kept.storing.then((stored) => {
      const place = bounded(stored);
      open.delete(entry);
      const reported = deliver(isFailure(place) ? fail(task, place) : { ...outcome, ...place }, task);
      const onReported = () => {
        pendingWrites--;
        pump();
      };
      if (reported === undefined) onReported();
      else void reported.then(onReported); // never rejects
    }, rethrow);
  }

  function deliver(outcome: Outcome, { job, retriedAfter }: Task): void | Promise<void> {
    count(tally, outcome);
    if (retriedAfter !== undefined) settledRetries++;
    const reported = report(outcome, job);
    if (outcome.outcome === "failed" && isFatal(outcome.error)) stop.abort("disk" satisfies StopReason);
    return reported;
  }

  /** `perform` never rejects: this is a bug, and ends the process. */
  function rethrow(error: unknown): never {
    throw error;
  }

  /** Sets the concurrency to what `limit` returns; false where it returns nothing. */
  function reduceConcurrency(limit: (concurrency: number, inFlight: number) => number | undefined): boolean {
    const concurrency = limit(inSlots.concurrency, inSlots.busy + pendingWrites);
    if (concurrency === undefined) return false;
    inSlots.concurrency = concurrency;
    options.onFdsExhausted(concurrency);
    return true;
  }
}
