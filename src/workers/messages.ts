// The messages between the run's process and its workers: rows of plain data, delivered in order.

import type { Job } from "../core/job.ts";
import type { TryResult } from "../core/run/try-result.ts";
import type { Task } from "../core/scheduler/task.ts";
import type { WireRow } from "./wire-row.ts";

/** A task for a worker. `id` is unique on the channel, `n` is the line number, `addedMs` the time at which it was read. */
export type TaskRow = readonly [id: number, n: number, url: string, addedMs: number, more?: TaskDetails];

/** Details that most tasks do not have. */
interface TaskDetails {
  readonly job: Job;
  readonly attempts: number;
  readonly spentMs: number;
  readonly retriedAfter?: string[];
  /** The files that an earlier try left in the folder. */
  readonly left?: Left;
}

export interface Left {
  /** A partial body exists. */
  readonly part: boolean;
  /** The complete file may exist: a worker that ended may have saved it without reporting it. */
  readonly file: boolean;
}

/** A message to a worker. */
export type ToWorker =
  | TaskRow
  /** The first message: the worker's plan, and the clock origin that `addedMs` refers to. */
  | { readonly begin: unknown; readonly zeroMs: number }
  /** Maximum number of connections. */
  | { readonly maxConnections: number }
  /** This many more bytes of bodies may be read. */
  | { readonly granted: number }
  /** Lines of the list have file names. The worker confirms with the same message. */
  | { readonly named: true }
  /** Aborts tasks in flight as `interrupted`. */
  | { readonly abort: true };

/** The result of a try; `true` if a partial body is kept for the next one; what was received for a failure, if the output keeps it. */
export type ResultRow = readonly [id: number, result: TryResult, kept?: boolean, wire?: WireRow];

/** A message from a worker. */
export type FromWorker =
  | ResultRow
  /** The worker can receive tasks. */
  | { readonly ready: true }
  | { readonly named: true }
  /** The worker has bodies to read, and no granted bytes. */
  | { readonly wants: true }
  /** Bytes of bodies that arrived beyond what was granted. */
  | { readonly spent: number }
  /** The file of an aborted write may still get its final name. */
  | { readonly unsure: true }
  /** Bytes of bodies received so far; also the heartbeat. */
  | { readonly bytes: number };

/** Interval of heartbeats, in milliseconds. */
export const HEARTBEAT_MS = 1000;

export function rowOf(id: number, task: Task, left: Left | undefined): TaskRow {
  const { job, addedMs, attempts, spentMs, retriedAfter } = task;
  const { n, url } = job;
  if (attempts === 1 && left === undefined && isPlain(job)) return [id, n, url, addedMs];
  const more = { job, attempts, spentMs, ...(retriedAfter && { retriedAfter }), ...(left && { left }) };
  return [id, n, url, addedMs, more];
}

/** `laterMs`: the offset of the worker's clock from the run's. */
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
    transfer: undefined,
  };
}

function isPlain(job: Job): boolean {
  let keys = 0;
  for (const _ in job) if (++keys > 2) return false;
  return true;
}
