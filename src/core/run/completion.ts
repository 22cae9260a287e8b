// What follows a try: what it says of its host, and whether it was the job's last.

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
  /** A run that is stopped tries nothing again. */
  readonly stop: AbortController;
  /** Out of file descriptors: goes on with as many at a time as `asked` says, if it does. False where it does not. */
  readonly reduceConcurrency: (asked: (concurrency: number, inFlight: number) => number | undefined) => boolean;
}

export interface Completion {
  /** Tells the host how its try went; `undefined`: the body is there, whatever becomes of it here. */
  recordHostResult(task: Task, result: TryResult | undefined): void;
  /** What one try came to; undefined if there is to be another one. `beganMs`: when it began. */
  complete(task: Task, result: TryResult, beganMs: number): Outcome | undefined;
  /** The outcome of a job that ends with this failure. */
  fail(task: Task, failure: Failure): Outcome;
}

/** Without a file descriptor a job comes again after so many milliseconds. */
const SCARCE_PAUSE_MS = 100;

/** Of more tries than this, the first half and the last half say why they failed. */
const MAX_REASONS = 20;

/** What is kept of why a try failed, in characters, while another one is waited for. */
const MAX_REASON = 200;

export function completion({
  frontier,
  retry,
  hostSignal,
  clock,
  stop,
  reduceConcurrency,
}: CompletionOptions): Completion {
  const fds = fdLimit();
  return { recordHostResult, complete, fail };

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
    if (signal !== "neutral") fds.recordSuccess(); // it had a descriptor, to learn so much of the host
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
    if (result.scarce === true && reduceConcurrency((most, inFlight) => fds.recordExhaustion(most, inFlight, nowMs))) {
      task.attempts--;
      return requeue(task, nowMs + SCARCE_PAUSE_MS, result.detail);
    }
    task.spentMs += nowMs - beganMs;
    if (result.notRequested === true) task.attempts--;
    if (isFatal(result.error) || result.error === "interrupted") return fail(task, result);
    const decision = retry(result, task.attempts);
    const last = "giveUp" in decision ? withRetryNote(result, task.attempts, decision.giveUp) : undefined;
    const { pause } = decision;
    if (pause !== undefined) {
      frontier.park(task.host, nowMs + pause.ms, pause.jobs === "refuse" ? (last ?? result) : undefined);
    }
    if ("giveUp" in decision) return fail(task, last ?? result);
    const outcome = requeue(task, nowMs + decision.delayMs, result.detail);
    if (outcome === undefined) {
      task.retriedAfter = withReason(task.retriedAfter, `${result.error}: ${result.detail.slice(0, MAX_REASON)}`);
    }
    return outcome;
  }

  /** Back into the frontier; but a stopped run tries nothing again, and leaves the line open. */
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
