// URLs that come again: held back without a slot until the first of them has its outcome, whose file is then theirs, too.

import { hasDigests, mismatchedDigest } from "../digest.ts";
import type { Job, Outcome, SavedFile } from "../job.ts";
import { redacted } from "../redact.ts";
import { charsOf, duplicateChars } from "./job-size.ts";
import { dequeue, enqueue, type Fifo } from "./order.ts";
import type { Frontier } from "./task.ts";

/** The last files saved are remembered here, since their records may not be written yet: so many, of so many characters. */
const MOST_RECENT = 4096;
const MOST_RECENT_CHARS = 4_194_304;

export interface Duplicates extends Frontier {
  /** Whatever was added has its outcome. */
  settled(outcome: Outcome, nowMs: number): void;
}

export interface DuplicatesOptions {
  /** The file that was saved for this URL, as long as a record says so. */
  readonly savedFileOf: (url: string) => SavedFile | undefined;
  /** Jobs held back at which it is full, and the same in characters. */
  readonly capacity: number;
  readonly capacityChars: number;
}

/** A job that is on its way, and those that wait for what becomes of it. */
interface First {
  readonly job: Job;
  readonly held: Fifo<Job>;
}

/**
 * The same frontier, into which a URL goes once at a time. URLs are the same if their text is. Where the first came to
 * nothing, the next one is fetched, and so on: a failure is nobody's but its own line's. Memory: what is on its way.
 */
export function dedupe(inner: Frontier, options: DuplicatesOptions): Duplicates {
  const { savedFileOf, capacity, capacityChars } = options;
  const firsts = new Map<string, First>();
  /** Those with a password, by what an outcome says of them. */
  const hidden = new Map<string, First[]>();
  const recent = recentTwins();
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
      if (job.refused !== undefined) return inner.add(job, nowMs);
      const first = firsts.get(job.url);
      if (first === undefined) return go(job, { items: [], from: 0 }, nowMs);
      enqueue(first.held, job);
      held++;
      heldChars += charsOf(job);
    },
    requeue: (task, dueMs) => inner.requeue(task, dueMs),
    next: (nowMs) => inner.next(nowMs),
    dueMs: (nowMs) => inner.dueMs(nowMs),
    finished: (task, signal, nowMs, failure) => inner.finished(task, signal, nowMs, failure),
    move: (task, host, signal, nowMs) => inner.move(task, host, signal, nowMs),
    moved: (task, host, nowMs) => inner.moved(task, host, nowMs),
    park: (host, untilMs, last) => inner.park(host, untilMs, last),
    settled(outcome, nowMs) {
      if (outcome.outcome === "failed" && outcome.error === "duplicate_number") return; // another's number, and never held
      const first = left(outcome);
      if (first === undefined) return;
      const twin = isDuplicateSource(outcome) ? withoutData(outcome) : undefined;
      if (twin !== undefined) recent.add(first.job.url, twin);
      const rest = twin === undefined ? first.held : handOut(first.held, twin, nowMs);
      const next = freed(rest);
      if (next !== undefined) go(next, rest, nowMs);
    },
  };

  /** Sends a job on its way, for which others may wait; or lets it have a file that is there. */
  function go(job: Job, behind: Fifo<Job>, nowMs: number): void {
    const { url } = job;
    const twin = recent.get(url) ?? savedFileOf(url);
    if (twin !== undefined && isWanted(job, twin)) {
      inner.add({ ...job, duplicateOf: twin }, nowMs);
      const rest = handOut(behind, twin, nowMs);
      const next = freed(rest);
      return next && go(next, rest, nowMs);
    }
    const first = { job, held: behind };
    firsts.set(url, first);
    const shown = redacted(url);
    if (shown !== url) {
      const key = keyOf(job.n, shown);
      hidden.set(key, [...(hidden.get(key) ?? []), first]); // more than one only where a program numbers lines itself
    }
    inner.add(job, nowMs);
  }

  /** The one that has this outcome, which is on its way no more. */
  function left({ n, url }: Outcome): First | undefined {
    const same = hidden.size === 0 ? undefined : hidden.get(keyOf(n, url));
    const first = same?.shift() ?? firsts.get(url);
    if (same?.length === 0) hidden.delete(keyOf(n, url));
    if (first?.job.n !== n) return undefined;
    firsts.delete(first.job.url);
    return first;
  }

  /** Those that can have this file get it. Returns the others. */
  function handOut(jobs: Fifo<Job>, twin: SavedFile, nowMs: number): Fifo<Job> {
    const others: Fifo<Job> = { items: [], from: 0 };
    for (let job = dequeue(jobs); job !== undefined; job = dequeue(jobs)) {
      if (!isWanted(job, twin)) {
        enqueue(others, job);
        continue;
      }
      held--;
      heldChars -= charsOf(job);
      inner.add({ ...job, duplicateOf: twin }, nowMs);
    }
    return others;
  }

  function freed(jobs: Fifo<Job>): Job | undefined {
    const job = dequeue(jobs);
    if (job === undefined) return undefined;
    held--;
    heldChars -= charsOf(job);
    return job;
  }
}

function keyOf(n: number, shown: string): string {
  return `${n} ${shown}`;
}

/** What was saved last, by its URL. */
function recentTwins() {
  const twins = new Map<string, SavedFile>();
  let chars = 0;
  const remove = (url: string) => {
    const twin = twins.get(url);
    if (twin === undefined) return;
    chars -= url.length + duplicateChars(twin);
    twins.delete(url);
  };
  return {
    get: (url: string) => twins.get(url),
    add(url: string, twin: SavedFile) {
      remove(url);
      twins.set(url, twin);
      chars += url.length + duplicateChars(twin);
      for (const oldest of twins.keys()) {
        if (twins.size <= MOST_RECENT && chars <= MOST_RECENT_CHARS) return;
        remove(oldest);
      }
    },
  };
}

/** What a program handed in with a line is not kept alive for others. */
function withoutData(twin: SavedFile): SavedFile {
  if (twin.data === undefined) return twin;
  const { data: _, ...rest } = twin;
  return rest;
}

/** Whether it has a file that another line can have as well. */
export function isDuplicateSource(outcome: Outcome): outcome is SavedFile {
  return (outcome.outcome === "saved" || outcome.outcome === "unchanged") && outcome.file !== undefined;
}

function isWanted(job: Job, twin: SavedFile): boolean {
  return job.n !== twin.n && (!hasDigests(job) || mismatchedDigest(job, twin) === undefined);
}
