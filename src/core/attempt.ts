// One job, one try: parse the URL, get it, store it, and say what became of it. Never throws.

import { bug } from "./classify.ts";
import { type Failure, isFailure, isRetryable } from "./failure.ts";
import type { Task } from "./frontier.ts";
import type { Failed, Job, Known, Outcome, Saved, Unchanged } from "./job.ts";
import type { Answer, Ask, Get, Kept, Sink, Stored } from "./ports.ts";
import { parseTarget } from "./target.ts";

export interface Clock {
  /** Milliseconds on a clock that never jumps. */
  nowMs(): number;
  /** The wall clock, as ISO 8601. */
  timestamp(): string;
}

export interface AttemptPorts {
  readonly get: Get;
  readonly sink: Sink;
  readonly clock: Clock;
}

/** Gives a function that makes one try: the job's outcome, or why this try did not come to one. */
export function attempt({ get, sink, clock }: AttemptPorts): (task: Task) => Promise<Saved | Unchanged | Failure> {
  return async (task) => {
    const { job } = task;
    const startedMs = clock.nowMs();
    let answer: Answer | Failure | undefined;
    try {
      const target = parseTarget(job.url);
      if (isFailure(target)) return target;
      const ask = askFor(task);
      answer = await get.fetch(target, ask);
      // The validators were another URL's: whatever they match there, it is not what was saved.
      if (!isFailure(answer) && answer.status === 304 && answer.finalUrl !== job.known?.final_url) {
        answer = await get.fetch(target, { spentMs: task.spentMs + clock.nowMs() - startedMs });
      }
      if (isFailure(answer)) {
        // What was kept of it does not fit: the next try begins at the first byte.
        if (ask?.kept !== undefined && (answer.error === "bad_range" || answer.status === 416)) sink.drop?.(job);
        return answer;
      }
      if (answer.status === 304 && job.known !== undefined) return unchanged(task, job.known, answer, startedMs);
      if (ask?.kept !== undefined && answer.from !== undefined) answer = completed(answer, ask.kept);
      const storing = sink.write(job, target, answer);
      const stored = storing instanceof Promise ? await storing : storing;
      return isFailure(stored) ? stored : saved(task, answer, stored, startedMs);
    } catch (error) {
      // What is expected comes as a value: a throw is a bug of the web's or the sink's.
      if (answer !== undefined && !isFailure(answer) && "cancel" in answer.body) answer.body.cancel();
      return bug(error);
    }
  };

  function askFor({ job, spentMs }: Task): Ask | undefined {
    const kept = sink.kept?.(job);
    if (kept !== undefined) return { spentMs, kept };
    if (job.known !== undefined) return { spentMs, known: job.known };
    return spentMs > 0 ? { spentMs } : undefined;
  }

  function saved(task: Task, answer: Answer, stored: Stored, startedMs: number): Saved {
    const { n, url } = task.job;
    const { status } = answer;
    const { file, bytes } = stored;
    const rest = { attempts: task.attempts, ttfb_ms: rounded(answer.ttfbMs), total_ms: 0, time: clock.timestamp() };
    // The beginning of a record is the same for all, for whoever reads a million of them.
    const outcome: Mutable<Saved> =
      file === undefined
        ? { n, url, outcome: "saved", status, bytes, ...rest }
        : { n, url, outcome: "saved", file, status, bytes, ...rest };
    timed(outcome, task, startedMs, clock.nowMs());
    if (stored.body !== undefined) outcome.body = stored.body;
    if (stored.sha256 !== undefined) outcome.sha256 = stored.sha256;
    if (answer.type !== undefined) outcome.type = answer.type;
    if (answer.encoding !== undefined) outcome.encoding = answer.encoding;
    if (answer.finalUrl !== undefined) outcome.final_url = answer.finalUrl;
    if (answer.etag !== undefined) outcome.etag = answer.etag;
    if (answer.lastModified !== undefined) outcome.last_modified = answer.lastModified;
    if (!answer.lengthVerified) outcome.length = "unverified";
    return withOrigin(outcome, task.job);
  }

  /** The record of a file that is still good says all that the one before said of it. */
  function unchanged(task: Task, known: Known, answer: Answer, startedMs: number): Unchanged {
    const { n, url } = task.job;
    const { file, bytes, ...rest } = known;
    const outcome: Mutable<Unchanged> = {
      n,
      url,
      outcome: "unchanged",
      file,
      status: answer.status,
      bytes,
      attempts: task.attempts,
      ttfb_ms: rounded(answer.ttfbMs),
      total_ms: 0,
      time: clock.timestamp(),
      ...rest,
    };
    timed(outcome, task, startedMs, clock.nowMs());
    if (answer.etag !== undefined) outcome.etag = answer.etag;
    if (answer.lastModified !== undefined) outcome.last_modified = answer.lastModified;
    return withOrigin(outcome, task.job);
  }
}

/** The outcome of a task that ends with a failure, its last; the times of all tries are in the task by now. */
export function failed(task: Task, failure: Failure, nowMs: number, time: string): Failed {
  const { job } = task;
  const outcome: Mutable<Failed> = {
    n: job.n,
    url: job.url,
    outcome: "failed",
    error: failure.error,
    detail: failure.detail,
    retryable: isRetryable(failure),
    attempts: task.attempts,
    total_ms: 0,
    time,
  };
  timed(outcome, task, nowMs, nowMs);
  if (failure.status !== undefined) outcome.status = failure.status;
  if (job.sha256 !== undefined) outcome.expected_sha256 = job.sha256;
  // The file of an earlier run is still there, and is what the next update starts from.
  if (job.known !== undefined) Object.assign(outcome, job.known);
  else if (job.replaces !== undefined) outcome.file = job.replaces;
  return withOrigin(outcome, job);
}

/** The last of several failures, with how many there were and why there is no other try. */
export function explained(failure: Failure, attempts: number, why: string | undefined): Failure {
  const after = attempts > 1 ? ` after ${attempts} attempts` : "";
  const detail = `${failure.detail}${after}${why === undefined ? "" : `; ${why}`}`;
  return detail === failure.detail ? failure : { ...failure, detail };
}

/** The rest of a body, with what the answer to its beginning said and this one did not. */
function completed(answer: Answer, { type, validator }: Kept): Answer {
  const whole: Mutable<Answer> = { ...answer };
  if (type !== undefined) whole.type ??= type;
  if (validator.startsWith('"')) whole.etag ??= validator;
  else whole.lastModified ??= validator;
  return whole;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function timed(outcome: Mutable<Outcome>, task: Task, startedMs: number, nowMs: number): void {
  outcome.total_ms = rounded(task.spentMs + nowMs - startedMs);
  const waitMs = rounded(startedMs - task.addedMs - task.spentMs);
  if (waitMs > 0) outcome.wait_ms = waitMs;
  if (task.retriedAfter !== undefined) outcome.retried_after = task.retriedAfter;
}

function withOrigin<T extends Mutable<Outcome>>(outcome: T, job: Job): T {
  if (job.name !== undefined) outcome.name = job.name;
  if (job.list !== undefined) outcome.list = job.list;
  if (job.line !== undefined) outcome.line = job.line;
  return outcome;
}

/** Milliseconds to a tenth: what a record needs. */
function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
