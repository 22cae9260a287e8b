// What the frontier is to those around it: the tasks that it hands out, what it learns of their hosts, and what limits it.

import type { Failure } from "../failure.ts";
import type { Job } from "../job.ts";
import type { Order } from "./order.ts";

/** One job on its way through the run. */
export interface Task {
  readonly job: Job;
  /** The host that it waits for, or is at: name and port, see `hostKey`; "" where the URL has none that can be found. */
  host: string;
  /** The host of its URL, where each try begins. */
  readonly home: string;
  /** The frontier's own: where a redirect is going to lead it, for which it has waited; a place there is kept for it. */
  ahead: string | undefined;
  /** The frontier's own: how often it had to wait for where a redirect led. */
  holds: number;
  readonly addedMs: number;
  /** Tries begun so far. Kept, like the next two, by who tries. */
  attempts: number;
  /** Milliseconds in those tries. */
  spentMs: number;
  retriedAfter: string[] | undefined;
  /** Set by `next`: not to be tried at all, its host only fails. What happened there last. */
  refused: Failure | undefined;
  /** The frontier's own: the number of its last start, over all tasks. */
  started: number;
}

/**
 * The effect of a finished try on its host. `ok`: it answered. `overloaded`: 429, 503, or a cut connection. `unreachable`: no
 * connection. `silent`: a request without an answer, which may be the URL's fault. `neutral`: no effect. `not_requested`:
 * nothing was sent, so the start does not count against a rate.
 */
export type HostSignal = "ok" | "overloaded" | "unreachable" | "silent" | "neutral" | "not_requested";

/** How many tries at a time a host gets, from the share of those by which it asked for less. */
export interface HostLimit {
  /** A whole number, at least 1. */
  readonly limit: number;
  note(pushed: boolean): void;
}

/** When starts may be. `readyMs` gives the time of the next one, now or earlier where it may be now; `take` counts one. */
export interface RateLimiter {
  nextAtMs(nowMs: number): number;
  acquire(nowMs: number): void;
  /** What was started is over; `isUsed` is false where it needed no start. */
  release?(isUsed: boolean): void;
}

export interface FrontierOptions {
  /** Jobs waiting at which it is full; a batch may go over. */
  readonly capacity: number;
  /** The same in characters of URLs, names and records. */
  readonly capacityChars: number;
  /** The most tries at a time on one host; Infinity for no cap of its own. */
  readonly perHost: number;
  /** No host gets more anyway: where its allowance starts. It may change. */
  readonly concurrency: number;
  readonly order: Order;
  /** Starts of the whole run. */
  readonly pace?: RateLimiter;
  /** Starts on one host. */
  readonly hostPace?: (host: string) => RateLimiter | undefined;
  /** One for each host, made when it first asks for less. */
  readonly allowance: (most: () => number) => HostLimit;
}

/** All times are milliseconds on a clock that never jumps, and never go back from call to call. */
export interface Frontier {
  /** Jobs here, for whatever reason. */
  readonly waiting: number;
  readonly full: boolean;
  add(job: Job, nowMs: number): void;
  /** Queues the task again, not before `dueMs`; after `finished`. */
  requeue(task: Task, dueMs: number): void;
  /** The task to start now; undefined if none may. A refused one is not started, and `finished` is not called for it. */
  next(nowMs: number): Task | undefined;
  /** When `next` will give a task though nothing is added or finished, `nowMs` for at once; Infinity for never. */
  dueMs(nowMs: number): number;
  /** A started try is over. `failure`: given where the host is `unreachable` or `silent`. */
  finished(task: Task, signal: HostSignal, nowMs: number, failure?: Failure): void;
  /**
   * A started try goes on at another host, where a redirect leads. False where that host may start none now: then the try is
   * over for the host it came from, and the task waits for the other one after `requeue`. `signal`: of the host it came from.
   */
  move(task: Task, host: string, signal: HostSignal, nowMs: number): boolean;
  /** A started try was made at another host than the frontier knows of. */
  moved(task: Task, host: string, nowMs: number): void;
  /** Nothing goes to this host before `untilMs`. With `last`, its jobs do not wait for that: they are refused with it. */
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
  };
}
