// The bounded look-ahead between the source and the slots: whose turn it is, and when. No timers, no clock, no I/O.

import type { Failure } from "./failure.ts";
import {
  type Allowance,
  closedNow,
  type Host,
  hostNamed,
  jobsOf,
  learn,
  mayStartAt,
  memory,
  newTask,
  originOf,
  refusalOf,
  refuses,
  ripen,
  shift,
  startMs,
} from "./host.ts";
import type { Job } from "./job.ts";
import { heap, join, type Order } from "./order.ts";
import { Row } from "./row.ts";
import { charsOf } from "./size.ts";

/** One job on its way through the run. */
export interface Task {
  readonly job: Job;
  /** The host that it waits for, or whose try it is: name and port as in `URL.host`; "" where the URL has none that can be found. A redirect may lead to another one. */
  host: string;
  /** The host of its URL. */
  readonly home: string;
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
 * What a finished try says of its host: it answered; it asked for less, or cut the connection; nobody answered there;
 * nothing; nothing, since nothing was sent to it.
 */
export type Sign = "alive" | "pushed" | "down" | "none" | "unasked";

/** When starts may be. `readyMs` gives the time of the next one, now or earlier where it may be now; `take` counts one. */
export interface Pace {
  readyMs(nowMs: number): number;
  take(nowMs: number): void;
  /** What was started is over; `isUsed` is false where it needed no start. */
  over?(isUsed: boolean): void;
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
  readonly pace?: Pace;
  /** Starts on one host. */
  readonly hostPace?: (host: string) => Pace | undefined;
  /** One for each host, made when it first asks for less. */
  readonly allowance: (most: () => number) => Allowance;
}

/** All times are milliseconds on a clock that never jumps, and never go back from call to call. */
export interface Frontier {
  /** Jobs here, for whatever reason. */
  readonly waiting: number;
  readonly full: boolean;
  add(job: Job, nowMs: number): void;
  /** To be tried again, not before `dueMs`; after `finished`. */
  again(task: Task, dueMs: number): void;
  /** The task to start now; undefined if none may. A refused one is not started, and `finished` is not called for it. */
  next(nowMs: number): Task | undefined;
  /** When `next` will give a task though nothing is added or finished, `nowMs` for at once; Infinity for never. */
  dueMs(nowMs: number): number;
  /** A started try is over. `failure` is what to tell of a host that is `down`. */
  finished(task: Task, sign: Sign, nowMs: number, failure?: Failure): void;
  /**
   * A started try goes on at another host, where a redirect leads. False where that host may start none now: then the try is
   * over for the host it came from, and the task waits for the other one after `again`. `sign`: of the host it came from.
   */
  move(task: Task, host: string, sign: Sign, nowMs: number): boolean;
  /** A started try was made at another host than the frontier knows of. */
  moved(task: Task, host: string, nowMs: number): void;
  /** Nothing goes to this host before `untilMs`. With `last`, its jobs do not wait for that: they are refused with it. */
  park(host: string, untilMs: number, last?: Failure): void;
}

const NEVER = Number.POSITIVE_INFINITY;

/** Gives an empty frontier. Adding, starting and finishing cost the same however many jobs and hosts wait here. */
export function frontier(options: FrontierOptions): Frontier {
  const { perHost, order, pace } = options;
  // Jobs without a host fail by themselves: no limit, and no pace, is for them.
  const nowhere = hostNamed("", NEVER, undefined);
  const hosts = new Map<string, Host>([["", nowhere]]);
  const ready = new Row<Host>(); // the one that has waited longest for its turn first
  const refusing = new Set<Host>();
  const wakes = heap<Host>();
  const keep = memory(forget);
  let last: { readonly prefix: string; readonly host: Host } | undefined;
  let seenMs = Number.NEGATIVE_INFINITY;
  let starts = 0;
  let waiting = 0;
  let chars = 0;

  return {
    get waiting() {
      return waiting;
    },
    get full() {
      return waiting >= options.capacity || chars >= options.capacityChars;
    },
    add(job, nowMs) {
      seenMs = nowMs;
      const host = last !== undefined && job.url.startsWith(last.prefix) ? last.host : hostOf(job.url);
      const task = newTask(job, host.host, nowMs);
      waiting++;
      chars += charsOf(job);
      join(host.fresh, task);
      host.waiting++;
      if (host.waiting === 1) host.next = job;
      if (host.waiting === 1 || host.failing !== undefined) settle(host);
    },
    again(task, dueMs) {
      waiting++;
      chars += charsOf(task.job);
      const host = named(task.host);
      host.later ??= heap();
      host.later.push(dueMs, task);
      settle(host);
    },
    next(nowMs) {
      seenMs = nowMs;
      if (wakes.size > 0) wake();
      if (nowhere.row !== undefined) return start(nowhere);
      const hopeless = refusing.size > 0 ? refusing.values().next().value : undefined;
      if (hopeless !== undefined) return refuse(hopeless);
      if (ready.size === 0 || (pace !== undefined && pace.readyMs(nowMs) > nowMs)) return undefined;
      return start(ready.size === 1 ? ready.first : hosts.get(order(ready).host));
    },
    dueMs(nowMs) {
      seenMs = nowMs;
      wake();
      if (nowhere.row !== undefined || refusing.size > 0) return nowMs;
      while (wakes.size > 0 && wakes.peek()?.wakeMs !== wakes.least) wakes.pop();
      const dueMs = ready.size > 0 ? nowMs : wakes.least;
      return pace === undefined ? dueMs : Math.max(dueMs, pace.readyMs(nowMs));
    },
    finished(task, sign, nowMs, failure) {
      seenMs = nowMs;
      const host = hosts.get(task.host);
      if (host === undefined || host === nowhere) return;
      pace?.over?.(sign !== "unasked");
      host.pace?.over?.(sign !== "unasked");
      const capped = host.running-- >= host.most || host.pace !== undefined;
      if (host.failing !== undefined || host.allowance !== undefined || sign === "pushed" || sign === "down") {
        learn(host, { task, sign, failure, nowMs, starts }, options);
      } else {
        if (sign === "alive") host.alive = starts;
        if (!capped && (host.waiting > 0 || host.running > 0)) return;
      }
      settle(host);
    },
    move(task, name, sign, nowMs) {
      if (name === task.host) return true;
      const to = named(name);
      const mayStart = mayStartAt(to, nowMs);
      rehost(task, to, sign, nowMs, mayStart);
      return mayStart;
    },
    moved(task, name, nowMs) {
      if (name !== task.host) rehost(task, named(name), "none", nowMs, true);
    },
    park(name, untilMs, last) {
      if (name === "") return;
      const host = named(name);
      host.closed = last && refusalOf(last, `${name} wants to be left alone`);
      host.parkedMs = Math.max(host.parkedMs, untilMs);
      settle(host);
    },
  };

  function hostOf(url: string): Host {
    const { name, prefix } = originOf(url);
    const host = named(name);
    if (prefix !== undefined && host !== nowhere) last = { prefix, host };
    return host;
  }

  function named(name: string): Host {
    const known = hosts.get(name);
    if (known !== undefined) return known;
    const host = hostNamed(name, perHost, options.hostPace?.(name));
    hosts.set(host.host, host);
    return host;
  }

  function forget(host: Host): void {
    hosts.delete(host.host);
    if (last?.host === host) last = undefined;
  }

  function leaving(task: Task | undefined): Task | undefined {
    if (task === undefined) return undefined;
    waiting--;
    chars -= charsOf(task.job);
    return task;
  }

  function start(host: Host | undefined): Task | undefined {
    const task = host?.row === ready ? leaving(shift(host)) : undefined;
    if (host === undefined || task === undefined) throw new Error("the order picked a host that it was not offered");
    task.started = ++starts;
    if (host !== nowhere) pace?.take(seenMs);
    begin(host, task);
    if (ready.size > 1) {
      ready.delete(host);
      ready.add(host);
    }
    const plain = host.pace === undefined && host.failing === undefined;
    if (!plain || host.waiting === 0 || host.running >= host.most) settle(host);
    return task;
  }

  function rehost(task: Task, to: Host, sign: Sign, nowMs: number, isStarting: boolean): void {
    seenMs = nowMs;
    const from = hosts.get(task.host);
    if (from !== undefined && from !== nowhere) {
      from.running--;
      from.pace?.over?.(true);
      learn(from, { task, sign, failure: undefined, nowMs, starts }, options);
      settle(from);
    }
    task.host = to.host;
    if (isStarting) begin(to, task);
    settle(to);
  }

  function begin(host: Host, task: Task): void {
    host.running++;
    host.pace?.take(seenMs);
    if (host.failing !== undefined) host.failing.probe ??= task;
  }

  function refuse(host: Host): Task | undefined {
    const task = leaving(host.later?.pop() ?? shift(host));
    if (task !== undefined) task.refused = closedNow(host, seenMs) ?? host.failing?.refusal;
    settle(host);
    return task;
  }

  function wake(): void {
    while (wakes.least <= seenMs) {
      const host = wakes.pop();
      if (host !== undefined && host.wakeMs <= seenMs) settle(host);
    }
  }

  /** Puts a host where it belongs, after a change that can matter to that. */
  function settle(host: Host): void {
    ripen(host, seenMs);
    const atMs = startMs(host, seenMs);
    let wakeMs = atMs;
    if (atMs <= seenMs) {
      ready.add(host);
      wakeMs = host.later?.least ?? NEVER;
    } else host.row?.delete(host);
    if (wakeMs !== host.wakeMs && wakeMs !== NEVER) wakes.push(wakeMs, host);
    host.wakeMs = wakeMs;
    if (refuses(host, seenMs)) refusing.add(host);
    else if (refusing.size > 0) refusing.delete(host);
    if (host !== nowhere && host.running === 0 && jobsOf(host) === 0) keep(host, seenMs);
  }
}
