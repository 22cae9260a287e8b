// One job, one try: parse the URL, get it, store it, and say what became of it. Never throws.

import { bug } from "./classify.ts";
import { type Failure, isFailure, isRetryable } from "./failure.ts";
import type { Failed, Job, Outcome, Saved } from "./job.ts";
import type { Answer, Get, Sink, Stored } from "./ports.ts";
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

/** Gives a function that turns a job into its outcome. */
export function attempt({ get, sink, clock }: AttemptPorts): (job: Job) => Promise<Outcome> {
  return async (job) => {
    const startedMs = clock.nowMs();
    let answer: Answer | Failure | undefined;
    try {
      const target = parseTarget(job.url);
      if (isFailure(target)) return failed(job, target, startedMs);
      answer = await get.fetch(target);
      if (isFailure(answer)) return failed(job, answer, startedMs);
      const storing = sink.write(job, target, answer);
      const stored = storing instanceof Promise ? await storing : storing;
      return isFailure(stored) ? failed(job, stored, startedMs) : saved(job, answer, stored, startedMs);
    } catch (error) {
      // What is expected comes as a value: a throw is a bug of the web's or the sink's.
      if (answer !== undefined && !isFailure(answer) && "cancel" in answer.body) answer.body.cancel();
      return failed(job, bug(error), startedMs);
    }
  };

  function saved(job: Job, answer: Answer, stored: Stored, startedMs: number): Saved {
    const outcome: Mutable<Saved> = {
      n: job.n,
      url: job.url,
      outcome: "saved",
      status: answer.status,
      bytes: stored.bytes,
      attempts: 1,
      ttfb_ms: rounded(answer.ttfbMs),
      total_ms: rounded(clock.nowMs() - startedMs),
      time: clock.timestamp(),
    };
    if (stored.body !== undefined) outcome.body = stored.body;
    if (stored.file !== undefined) outcome.file = stored.file;
    if (answer.type !== undefined) outcome.type = answer.type;
    if (answer.encoding !== undefined) outcome.encoding = answer.encoding;
    if (answer.finalUrl !== undefined) outcome.final_url = answer.finalUrl;
    if (answer.etag !== undefined) outcome.etag = answer.etag;
    if (answer.lastModified !== undefined) outcome.last_modified = answer.lastModified;
    if (!answer.lengthVerified) outcome.length = "unverified";
    return withOrigin(outcome, job);
  }

  function failed(job: Job, failure: Failure, startedMs: number): Failed {
    const outcome: Mutable<Failed> = {
      n: job.n,
      url: job.url,
      outcome: "failed",
      error: failure.error,
      detail: failure.detail,
      retryable: isRetryable(failure),
      attempts: 1,
      total_ms: rounded(clock.nowMs() - startedMs),
      time: clock.timestamp(),
    };
    if (failure.status !== undefined) outcome.status = failure.status;
    return withOrigin(outcome, job);
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

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
