// URLs that come again: held back without a slot until the first of them has its outcome, whose file is then theirs, too.

import type { Frontier } from "./frontier.ts";
import type { Job, Outcome, Twin } from "./job.ts";
import { redacted } from "./redact.ts";

/** The last files saved are remembered here: their records may not be written yet. */
const MOST_RECENT = 4096;

export interface Duplicates extends Frontier {
  /** Whatever was added has its outcome. */
  settled(outcome: Outcome, nowMs: number): void;
}

export interface DuplicatesOptions {
  /** The file that was saved for this URL, as long as a record says so. */
  readonly twinOf: (url: string) => Twin | undefined;
  /** Jobs held back at which it is full, and the same in characters of URLs. */
  readonly capacity: number;
  readonly capacityChars: number;
}

/** A URL that is on its way, and those that wait for what becomes of it. */
interface First {
  readonly url: string;
  readonly held: Job[];
}

/**
 * The same frontier, into which a URL goes once at a time. URLs are the same if their text is. Where the first came to
 * nothing, the next one is fetched, and so on: a failure is nobody's but its own line's. Memory: what is on its way.
 */
export function deduplicated(inner: Frontier, options: DuplicatesOptions): Duplicates {
  const { twinOf, capacity, capacityChars } = options;
  const firsts = new Map<string, First>();
  /** The same by what an outcome says of its job; several only where a list numbers lines by itself. */
  const ways = new Map<string, First[]>();
  const recent = new Map<string, Twin>();
  let held = 0;
  let heldChars = 0;

  return {
    get waiting() {
      return inner.waiting + held;
    },
    get full() {
      return inner.full || held >= capacity || heldChars >= capacityChars;
    },
    add,
    again: (task, dueMs) => inner.again(task, dueMs),
    next: (nowMs) => inner.next(nowMs),
    dueMs: (nowMs) => inner.dueMs(nowMs),
    finished: (task, sign, nowMs, failure) => inner.finished(task, sign, nowMs, failure),
    park: (host, untilMs, last) => inner.park(host, untilMs, last),
    settled(outcome, nowMs) {
      if (outcome.outcome === "failed" && outcome.error === "duplicate_number") return; // another's number, and never held
      const key = wayOf(outcome.n, outcome.url);
      const same = ways.get(key);
      const first = same?.shift();
      if (same?.length === 0) ways.delete(key);
      if (first === undefined) return;
      firsts.delete(first.url);
      if (isTwin(outcome)) remember(first.url, withoutData(outcome));
      held -= first.held.length;
      for (const job of first.held) {
        heldChars -= job.url.length;
        add(job, nowMs);
      }
    },
  };

  function add(job: Job, nowMs: number): void {
    const { url } = job;
    if (job.refused !== undefined) return inner.add(job, nowMs);
    const first = firsts.get(url);
    if (first !== undefined) {
      first.held.push(job);
      held++;
      heldChars += url.length;
      return;
    }
    const twin = recent.get(url) ?? twinOf(url);
    if (twin !== undefined && isWanted(job, twin)) return inner.add({ ...job, twin }, nowMs);
    const one = { url, held: [] };
    firsts.set(url, one);
    const key = wayOf(job.n, redacted(url));
    const same = ways.get(key);
    if (same === undefined) ways.set(key, [one]);
    else same.push(one);
    inner.add(job, nowMs);
  }

  function remember(url: string, twin: Twin): void {
    recent.set(url, twin);
    if (recent.size <= MOST_RECENT) return;
    for (const oldest of recent.keys()) return void recent.delete(oldest);
  }
}

/** What a program handed in with a line is not kept alive for others. */
function withoutData(twin: Twin): Twin {
  if (twin.data === undefined) return twin;
  const { data: _, ...rest } = twin;
  return rest;
}

function wayOf(n: number, url: string): string {
  return `${n} ${url}`;
}

/** Whether it has a file that another line can have as well. */
export function isTwin(outcome: Outcome): outcome is Twin {
  return (outcome.outcome === "saved" || outcome.outcome === "unchanged") && outcome.file !== undefined;
}

function isWanted({ n, sha256 }: Job, twin: Twin): boolean {
  return n !== twin.n && (sha256 === undefined || sha256 === twin.sha256);
}
