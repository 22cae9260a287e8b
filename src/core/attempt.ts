// One job, one try: parse the URL, get it, store it, and say what became of it. Never throws.

import { bug } from "./classify.ts";
import { type Failure, isFailure } from "./failure.ts";
import type { Task } from "./frontier.ts";
import type { Saved, Skipped, Unchanged } from "./job.ts";
import type { Answer, Ask, Get, Kept, Sink, Stored, Storing } from "./ports.ts";
import { type Clock, records } from "./records.ts";
import { parseTarget } from "./target.ts";

export interface AttemptPorts {
  readonly get: Get;
  readonly sink: Sink;
  readonly clock: Clock;
}

/** What comes of one try: the job's outcome, or why it did not come to one. */
export type Tried = Saved | Unchanged | Skipped | Failure;

/** No try at all: the job's origin was asked whether it may be fetched, and its turn comes again. */
export const LATER: Failure = { error: "interrupted", detail: "its robots.txt was read" };

/** Makes one try of a task; never rejects. */
export type Perform = (task: Task) => Promise<Tried | Storing<Tried>>;

/** Gives a function that makes one try. */
export function attempt({ get, sink, clock }: AttemptPorts): Perform {
  /** Whose origin was asked, while all others of its host were held back: the next time they need not wait for that. */
  const askers = new WeakSet<Task>();
  const { saved, unchanged, linked, skipped } = records(clock);

  return async (task) => {
    const { job } = task;
    const startedMs = clock.nowMs();
    let answer: Answer | Failure | undefined;
    try {
      const target = parseTarget(job.url);
      if (isFailure(target)) return target;
      if (job.twin !== undefined) {
        const stored = await sink.link?.(job, target, job.twin);
        if (stored !== undefined) return isFailure(stored) ? stored : linked(task, job.twin, stored, startedMs);
      }
      let permit = get.permits?.of(target);
      if (permit === "unknown") {
        permit = await get.permits?.ask(target, "home");
        if (permit === undefined && !askers.has(task)) {
          askers.add(task);
          return LATER;
        }
      }
      if (typeof permit === "object") return isFailure(permit) ? permit : skipped(task, permit, undefined, startedMs);
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
      if (answer.skip !== undefined) {
        if (ask?.kept !== undefined) sink.drop?.(job);
        return skipped(task, answer.skip, answer, startedMs);
      }
      if (answer.status === 304 && job.known !== undefined) return unchanged(task, job.known, answer, startedMs);
      if (ask?.kept !== undefined && answer.from !== undefined) answer = completed(answer, ask.kept);
      const written = sink.write(job, target, answer);
      if ("storing" in written) return storing(task, answer, written, startedMs);
      const stored = written instanceof Promise ? await written : written;
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

  function storing(task: Task, answer: Answer, written: Storing<Stored | Failure>, startedMs: number): Storing<Tried> {
    const endedMs = clock.nowMs(); // what waits for its turn to be written waits in a queue
    return {
      storing(done) {
        written.storing((stored) => done(isFailure(stored) ? stored : saved(task, answer, stored, startedMs, endedMs)));
      },
    };
  }
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
