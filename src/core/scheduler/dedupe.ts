// Deduplicates URLs: each distinct URL is fetched once, and its duplicates wait, without a slot, for the saved file.

import { hasDigests, mismatchedDigest } from "../digest.ts";
import type { DuplicateSource, Job, Outcome } from "../job.ts";
import { redacted } from "../url/redact.ts";
import { charsOf, duplicateChars } from "./job-size.ts";
import { dequeue, enqueue, type Fifo } from "./order.ts";
import type { Frontier } from "./task.ts";

/** Maximum number, and characters, of recently saved files that are remembered, since their records may not be written yet. */
const MAX_RECENT_FILES = 4096;
const MAX_RECENT_CHARS = 4_194_304;

export interface Duplicates extends Frontier {
  /** Called with the outcome of a job that was added. */
  settled(outcome: Outcome, nowMs: number): void;
}

export interface DuplicatesOptions {
  /** Returns the file that was saved for a URL, if the journal has a record of it. */
  readonly savedFileOf: (url: string) => DuplicateSource | undefined;
  /** Number of waiting jobs, and of their characters, at which it is full. */
  readonly capacity: number;
  readonly capacityChars: number;
}

/** A job in the inner frontier, and its duplicates that wait for its outcome. */
interface First {
  readonly job: Job;
  readonly held: Fifo<Job>;
}

/**
 * Wraps a frontier, in which each URL is at most once at a time. URLs are compared as text. Where the first one fails, the
 * next one is fetched, and so on: a failure is recorded for its own line only. Memory grows with the jobs in the frontier.
 */
export function dedupe(inner: Frontier, options: DuplicatesOptions): Duplicates {
  const { savedFileOf, capacity, capacityChars } = options;
  const firsts = new Map<string, First>();
  /** Jobs whose URL has a password, by the redacted URL of their outcome. */
  const hidden = new Map<string, First[]>();
  const recent = recentFiles();
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
      if (first === undefined) return addFirst(job, { items: [], from: 0 }, nowMs);
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
      if (outcome.outcome === "failed" && outcome.error === "duplicate_number") return; // the number is another line's, and this one never waited
      const first = remove(outcome);
      if (first === undefined) return;
      const twin = isDuplicateSource(outcome) ? withoutData(outcome) : undefined;
      if (twin !== undefined) recent.add(first.job.url, twin);
      const rest = twin === undefined ? first.held : useFile(first.held, twin, nowMs);
      const next = nextWaiting(rest);
      if (next !== undefined) addFirst(next, rest, nowMs);
    },
  };

  /** Adds a job to the inner frontier, with the duplicates behind it; or with the file of its URL, where there is one. */
  function addFirst(job: Job, behind: Fifo<Job>, nowMs: number): void {
    const { url } = job;
    const twin = recent.get(url) ?? savedFileOf(url);
    if (twin !== undefined && canUse(job, twin)) {
      inner.add({ ...job, duplicateOf: twin }, nowMs);
      const rest = useFile(behind, twin, nowMs);
      const next = nextWaiting(rest);
      return next && addFirst(next, rest, nowMs);
    }
    const first = { job, held: behind };
    firsts.set(url, first);
    const shown = redacted(url);
    if (shown !== url) {
      const key = keyOf(job.n, shown);
      hidden.set(key, [...(hidden.get(key) ?? []), first]); // several only where the caller numbers lines itself
    }
    inner.add(job, nowMs);
  }

  /** Removes and returns the job that has this outcome. */
  function remove({ n, url }: Outcome): First | undefined {
    const same = hidden.size === 0 ? undefined : hidden.get(keyOf(n, url));
    const first = same?.shift() ?? firsts.get(url);
    if (same?.length === 0) hidden.delete(keyOf(n, url));
    if (first?.job.n !== n) return undefined;
    firsts.delete(first.job.url);
    return first;
  }

  /** Adds the jobs that can use this file, with it. Returns the others. */
  function useFile(jobs: Fifo<Job>, twin: DuplicateSource, nowMs: number): Fifo<Job> {
    const others: Fifo<Job> = { items: [], from: 0 };
    for (let job = dequeue(jobs); job !== undefined; job = dequeue(jobs)) {
      if (!canUse(job, twin)) {
        enqueue(others, job);
        continue;
      }
      held--;
      heldChars -= charsOf(job);
      inner.add({ ...job, duplicateOf: twin }, nowMs);
    }
    return others;
  }

  function nextWaiting(jobs: Fifo<Job>): Job | undefined {
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

/** The last saved files, by URL. */
function recentFiles() {
  const twins = new Map<string, DuplicateSource>();
  let chars = 0;
  const forget = (url: string) => {
    const twin = twins.get(url);
    if (twin === undefined) return;
    chars -= url.length + duplicateChars(twin);
    twins.delete(url);
  };
  return {
    get: (url: string) => twins.get(url),
    add(url: string, twin: DuplicateSource) {
      forget(url);
      twins.set(url, twin);
      chars += url.length + duplicateChars(twin);
      for (const oldest of twins.keys()) {
        if (twins.size <= MAX_RECENT_FILES && chars <= MAX_RECENT_CHARS) return;
        forget(oldest);
      }
    },
  };
}

/** Without the caller's data, which would be kept in memory. */
function withoutData(twin: DuplicateSource): DuplicateSource {
  if (twin.data === undefined) return twin;
  const { data: _, ...rest } = twin;
  return rest;
}

/** Whether the outcome has a body that a duplicate can use. */
export function isDuplicateSource(outcome: Outcome): outcome is DuplicateSource {
  if (outcome.outcome !== "saved" && outcome.outcome !== "unchanged") return false;
  return outcome.file !== undefined || ("shard" in outcome && outcome.shard !== undefined);
}

function canUse(job: Job, twin: DuplicateSource): boolean {
  return job.n !== twin.n && (!hasDigests(job) || mismatchedDigest(job, twin) === undefined);
}
