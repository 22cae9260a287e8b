// One job, one try: parse the URL, get it, store it, and say what became of it. Never throws.

import { bug } from "../classify.ts";
import { digestFailure, hasDigests } from "../digest.ts";
import { type Failure, isFailure } from "../failure.ts";
import { hostKey } from "../host-key.ts";
import type { Job } from "../job.ts";
import { parseUrl } from "../parse-url.ts";
import type { Answer, Get, PartialBody, RequestConditions, Sink, Stored, WriteBehind } from "../ports.ts";
import type { Task } from "../scheduler/task.ts";
import { Deferred, type Thenable } from "../structures/deferred.ts";
import { type Clock, outcomeBuilder } from "./outcomes.ts";
import type { Requeue, TryResult } from "./try-result.ts";

export interface AttemptPorts {
  readonly get: Get;
  readonly sink: Sink;
  readonly clock: Clock;
  /** Whether a task may go on at the host where a redirect leads. Default: it may. */
  readonly follow?: (task: Task, from: string, host: string) => boolean;
}

const ROBOTS_READ: Requeue = { requeue: "robots", detail: "its robots.txt was read" };

/** Makes one try of a task; never fails. */
export type Perform = (task: Task) => Thenable<TryResult | WriteBehind<TryResult>>;

/** Gives a function that makes one try. */
export function attempt({ get, sink, clock, follow }: AttemptPorts): Perform {
  /** Whose origin was asked, while all others of its host were held back: the next time they need not wait for that. */
  const askers = new WeakSet<Task>();
  const { saved, unchanged, linked, skipped } = outcomeBuilder(clock);

  return (task) => {
    const { job } = task;
    const startedMs = clock.nowMs();
    const coming = new Deferred<TryResult | WriteBehind<TryResult>>();
    const failed = (error: unknown) => coming.resolve(bug(error));
    settle(begin, job.url);
    return coming;

    /** Makes a step, and says what it comes to, if to anything. What is expected comes as a value: a throw is a bug. */
    function settle<Given>(step: (given: Given) => TryResult | WriteBehind<TryResult> | undefined, given: Given): void {
      let result: TryResult | WriteBehind<TryResult> | undefined;
      try {
        result = step(given);
      } catch (error) {
        result = bug(error);
      }
      if (result !== undefined) coming.resolve(result);
    }

    function begin(url: string): Failure | undefined {
      const refusal = refusalOf(job);
      if (refusal !== undefined) {
        return { ...refusal, known: true, notRequested: true };
      }
      const target = parseUrl(url);
      if (isFailure(target)) return target;
      if (job.duplicateOf === undefined && get.robots === undefined) return fetch(target);
      const spare = (instead: TryResult | undefined) => instead ?? fetch(target);
      spared(task, target, startedMs).then((instead) => settle(spare, instead), failed);
      return undefined;
    }

    function fetch(target: URL): Failure | undefined {
      const barred = sink.conflictOf?.(job, target);
      if (barred !== undefined) {
        return { ...barred, known: true, notRequested: true };
      }
      const ask = askFor(task);
      const store = (answer: Answer | Failure) => stored(target, ask, answer);
      const fetched = (answer: Answer | Failure) => settle(store, answer);
      const mayFollow = follow && ((from: URL, next: URL) => follow(task, hostKey(from), hostKey(next)));
      get.fetch(target, ask, mayFollow).then((answer) => {
        // The validators were another URL's: whatever they match there, it is not what was saved.
        const isOther = !isFailure(answer) && answer.status === 304 && answer.finalUrl !== job.known?.final_url;
        if (!isOther) return fetched(answer);
        get.fetch(target, { spentMs: task.spentMs + clock.nowMs() - startedMs }).then(fetched, failed);
      }, failed);
      return undefined;
    }

    /** What an answer comes to; undefined where its body takes a while. */
    function stored(
      target: URL,
      ask: RequestConditions | undefined,
      answer: Answer | Failure,
    ): TryResult | WriteBehind<TryResult> | undefined {
      if (isFailure(answer)) {
        if (answer.held === true) return { requeue: "redirect", detail: answer.detail };
        // What was kept of it does not fit: the next try begins at the first byte.
        if (ask?.kept !== undefined && (answer.error === "bad_range" || answer.status === 416)) sink.drop?.(job);
        return answer;
      }
      if (answer.skip !== undefined) {
        if (ask?.kept !== undefined) sink.drop?.(job);
        return skipped(task, answer.skip, answer, startedMs);
      }
      if (answer.status === 304 && job.known !== undefined) return unchanged(task, job.known, answer, startedMs);
      const whole = ask?.kept !== undefined && answer.from !== undefined ? completed(answer, ask.kept) : answer;
      const cancel = () => "cancel" in answer.body && answer.body.cancel();
      let written: ReturnType<Sink["write"]>;
      try {
        written = sink.write(job, target, whole);
      } catch (error) {
        cancel();
        throw error;
      }
      if ("storing" in written) return storing(task, whole, written, startedMs);
      const ended = (end: Stored | Failure) => (isFailure(end) ? end : saved(task, whole, end, startedMs));
      if (!("then" in written)) return ended(written);
      written.then(
        (end) => settle(ended, end),
        (error) => {
          cancel();
          failed(error);
        },
      );
      return undefined;
    }
  };

  /** What makes a request needless, if anything does. */
  async function spared(task: Task, target: URL, startedMs: number): Promise<TryResult | undefined> {
    const { job } = task;
    if (job.duplicateOf !== undefined) {
      const stored = await sink.link?.(job, target, job.duplicateOf);
      if (stored !== undefined) return isFailure(stored) ? stored : linked(task, job.duplicateOf, stored, startedMs);
    }
    let permit = get.robots?.check(target);
    if (permit === "unknown") {
      permit = await get.robots?.fetchAndCheck(target, "list", task.spentMs + clock.nowMs() - startedMs);
      if (permit === undefined && !askers.has(task)) {
        askers.add(task);
        return ROBOTS_READ;
      }
    }
    if (typeof permit !== "object") return undefined;
    return isFailure(permit) ? permit : skipped(task, permit, undefined, startedMs);
  }

  function askFor({ job, spentMs }: Task): RequestConditions | undefined {
    const kept = sink.partialOf?.(job);
    if (kept !== undefined) return { spentMs, kept };
    if (job.known !== undefined) return { spentMs, known: job.known };
    return spentMs > 0 ? { spentMs } : undefined;
  }

  function storing(
    task: Task,
    answer: Answer,
    written: WriteBehind<Stored | Failure>,
    startedMs: number,
  ): WriteBehind<TryResult> {
    const endedMs = clock.nowMs(); // what waits for its turn to be written waits in a queue
    const coming = new Deferred<TryResult>();
    written.storing.then(
      (stored) => coming.resolve(isFailure(stored) ? stored : saved(task, answer, stored, startedMs, endedMs)),
      (error) => coming.resolve(bug(error)),
    );
    return { storing: coming };
  }
}

/** What the list itself says against a job. */
function refusalOf(job: Job): Failure | undefined {
  return job.refused ?? (hasDigests(job) ? digestFailure(job) : undefined);
}

/** The rest of a body, with what the answer to its beginning said and this one did not. */
function completed(answer: Answer, { type, validator }: PartialBody): Answer {
  const whole: Mutable<Answer> = { ...answer };
  if (type !== undefined) whole.type ??= type;
  if (validator.startsWith('"')) whole.etag ??= validator;
  else whole.lastModified ??= validator;
  return whole;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
