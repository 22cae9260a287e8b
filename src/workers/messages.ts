// What crosses between the run's process and one that helps it: rows of plain data, in the order in which they were put.

import type { Job } from "../core/job.ts";
import type { Tried } from "../core/run/attempt.ts";
import type { Task } from "../core/scheduler/task.ts";

/** A task for a helper: its number on this channel, the line's number, its URL, when it was read; and whatever else there is. */
export type TaskRow = readonly [id: number, n: number, url: string, addedMs: number, more?: More];

/** What most tasks have nothing of. */
interface More {
  readonly job: Job;
  readonly attempts: number;
  readonly spentMs: number;
  readonly retriedAfter?: string[];
  /** How an earlier try left the folder. */
  readonly left?: Left;
}

export interface Left {
  /** A part of its body is kept there. */
  readonly part: boolean;
  /** The file may be there already: who saved it could not say so any more. */
  readonly file: boolean;
}

/** What the run tells a helper. */
export type ToWorker =
  | TaskRow
  /** First of all: what it needs to know to work, and what the clock of `addedMs` shows when this machine's shows zero. */
  | { readonly begin: unknown; readonly zeroMs: number }
  /** At most so many connections. */
  | { readonly most: number }
  /** It may read so many bytes of bodies. */
  | { readonly granted: number }
  /** The list names files itself. Answered with the same. */
  | { readonly named: true }
  /** Ends what is under way as `interrupted`. */
  | { readonly abort: true };

/** What a try came to; with `true` where a part of the body is kept for the next one. */
export type ResultRow = readonly [id: number, result: Tried, kept?: true];

/** What a helper tells the run. */
export type FromWorker =
  | ResultRow
  /** It may be given tasks. */
  | { readonly ready: true }
  | { readonly named: true }
  /** It has bodies to read, and no bytes granted. */
  | { readonly wants: true }
  /** Bytes of bodies that arrived and were not granted. */
  | { readonly spent: number }
  /** Something that it has given up may get its name all the same. */
  | { readonly unsure: true }
  /** Bytes of bodies received so far; also said as a sign of life. */
  | { readonly bytes: number };

/** A sign of life comes so often, in milliseconds. */
export const ALIVE_MS = 1000;

export function rowOf(id: number, task: Task, left: Left | undefined): TaskRow {
  const { job, addedMs, attempts, spentMs, retriedAfter } = task;
  const { n, url } = job;
  if (attempts === 1 && left === undefined && isPlain(job)) return [id, n, url, addedMs];
  const more = { job, attempts, spentMs, ...(retriedAfter && { retriedAfter }), ...(left && { left }) };
  return [id, n, url, addedMs, more];
}

/** `laterMs`: what the helper's clock shows more than the run's. */
export function taskOf([, n, url, addedMs, more]: TaskRow, laterMs: number): Task {
  return {
    job: more?.job ?? { n, url },
    host: "",
    home: "",
    ahead: undefined,
    holds: 0,
    addedMs: addedMs + laterMs,
    attempts: more?.attempts ?? 1,
    spentMs: more?.spentMs ?? 0,
    retriedAfter: more?.retriedAfter,
    refused: undefined,
    started: 0,
  };
}

function isPlain(job: Job): boolean {
  let keys = 0;
  for (const _ in job) if (++keys > 2) return false;
  return true;
}
