// The spine: takes jobs from the source as the frontier has room, starts them as slots free up, hands on each one's outcome.

import pLimit from "p-limit";
import { type AlarmClock, alarm } from "./alarm.ts";
import { explained, failed, LATER, type Tried } from "./attempt.ts";
import { type Failure, isFailure, isFatal } from "./failure.ts";
import type { Frontier, Sign, Task } from "./frontier.ts";
import type { Job, Outcome } from "./job.ts";
import type { Source, View } from "./ports.ts";
import { count, emptyTally } from "./tally.ts";

/** Why a run ended before its list did. */
export type StopReason = "disk" | "deadline" | "max-failures" | "request" | NodeJS.Signals;

export interface RunOptions {
  readonly source: Source;
  readonly frontier: Frontier;
  /** Makes one try of a task; never rejects. */
  readonly perform: (task: Task) => Promise<Tried>;
  /** What follows a failed try: another one after a while, or that it was the last, and why. `attempts` were made so far. */
  readonly retry: (failure: Failure, attempts: number) => Retry;
  /** What a try says of its host; undefined stands for a success. */
  readonly sign: (failure: Failure | undefined) => Sign;
  /** How many jobs may be under way: at least 1. */
  readonly concurrency: number;
  /** Takes an outcome; the slot is free when its promise is settled. Never throws. */
  readonly report: (outcome: Outcome) => void | Promise<void>;
  readonly clock: AlarmClock;
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

export type Retry = { readonly delayMs: number } | { readonly giveUp: string | undefined };

export interface Run {
  readonly view: View;
  /** Settled when no job is under way any more; rejects then with the error of the source or of the order. */
  readonly done: Promise<void>;
  /** Ends what is under way as `interrupted`, now; for a run that was stopped. */
  abandon(): void;
  /** From now on so many jobs at a time; those under way go on. */
  resize(concurrency: number): void;
}

/** Without a file descriptor for so long, in milliseconds, even one URL at a time, a failure counts. */
const SCARCE_MS = 30_000;
const SCARCE_PAUSE_MS = 100;

/** A host that wants to be left alone for longer, in milliseconds, has its jobs refused: no line waits for ever. */
export const MAX_PARK_MS = 300_000;

/** Starts a run. Memory grows with `concurrency`, the frontier's capacity and the source's batches, never with the list. */
export function run(options: RunOptions): Run {
  const { source, frontier, perform, report, clock, stop, abandon, graceMs } = options;
  const limit = pLimit(options.concurrency);
  const open = new Map<Job, number>();
  const tally = emptyTally();
  const startedMs = clock.nowMs();
  let inFlight = 0;
  let peakInFlight = 0;
  let endedMs: number | undefined;
  let reading = false;
  let exhausted = false;
  let scarceSinceMs: number | undefined;
  let broken: { readonly error: unknown } | undefined;
  const wake = alarm(clock, pump);
  let settle: () => void = () => {};

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
    get waiting() {
      return frontier.waiting;
    },
    get elapsedMs() {
      return (endedMs ?? clock.nowMs()) - startedMs;
    },
    ...(source.doneEarlier === undefined ? {} : { doneEarlier: source.doneEarlier }),
    nowMs: () => clock.nowMs(),
    receivedBytes: options.receivedBytes,
    ...(options.auto === undefined ? {} : { auto: options.auto }),
    total: () => source.total(),
  };
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
      endedMs = clock.nowMs();
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
    if (inFlight === 0 && (stop.signal.aborted || (exhausted && frontier.waiting === 0))) settle();
  }

  /** Starts what may start, and reads on where there is room. */
  function advance(): void {
    const nowMs = clock.nowMs();
    while (inFlight < limit.concurrency) {
      const task = frontier.next(nowMs);
      if (task === undefined) break;
      inFlight++;
      if (inFlight > peakInFlight) peakInFlight = inFlight;
      void limit(slot, task); // never rejects, and ends in `pump`
    }
    if (inFlight >= limit.concurrency) return;
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

  async function slot(task: Task): Promise<void> {
    let outcome: Outcome | undefined;
    if (task.refused === undefined) {
      const beganMs = clock.nowMs();
      open.set(task.job, beganMs);
      task.attempts++;
      outcome = judged(task, await perform(task), beganMs);
      open.delete(task.job);
    } else outcome = ended(task, task.refused);
    if (outcome !== undefined) {
      count(tally, outcome);
      const taken = report(outcome);
      if (taken !== undefined) await taken;
      if (outcome.outcome === "failed" && isFatal(outcome.error)) stop.abort("disk" satisfies StopReason);
    }
    inFlight--;
    pump();
  }

  /** What one try came to; undefined if there is to be another one. */
  function judged(task: Task, result: Tried, beganMs: number): Outcome | undefined {
    const nowMs = clock.nowMs();
    if (!isFailure(result)) {
      scarceSinceMs = undefined;
      const isUnasked = result.attempts < task.attempts;
      frontier.finished(task, isUnasked ? "unasked" : options.sign(undefined), nowMs);
      return result;
    }
    const sign = options.sign(result);
    frontier.finished(task, sign, nowMs, result);
    if (result === LATER || (result.scarce === true && waitsForDescriptors(nowMs))) {
      task.attempts--;
      return again(task, result === LATER ? nowMs : nowMs + SCARCE_PAUSE_MS, result);
    }
    task.spentMs += nowMs - beganMs;
    if (sign !== "none") scarceSinceMs = undefined; // it had a descriptor, to learn so much of the host
    if (isFatal(result.error) || result.error === "interrupted") return ended(task, result);
    const retry = options.retry(result, task.attempts);
    const last = "giveUp" in retry ? explained(result, task.attempts, retry.giveUp) : undefined;
    const { retryAfterMs: parkMs } = result;
    if (parkMs !== undefined) frontier.park(task.host, nowMs + parkMs, parkMs > MAX_PARK_MS ? last : undefined);
    if ("giveUp" in retry) return ended(task, last ?? result);
    const outcome = again(task, nowMs + retry.delayMs, result);
    if (outcome === undefined) {
      task.retriedAfter ??= [];
      task.retriedAfter.push(`${result.error}: ${result.detail}`);
    }
    return outcome;
  }

  /** Back into the frontier; but a stopped run tries nothing again, and leaves the line open. */
  function again(task: Task, dueMs: number, failure: Failure): Outcome | undefined {
    if (stop.signal.aborted) return ended(task, { error: "interrupted", detail: `stopped after ${failure.detail}` });
    frontier.again(task, dueMs);
    return undefined;
  }

  function ended(task: Task, failure: Failure): Outcome {
    return failed(task, failure, clock.nowMs(), clock.timestamp());
  }

  /** Out of file descriptors: goes on with fewer at a time. False where that has not helped for long. */
  function waitsForDescriptors(nowMs: number): boolean {
    scarceSinceMs ??= nowMs;
    if (limit.concurrency === 1 && nowMs - scarceSinceMs > SCARCE_MS) return false;
    const fewer = Math.max(1, Math.min(limit.concurrency, inFlight) - 1);
    limit.concurrency = fewer;
    options.onScarce(fewer);
    return true;
  }
}
