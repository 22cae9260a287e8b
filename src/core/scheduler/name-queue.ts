// The queue of lines that may get the same file name: each waits, without a slot, for the outcome of the one before.

import type { Failure } from "../failure.ts";
import { isInFile, type Job, type Namesake, type Outcome } from "../job.ts";
import { isDuplicateSource } from "./dedupe.ts";
import { charsOf } from "./job-size.ts";
import type { Frontier } from "./task.ts";

/** The part of a line's file name that is known before the answer. */
export interface Expected {
  /** Lines with different keys get different names, whatever the answers are. */
  readonly key: string;
  /** The name, where it does not depend on the answer. */
  readonly file?: string;
}

export interface NameQueue extends Frontier {
  /** Called with the outcome of a job that was added. */
  settled(outcome: Outcome, nowMs: number): void;
}

export interface NameQueueOptions {
  /** Returns undefined for a line whose name no other line can have. */
  readonly expect: (job: Job) => Expected | undefined;
  /** Number of waiting jobs, and of their characters, at which it is full. */
  readonly capacity: number;
  readonly capacityChars: number;
}

/** Lines of one key: those in the inner frontier, and those that wait for them. */
interface Chain {
  readonly key: string;
  open: number;
  /** The name of at least one of them depends on its answer. */
  isUncertain: boolean;
  readonly held: Job[];
  readonly saved: Namesake[];
}

/** Maximum number of names passed to the lines that wait. The others are in the folder as well. */
const MAX_NAMESAKES = 100;

/**
 * Wraps a frontier, and adds lines of one key to it one after the other, in the order of the list, unless all have names that
 * are known to differ. So the first line of the list gets a name, whichever answer comes first. Memory grows with the lines
 * in the frontier and those that wait.
 */
export function nameQueue(inner: Frontier, { expect, capacity, capacityChars }: NameQueueOptions): NameQueue {
  const chains = new Map<string, Chain>();
  /** By the number of a line in the inner frontier. */
  const chainOf = new Map<number, Chain>();
  let held = 0;
  let heldChars = 0;

  return {
    get waiting() {
      return inner.waiting + held;
    },
    get full() {
      return inner.full || held >= capacity || heldChars >= capacityChars;
    },
    add(job, nowMs) {
      const expected = job.refused === undefined ? expect(job) : undefined;
      if (expected === undefined) return inner.add(job, nowMs);
      const { key } = expected;
      const isUncertain = expected.file === undefined;
      const chain = chains.get(key);
      if (chain !== undefined && (isUncertain || chain.isUncertain)) {
        chain.isUncertain ||= isUncertain;
        chain.held.push(job);
        held++;
        heldChars += charsOf(job);
        return;
      }
      const own = chain ?? { key, open: 0, isUncertain, held: [], saved: [] };
      chains.set(key, own);
      start(own, job, nowMs);
    },
    requeue: (task, dueMs) => inner.requeue(task, dueMs),
    next: (nowMs) => inner.next(nowMs),
    dueMs: (nowMs) => inner.dueMs(nowMs),
    finished: (task, signal, nowMs, failure) => inner.finished(task, signal, nowMs, failure),
    move: (task, host, signal, nowMs) => inner.move(task, host, signal, nowMs),
    moved: (task, host, nowMs) => inner.moved(task, host, nowMs),
    park: (host, untilMs, last) => inner.park(host, untilMs, last),
    settled(outcome, nowMs) {
      const { n } = outcome;
      if (outcome.outcome === "failed" && outcome.error === "duplicate_number") return; // the number is another line's
      const chain = chainOf.get(n);
      if (chain === undefined) return;
      chainOf.delete(n);
      const isNamesake = isDuplicateSource(outcome) && isInFile(outcome);
      if (isNamesake && chain.saved.length < MAX_NAMESAKES) chain.saved.push({ n, file: outcome.file });
      if (--chain.open === 0) release(chain, nowMs);
    },
  };

  function start(chain: Chain, job: Job, nowMs: number): void {
    chain.open++;
    chainOf.set(job.n, chain);
    inner.add(job, nowMs);
  }

  /** Returns the job with its namesakes, or refused where its name is known to be taken. */
  function withNamesakes(saved: readonly Namesake[], job: Job, file: string | undefined): Job {
    if (saved.length === 0) return job;
    const namesake = saved.find((one) => one.file === file);
    return namesake === undefined ? { ...job, namesakes: [...saved] } : { ...job, refused: isNameOf(namesake) };
  }

  /** Adds the next job that waits, and those behind it whose names are known to differ. */
  function release(chain: Chain, nowMs: number): void {
    let isNext = true;
    chain.isUncertain = false;
    for (let job = chain.held[0]; job !== undefined; job = chain.held[0]) {
      const file = expect(job)?.file;
      const isUncertain = file === undefined;
      if (!isNext && (isUncertain || chain.isUncertain)) break;
      isNext = false;
      chain.isUncertain = isUncertain;
      chain.held.shift();
      held--;
      heldChars -= charsOf(job);
      start(chain, withNamesakes(chain.saved, job, file), nowMs);
    }
    chain.isUncertain ||= chain.held.length > 0;
    if (chain.open === 0) chains.delete(chain.key);
  }
}

/** Returns the failure of a line whose name is another line's. */
export function isNameOf({ n, file }: Namesake): Failure {
  const line = n === 0 ? "an earlier line" : `line ${n.toLocaleString("en")}`;
  return { error: "file_exists", detail: `${file} is the name of ${line} as well` };
}
