// Completes a try: records its effect on the host, and retries the job or makes its outcome.

import { type Failure, isFatal } from "../failure.ts";
import type { Outcome } from "../job.ts";
import type { Frontier, HostSignal, Task } from "../scheduler/task.ts";
import { fdLimit } from "./fd-limit.ts";
import { type Clock, failed, withRetryNote } from "./outcomes.ts";
import { isDone, isRequeue, madeRequest, type TryResult } from "./try-result.ts";

/** What follows a failed try. Completion does as it says. */
export type RetryDecision = (Retry | GiveUp) & { readonly pause?: HostPause };

interface Retry {
  /** Milliseconds until the next try. */
  readonly delayMs: number;
}

interface GiveUp {
  /** For the record: why there is no other try, where the failure itself does not show it. */
  readonly giveUp: string | undefined;
}

/** A Retry-After, which holds for all jobs of the host. */
export interface HostPause {
  readonly ms: number;
  /** Whether they wait until it is over, or fail at once. */
  readonly jobs: "wait" | "refuse";
}

export interface CompletionOptions {
  readonly frontier: Frontier;
  /** Decides what follows a failed try. `attempts`: how many were made so far. */
  readonly retry: (failure: Failure, attempts: number) => RetryDecision;
  /** Returns the effect of a try on its host; undefined stands for a success. */
  readonly hostSignal: (failure: Failure | undefined) => HostSignal;
  readonly clock: Clock;
  /** A stopped run retries nothing. */
  readonly stop: AbortController;
  /** Called when file descriptors run out: sets the concurrency to what `limit` returns; false where it returns nothing. */
  readonly reduceConcurrency: (limit: (concurrency: number, inFlight: number) => number | undefined) => boolean;
}

export interface Completion {
  /** Number of jobs that were queued for a second try. */
  readonly retried: number;
  /** Records the effect of a try on its host. `undefined`: the body has arrived, and is not stored yet. */
  recordHostResult(task: Task, result: TryResult | undefined): void;
  /** Returns the outcome of the job; undefined if it is queued again. `beganMs`: when the try started. */
  complete(task: Task, result: TryResult, beganMs: number): Outcome | undefined;
  /** Returns the outcome of a job that ends with this failure. */
  fail(task: Task, failure: Failure): Outcome;
}

/** Delay of a job that found no file descriptor: long enough for others to close theirs. */
const FD_PAUSE_MS = 100;

/** Maximum number of failures in `retried_after`. Of more, it has the first and the last half. */
const MAX_REASONS = 20;

/** Maximum length of one of them, in characters. */
const MAX_REASON_CHARS = 200;

export function completion({
  frontier,
  retry,
  hostSignal,
  clock,
  stop,
  reduceConcurrency,
}: CompletionOptions): Completion {
  const fds = fdLimit();
  let retried = 0;
  return {
    get retried() {
      return retried;
    },
    recordHostResult,
    complete,
    fail,
  };

  function recordHostResult(task: Task, result: TryResult | undefined): void {
    const nowMs = clock.nowMs();
    if (result === undefined || isDone(result)) {
      fds.recordSuccess();
      const isRequested = result === undefined || madeRequest(result);
      return frontier.finished(task, isRequested ? hostSignal(undefined) : "not_requested", nowMs);
    }
    if (isRequeue(result)) {
      if (result.requeue === "redirect") return; // `move` has ended the try at its first host, and started none at the next
      frontier.moved(task, task.home, nowMs);
      return frontier.finished(task, "neutral", nowMs);
    }
    frontier.moved(task, result.at ?? task.home, nowMs);
    const signal = hostSignal(result);
    if (signal !== "neutral") fds.recordSuccess(); // the try has reached the host, so it had a descriptor
    frontier.finished(task, signal, nowMs, result);
  }

  function complete(task: Task, result: TryResult, beganMs: number): Outcome | undefined {
    if (isDone(result)) return result;
    const nowMs = clock.nowMs();
    if (isRequeue(result)) {
      task.attempts--;
      if (result.requeue === "robots") task.spentMs += nowMs - beganMs; // the URL's time limit includes its robots.txt
      return requeue(task, nowMs, result.detail);
    }
    if (
      result.fdsExhausted === true &&
      reduceConcurrency((most, inFlight) => fds.recordExhaustion(most, inFlight, nowMs))
    ) {
      task.attempts--;
      return requeue(task, nowMs + FD_PAUSE_MS, result.detail);
    }
    task.spentMs += nowMs - beganMs;
    if (result.notRequested === true) task.attempts--;
    if (isFatal(result.error) || result.error === "interrupted") return fail(task, result);
    const decision = retry(result, task.attempts);
    const last = "giveUp" in decision ? withRetryNote(result, decision.giveUp) : undefined;
    const { pause } = decision;
    if (pause !== undefined) {
      frontier.park(task.host, nowMs + pause.ms, pause.jobs === "refuse" ? (last ?? result) : undefined);
    }
    if ("giveUp" in decision) return fail(task, last ?? result);
    const outcome = requeue(task, nowMs + decision.delayMs, result.detail);
    if (outcome === undefined) {
      if (task.retriedAfter === undefined) retried++;
      task.retriedAfter = withReason(task.retriedAfter, `${result.error}: ${result.detail.slice(0, MAX_REASON_CHARS)}`);
    }
    return outcome;
  }

  /** Queues the task again. In a stopped run the line ends as `interrupted`, for the next run. */
  function requeue(task: Task, dueMs: number, detail: string): Outcome | undefined {
    if (stop.signal.aborted) return fail(task, { error: "interrupted", detail: `stopped after ${detail}` });
    frontier.requeue(task, dueMs);
    return undefined;
  }

  function fail(task: Task, failure: Failure): Outcome {
    return failed(task, failure, clock.nowMs(), clock.timestamp());
  }
}

function withReason(before: string[] | undefined, reason: string): string[] {
  if (before === undefined) return [reason];
  if (before.length === MAX_REASONS) before.splice(MAX_REASONS / 2, 1);
  before.push(reason);
  return before;
}
