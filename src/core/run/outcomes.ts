// Makes the outcome of a job from the result of its last try.

import { copyDigests, DIGEST_NAMES, hasDigests } from "../digest.ts";
import { type Failure, isRetryable } from "../failure.ts";
import type { ConnectionTimes } from "../http/connection-times.ts";
import type {
  DuplicateSource,
  Failed,
  Job,
  KnownFile,
  KnownRecord,
  Outcome,
  Saved,
  Skipped,
  Unchanged,
} from "../job.ts";
import type { Answer, Stored } from "../ports.ts";
import type { Skip } from "../run/robots-policy.ts";
import { attemptsBefore, type Task } from "../scheduler/task.ts";
import { redacted } from "../url/redact.ts";
import { withoutUserinfo } from "../url/userinfo.ts";

export interface Clock {
  /** Milliseconds of a monotonic clock. */
  nowMs(): number;
  /** The wall clock in ISO 8601. */
  timestamp(): string;
}

export interface OutcomeBuilder {
  /** `endedMs`, `time`: when the try ended, if that is not now. */
  saved(task: Task, answer: Answer, stored: Stored, startedMs: number, endedMs?: number, time?: string): Saved;
  /** The record of an unchanged file has all that the previous record had. */
  unchanged(task: Task, known: KnownFile | KnownRecord, answer: Answer, startedMs: number): Unchanged;
  /** Saved without a request: everything but the name and the times is the other line's. */
  linked(task: Task, twin: DuplicateSource, stored: Stored, startedMs: number): Saved;
  /** Skipped for robots.txt or X-Robots-Tag. Without an answer, no request was made. */
  skipped(task: Task, skip: Skip, answer: Answer | undefined, startedMs: number): Skipped;
}

/** Makes outcomes of tries that end now; `startedMs`: when the try started. */
export function outcomeBuilder(clock: Clock): OutcomeBuilder {
  return { saved, unchanged, linked, skipped };

  function saved(
    task: Task,
    answer: Answer,
    stored: Stored,
    startedMs: number,
    endedMs: number = clock.nowMs(),
    time: string = clock.timestamp(),
  ): Saved {
    const { n } = task.job;
    const url = redacted(task.job.url);
    const { status } = answer;
    const { file, bytes, place } = stored;
    const rest = { attempts: task.attempts, ttfb_ms: rounded(answer.ttfbMs), total_ms: 0, time };
    // All records start with the same keys in the same order, so that they can be scanned fast.
    const outcome: Mutable<Saved> =
      file === undefined
        ? { n, url, outcome: "saved", ...place, status, bytes, ...rest }
        : { n, url, outcome: "saved", file, status, bytes, ...rest };
    timed(outcome, task, startedMs, endedMs);
    if (answer.opened !== undefined) opened(outcome, answer.opened);
    if (stored.body !== undefined) outcome.body = stored.body;
    copyDigests(stored, outcome);
    if (stored.headersFile !== undefined) outcome.headers_file = stored.headersFile;
    if (answer.type !== undefined) outcome.type = answer.type;
    if (answer.encoding !== undefined) outcome.encoding = answer.encoding;
    if (answer.finalUrl !== undefined) outcome.final_url = answer.finalUrl;
    if (answer.etag !== undefined) outcome.etag = answer.etag;
    if (answer.lastModified !== undefined) outcome.last_modified = answer.lastModified;
    if (!answer.lengthVerified) outcome.length = "unverified";
    return withOrigin(outcome, task.job);
  }

  function unchanged(task: Task, known: KnownFile | KnownRecord, answer: Answer, startedMs: number): Unchanged {
    const { n, url } = task.job;
    const { bytes, ...rest } = known;
    const outcome: Mutable<Unchanged> = {
      n,
      url: redacted(url),
      outcome: "unchanged",
      ...("file" in known ? { file: known.file } : {}),
      status: answer.status,
      bytes,
      attempts: task.attempts,
      ttfb_ms: rounded(answer.ttfbMs),
      total_ms: 0,
      time: clock.timestamp(),
      ...rest,
    };
    timed(outcome, task, startedMs, clock.nowMs());
    if (answer.opened !== undefined) opened(outcome, answer.opened);
    if (answer.etag !== undefined) outcome.etag = answer.etag;
    if (answer.lastModified !== undefined) outcome.last_modified = answer.lastModified;
    return withOrigin(outcome, task.job);
  }

  function linked(task: Task, twin: DuplicateSource, stored: Stored, startedMs: number): Saved {
    const { file, bytes, place } = stored;
    const { type, encoding, etag, last_modified, final_url, n: of } = twin;
    const [status, length, first] =
      twin.outcome === "saved" ? [twin.status, twin.length, twin.duplicate_of ?? of] : [200, undefined, of];
    const outcome: Mutable<Saved> = {
      n: task.job.n,
      url: redacted(task.job.url),
      outcome: "saved",
      ...(file === undefined ? {} : { file }),
      ...place,
      status,
      bytes,
      attempts: attemptsBefore(task),
      total_ms: 0,
      time: clock.timestamp(),
      duplicate_of: first,
    };
    timed(outcome, task, startedMs, clock.nowMs());
    copyDigests(stored, outcome);
    if (stored.headersFile !== undefined) outcome.headers_file = stored.headersFile;
    if (type !== undefined) outcome.type = type;
    if (encoding !== undefined) outcome.encoding = encoding;
    if (final_url !== undefined) outcome.final_url = final_url;
    if (etag !== undefined) outcome.etag = etag;
    if (last_modified !== undefined) outcome.last_modified = last_modified;
    if (length !== undefined) outcome.length = length;
    return withOrigin(outcome, task.job);
  }

  function skipped(task: Task, skip: Skip, answer: Answer | undefined, startedMs: number): Skipped {
    const { job } = task;
    const outcome: Mutable<Skipped> = {
      n: job.n,
      url: redacted(job.url),
      outcome: "skipped",
      reason: skip.reason,
      detail: skip.detail,
      attempts: answer === undefined ? attemptsBefore(task) : task.attempts,
      total_ms: 0,
      time: clock.timestamp(),
    };
    timed(outcome, task, startedMs, clock.nowMs());
    if (answer !== undefined) {
      outcome.status = answer.status;
      outcome.ttfb_ms = rounded(answer.ttfbMs);
    }
    withFile(outcome, job);
    if (job.known === undefined && answer?.finalUrl !== undefined) outcome.final_url = answer.finalUrl;
    return withOrigin(outcome, job);
  }
}

/** Returns the outcome of a task that ends with a failure. The task has the times of all tries. */
export function failed(task: Task, failure: Failure, nowMs: number, time: string): Failed {
  const { job } = task;
  const outcome: Mutable<Failed> = {
    n: job.n,
    url: redacted(job.url),
    outcome: "failed",
    error: failure.error,
    detail: failure.detail,
    retryable: isRetryable(failure),
    attempts: task.attempts,
    total_ms: 0,
    time,
  };
  timed(outcome, task, nowMs, nowMs);
  if (failure.opened !== undefined) opened(outcome, failure.opened);
  if (failure.status !== undefined) outcome.status = failure.status;
  if (hasDigests(job))
    for (const name of DIGEST_NAMES) if (job[name] !== undefined) outcome[`expected_${name}`] = job[name];
  withFile(outcome, job);
  withOrigin(outcome, job);
  // The line may have its URL in the name column.
  const isNoUrl = failure.error === "invalid_url" || failure.error === "unsupported_scheme";
  if (isNoUrl && outcome.name !== undefined) outcome.name = withoutUserinfo(outcome.name);
  return outcome;
}

/** Names the file of an earlier run, which is still there: the next update starts from it. */
function withFile(outcome: Mutable<Failed | Skipped>, { known, kept, replaces, replacesHeaders }: Job): void {
  const body = kept ?? known;
  if (body !== undefined) Object.assign(outcome, body);
  else if (replaces !== undefined) outcome.file = replaces;
  if (replaces !== undefined && replacesHeaders !== undefined) outcome.headers_file = replacesHeaders;
}

/** Adds why there is no other try to the last failure of a job. The number of tries is the outcome's `attempts`. */
export function withRetryNote(failure: Failure, why: string | undefined): Failure {
  return why === undefined ? failure : { ...failure, detail: `${failure.detail}; ${why}` };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function timed(outcome: Mutable<Outcome>, task: Task, startedMs: number, nowMs: number): void {
  outcome.total_ms = rounded(task.spentMs + nowMs - startedMs);
  const waitMs = rounded(startedMs - task.addedMs - task.spentMs);
  if (waitMs > 0) outcome.wait_ms = waitMs;
  if (task.retriedAfter !== undefined) outcome.retried_after = task.retriedAfter;
}

function opened(outcome: Mutable<Outcome>, { dnsMs, connectMs, tlsMs }: ConnectionTimes): void {
  if (dnsMs !== undefined) outcome.dns_ms = rounded(dnsMs);
  if (connectMs !== undefined) outcome.connect_ms = rounded(connectMs);
  if (tlsMs !== undefined) outcome.tls_ms = rounded(tlsMs);
}

function withOrigin<T extends Mutable<Outcome>>(outcome: T, job: Job): T {
  if (job.name !== undefined) outcome.name = job.name;
  if (job.list !== undefined) outcome.list = job.list;
  if (job.line !== undefined) outcome.line = job.line;
  if (job.extra !== undefined) outcome.extra = job.extra;
  if (job.data !== undefined) outcome.data = job.data;
  return outcome;
}

/** Rounds to a tenth of a millisecond. */
function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
