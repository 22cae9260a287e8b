// One try of a job: parses the URL, requests it, stores the body, and returns the result. Never throws.

import { bug } from "../classify.ts";
import { digestFailure, hasDigests } from "../digest.ts";
import { type Failure, isFailure } from "../failure.ts";
import type { Job, ShardPlace, Unchanged } from "../job.ts";
import type { Answer, BodyStream, Get, PartialBody, RequestConditions, Sink, Stored, WriteBehind } from "../ports.ts";
import type { Task } from "../scheduler/task.ts";
import { Deferred, type Thenable } from "../structures/deferred.ts";
import type { Transfer } from "../transfer.ts";
import { hostKey } from "../url/host-key.ts";
import { parseUrl } from "../url/parse-url.ts";
import { type Clock, outcomeBuilder } from "./outcomes.ts";
import type { Requeue, TryResult } from "./try-result.ts";

export interface AttemptPorts {
  readonly get: Get;
  readonly sink: Sink;
  readonly clock: Clock;
  /** Whether a task may go on at the host of a redirect. Default: yes. */
  readonly follow?: (task: Task, from: string, host: string) => boolean;
  /** Whether no other job of the task's host is expected soon. Default: not known. */
  readonly isLast?: (task: Task) => boolean;
}

const ROBOTS_READ: Requeue = { requeue: "robots", detail: "its robots.txt was read" };

/** Makes one try of a task. Never rejects. */
export type Perform = (task: Task) => Thenable<TryResult | WriteBehind<TryResult>>;

/** Returns a function that makes one try. */
export function attempt({ get, sink, clock, follow, isLast }: AttemptPorts): Perform {
  /** Tasks that have waited for their robots.txt once: they need not wait again, even if its content was dropped meanwhile. */
  const robotsWaiters = new WeakSet<Task>();
  const { saved, unchanged, linked, skipped } = outcomeBuilder(clock);

  return (task) => {
    const { job } = task;
    const startedMs = clock.nowMs();
    const deferred = new Deferred<TryResult | WriteBehind<TryResult>>();
    const failed = (error: unknown) => deferred.resolve(bug(error));
    run(begin, job.url);
    return deferred;

    /** Runs a step, and resolves the try with its result, if it has one. Expected failures are values: a throw is a bug. */
    function run<Given>(step: (given: Given) => TryResult | WriteBehind<TryResult> | undefined, given: Given): void {
      let result: TryResult | WriteBehind<TryResult> | undefined;
      try {
        result = step(given);
      } catch (error) {
        result = bug(error);
      }
      if (result !== undefined) deferred.resolve(result);
    }

    function begin(url: string): Failure | undefined {
      const refusal = refusalOf(job);
      if (refusal !== undefined) {
        return { ...refusal, isFinal: true, notRequested: true };
      }
      const target = parseUrl(url);
      if (isFailure(target)) return target;
      if (job.duplicateOf === undefined && get.robots === undefined) return fetch(target);
      const orFetch = (instead: TryResult | undefined) => instead ?? fetch(target);
      withoutRequest(task, target, startedMs).then((instead) => run(orFetch, instead), failed);
      return undefined;
    }

    function fetch(target: URL): Failure | undefined {
      const barred = sink.conflictOf?.(job, target);
      if (barred !== undefined) {
        return { ...barred, isFinal: true, notRequested: true };
      }
      const ask = askFor(task);
      const store = (answer: Answer | Failure) => stored(target, ask, answer);
      const fetched = (answer: Answer | Failure) => run(store, answer);
      const mayFollow = follow && ((from: URL, next: URL) => follow(task, hostKey(from), hostKey(next)));
      get.fetch(target, ask, mayFollow, isLast?.(task)).then((answer) => {
        // The validators belong to another URL: a 304 from this one says nothing about the saved file.
        const isOther = !isFailure(answer) && answer.status === 304 && answer.finalUrl !== job.known?.final_url;
        if (!isOther) return fetched(answer);
        const own = job.headers === undefined ? undefined : { headers: job.headers };
        get.fetch(target, { spentMs: task.spentMs + clock.nowMs() - startedMs, ...own }).then(fetched, failed);
      }, failed);
      return undefined;
    }

    /** Stores the body of an answer. Returns the result; undefined where that comes later. */
    function stored(
      target: URL,
      ask: RequestConditions | undefined,
      answer: Answer | Failure,
    ): TryResult | WriteBehind<TryResult> | undefined {
      if (isFailure(answer)) {
        if (answer.waitsForHost === true) return { requeue: "redirect", detail: answer.detail };
        // The partial body does not match: the next try starts at the first byte.
        if (ask?.kept !== undefined && (answer.error === "bad_range" || answer.status === 416)) sink.drop?.(job);
        return answer;
      }
      if (answer.skip !== undefined) {
        if (ask?.kept !== undefined) sink.drop?.(job);
        return skipped(task, answer.skip, answer, startedMs);
      }
      if (answer.status === 304 && job.known !== undefined) {
        const done = unchanged(task, job.known, answer, startedMs);
        return answer.wire && sink.keep ? placed(done, sink.keep(job, answer.wire)) : done;
      }
      const whole = ask?.kept !== undefined && answer.from !== undefined ? completed(answer, ask.kept) : answer;
      if ("next" in whole.body) task.transfer = transferOf(whole, whole.body);
      const cancel = () => "cancel" in answer.body && answer.body.cancel();
      let written: ReturnType<Sink["write"]>;
      try {
        written = sink.write(job, target, whole);
      } catch (error) {
        cancel();
        throw error;
      }
      if ("storing" in written) return storing(task, whole, written, startedMs);
      const ended = (end: Stored | Failure | WriteBehind<Stored | Failure>) => {
        if ("storing" in end) return storing(task, whole, end, startedMs);
        return isFailure(end) ? end : saved(task, whole, end, startedMs);
      };
      if (!("then" in written)) return ended(written);
      written.then(
        (end) => run(ended, end),
        (error) => {
          cancel();
          failed(error);
        },
      );
      return undefined;
    }
  };

  /** Returns the result where no request is needed: another line's file, or robots.txt. */
  async function withoutRequest(task: Task, target: URL, startedMs: number): Promise<TryResult | undefined> {
    const { job } = task;
    if (job.duplicateOf !== undefined) {
      const stored = await sink.link?.(job, target, job.duplicateOf);
      if (stored !== undefined) return isFailure(stored) ? stored : linked(task, job.duplicateOf, stored, startedMs);
    }
    let permit = get.robots?.check(target);
    if (permit === "unknown") {
      permit = await get.robots?.fetchAndCheck(target, "list", task.spentMs + clock.nowMs() - startedMs);
      if (permit === undefined && !robotsWaiters.has(task)) {
        robotsWaiters.add(task);
        return ROBOTS_READ;
      }
    }
    if (typeof permit !== "object") return undefined;
    return isFailure(permit) ? permit : skipped(task, permit, undefined, startedMs);
  }

  function askFor({ job, spentMs }: Task): RequestConditions | undefined {
    const kept = sink.partialOf?.(job);
    const own = job.headers === undefined ? undefined : { headers: job.headers };
    if (kept !== undefined) return { spentMs, kept, ...own };
    if (job.known !== undefined) return { spentMs, known: job.known, ...own };
    return spentMs > 0 ? { spentMs, ...own } : own;
  }

  function storing(
    task: Task,
    answer: Answer,
    written: WriteBehind<Stored | Failure>,
    startedMs: number,
  ): WriteBehind<TryResult> {
    // The wait for the disk is not part of the try.
    const endedMs = clock.nowMs();
    const time = clock.timestamp();
    const deferred = new Deferred<TryResult>();
    written.storing.then(
      (stored) => deferred.resolve(isFailure(stored) ? stored : saved(task, answer, stored, startedMs, endedMs, time)),
      (error) => deferred.resolve(bug(error)),
    );
    return { storing: deferred };
  }
}

/** Returns what reporters show of a body that is still arriving; undefined if its bytes are not counted. */
function transferOf({ from = 0, wholeBytes }: Answer, body: BodyStream): Transfer | undefined {
  const { receivedBytes } = body;
  return receivedBytes && { wholeBytes, bytesSoFar: () => from + receivedBytes() };
}

/** Adds the place of the record of a 304. */
function placed(done: Unchanged, kept: WriteBehind<ShardPlace | Failure>): WriteBehind<TryResult> {
  const deferred = new Deferred<TryResult>();
  kept.storing.then(
    (place) => deferred.resolve(isFailure(place) ? place : { ...done, ...place }),
    (error) => deferred.resolve(bug(error)),
  );
  return { storing: deferred };
}

/** Returns the failure of a line that is known from the list. */
function refusalOf(job: Job): Failure | undefined {
  return job.refused ?? (hasDigests(job) ? digestFailure(job) : undefined);
}

/** Returns an answer to a range request, with the headers of the first answer that this one may leave out (RFC 9110 section 15.3.7). */
function completed(answer: Answer, { type, validator }: PartialBody): Answer {
  const whole: Mutable<Answer> = { ...answer };
  if (type !== undefined) whole.type ??= type;
  if (validator.startsWith('"')) whole.etag ??= validator;
  else whole.lastModified ??= validator;
  return whole;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
