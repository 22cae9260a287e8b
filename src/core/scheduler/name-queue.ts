// Lines that may get one name, which only an answer tells: held back without a slot until the one before has its outcome.

import type { Failure } from "../failure.ts";
import type { Job, Namesake, Outcome } from "../job.ts";
import { isDuplicateSource } from "./dedupe.ts";
import { charsOf } from "./job-size.ts";
import type { Frontier } from "./task.ts";

/** What is known of a line's name before there is an answer. */
export interface Expected {
  /** Lines with another one get another name, whatever is answered. */
  readonly key: string;
  /** The name, where no answer changes it. */
  readonly file?: string;
}

export interface NameQueue extends Frontier {
  /** Whatever was added has its outcome. */
  settled(outcome: Outcome, nowMs: number): void;
}

export interface NameQueueOptions {
  /** Undefined for a line whose name no other can have. */
  readonly expect: (job: Job) => Expected | undefined;
  /** Jobs held back at which it is full, and the same in characters. */
  readonly capacity: number;
  readonly capacityChars: number;
}

/** Lines of one key that are on their way, and those that wait for them. */
interface Chain {
  readonly key: string;
  open: number;
  /** One of them, or of those that wait, has a name that only its answer tells. */
  isUncertain: boolean;
  readonly held: Job[];
  readonly saved: Namesake[];
}

/** More names than these are not told to those that wait: the folder has them as well. */
const MAX_NAMESAKES = 100;

/**
 * The same frontier, into which lines of one key go one after the other, in the order of the list, unless all have names that
 * are known to differ. So the first of those that come to one name has it, whichever answer is first. Memory: what is on its
 * way, and waits.
 */
export function nameQueue(inner: Frontier, { expect, capacity, capacityChars }: NameQueueOptions): NameQueue {
  const chains = new Map<string, Chain>();
  /** By the number of a line that is on its way. */
  const ways = new Map<number, Chain>();
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
      if (outcome.outcome === "failed" && outcome.error === "duplicate_number") return; // another's number
      const chain = ways.get(n);
      if (chain === undefined) return;
      ways.delete(n);
      if (isDuplicateSource(outcome) && chain.saved.length < MAX_NAMESAKES) chain.saved.push({ n, file: outcome.file });
      if (--chain.open === 0) release(chain, nowMs);
    },
  };

  function start(chain: Chain, job: Job, nowMs: number): void {
    chain.open++;
    ways.set(job.n, chain);
    inner.add(job, nowMs);
  }

  /** The job, refused where its name is known, and taken. */
  function beside(saved: readonly Namesake[], job: Job, file: string | undefined): Job {
    if (saved.length === 0) return job;
    const namesake = saved.find((one) => one.file === file);
    return namesake === undefined ? { ...job, namesakes: [...saved] } : { ...job, refused: isNameOf(namesake) };
  }

  /** The next one that waits, and those behind it whose names are known to be others. */
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
      start(chain, beside(chain.saved, job, file), nowMs);
    }
    chain.isUncertain ||= chain.held.length > 0;
    if (chain.open === 0) chains.delete(chain.key);
  }
}

/** What is said of a line whose name is another's. */
export function isNameOf({ n, file }: Namesake): Failure {
  const line = n === 0 ? "an earlier line" : `line ${n.toLocaleString("en")}`;
  return { error: "file_exists", detail: `${file} is the name of ${line} as well` };
}
