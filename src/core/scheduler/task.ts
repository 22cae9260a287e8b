// The interface of the frontier: tasks, the effect of their tries on hosts, and the limits that hold for them.

import type { Failure } from "../failure.ts";
import type { Job } from "../job.ts";
import type { Transfer } from "../transfer.ts";
import type { Order } from "./order.ts";

/** A job during a run. */
export interface Task {
  readonly job: Job;
  /** The host that it waits for or runs on, as of `hostKey`; "" where the URL has no valid host. */
  host: string;
  /** The host of its URL, on which each try starts. */
  readonly home: string;
  /** Set by the frontier: the host of the redirect that it has waited for. A start there is reserved for it. */
  ahead: string | undefined;
  /** Set by the frontier: how often it has waited for the host of a redirect. */
  holds: number;
  readonly addedMs: number;
  /** Number of tries started so far. Set, as are the next two, by the run. */
  attempts: number;
  /** Duration of those tries, in milliseconds. */
  spentMs: number;
  retriedAfter: string[] | undefined;
  /** Set by `next`: the failure of a job that is not tried, since its host is closed. */
  refused: Failure | undefined;
  /** Set by the frontier: the number of its last start, counted over all tasks. */
  started: number;
  /** The body that its try is receiving in pieces, in this process. */
  transfer: Transfer | undefined;
}

/**
 * The effect of a finished try on its host. `ok`: it answered. `overloaded`: 429, 503, or a cut connection. `unreachable`: no
 * connection. `silent`: a request without an answer, which may be the URL's fault. `neutral`: no effect. `not_requested`:
 * nothing was sent, so the start does not count against a rate.
 */
export type HostSignal = "ok" | "overloaded" | "unreachable" | "silent" | "neutral" | "not_requested";

/** The limit of tries at a time on a host, from the share of tries that overloaded it. */
export interface OverloadLimit {
  /** A whole number, at least 1. */
  readonly limit: number;
  record(isOverload: boolean): void;
}

/** Decides when tries may start. `nextAtMs` returns the time of the next start, in the past if it may be now; `acquire` counts one. */
export interface RateLimiter {
  nextAtMs(nowMs: number): number;
  acquire(nowMs: number): void;
  /** Called when the try has ended; `isUsed` is false where it made no request. */
  release?(isUsed: boolean): void;
}

export interface FrontierOptions {
  /** Number of waiting jobs at which the frontier is full. A batch may exceed it. */
  readonly capacity: number;
  /** Characters of their URLs, names and records at which it is full. */
  readonly capacityChars: number;
  /** Maximum number of tries at a time on one host; Infinity for none. */
  readonly perHost: number;
  /** The run's concurrency, at which the limit of an overloaded host starts. May change. */
  readonly concurrency: number;
  readonly order: Order;
  /** The rate of starts of the whole run. */
  readonly pace?: RateLimiter;
  /** The rate of starts on one host. */
  readonly hostPace?: (host: string) => RateLimiter | undefined;
  /** Called for a host when it is first overloaded. */
  readonly overloadLimit: (most: () => number) => OverloadLimit;
}

/** Selects the next job. All times are milliseconds of a monotonic clock, and never decrease from call to call. */
export interface Frontier {
  /** Number of jobs in the frontier. */
  readonly waiting: number;
  readonly full: boolean;
  add(job: Job, nowMs: number): void;
  /** Queues the task again, not before `dueMs`; after `finished`. */
  requeue(task: Task, dueMs: number): void;
  /** Returns the task to start now; undefined if none may start. A `refused` one is not started, nor passed to `finished`. */
  next(nowMs: number): Task | undefined;
  /** Returns when `next` has a task even if nothing is added or finished: `nowMs` for now, Infinity for never. */
  dueMs(nowMs: number): number;
  /** Called when a started try has ended. `failure`: given where the host is `unreachable` or `silent`. */
  finished(task: Task, signal: HostSignal, nowMs: number, failure?: Failure): void;
  /**
   * Moves a started try to the host of a redirect. False where that host may start no try now: then the try has ended on the
   * first host, and the task waits for the second one after `requeue`. `signal`: the effect on the first host.
   */
  move(task: Task, host: string, signal: HostSignal, nowMs: number): boolean;
  /** Moves a started try to the host on which it was made, where the frontier was not asked. */
  moved(task: Task, host: string, nowMs: number): void;
  /** Starts no try on this host before `untilMs`. With `last`, its jobs do not wait, but are refused with that failure. */
  park(host: string, untilMs: number, last?: Failure): void;
}

/** Returns the attempts made before this try: all there are, where this one makes no request. */
export function attemptsBefore(task: Task): number {
  return task.attempts - 1;
}

export function newTask(job: Job, host: string, addedMs: number): Task {
  return {
    job,
    host,
    home: host,
    ahead: undefined,
    holds: 0,
    addedMs,
    attempts: 0,
    spentMs: 0,
    retriedAfter: undefined,
    refused: undefined,
    started: 0,
    transfer: undefined,
  };
}
