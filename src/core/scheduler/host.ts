// What the frontier knows of one host: its name, its jobs, how it fared, and so when it may start another.

import { type Failure, isFailure } from "../failure.ts";
import { HTTPS_PORT, hostKey } from "../host-key.ts";
import type { Job } from "../job.ts";
import { parseUrl } from "../parse-url.ts";
import { LinkedList, type ListNode } from "../structures/linked-list.ts";
import { dequeue, type Fifo, type Heap, type HostQueue, heap, peek } from "./order.ts";
import type { HostLimit, RateLimiter, Task } from "./task.ts";

/** So often a redirect is held before it may go over a cap or a pace: A to B and back to A within A's pace never fits. */
const MAX_HOLDS = 10;
/** Hosts without jobs that are remembered: so many with something held against them, and so many others. */
const MOST_IDLE = 10_000;
const NEVER = Number.POSITIVE_INFINITY;
const LONG_AGO = Number.NEGATIVE_INFINITY;
/** At the head of an empty queue; no order sees it. */
const NO_JOB: Job = { n: 0, url: "" };

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What the ports of one name share: its politeness, whatever becomes of each port. */
export interface HostLimits {
  /** The hosts that share it: one, or the two default ports of a name. */
  readonly members: Host[];
  running: number;
  /** Maximum number of tries at a time. */
  most: number;
  parkedMs: number;
  /** What its jobs are refused with while it is parked. */
  closed: Failure | undefined;
  readonly pace: RateLimiter | undefined;
  allowance: HostLimit | undefined;
  /** Number of the last start before the allowance was last lowered: older tries do not count. */
  lowered: number;
}

export interface Host extends Mutable<HostQueue>, ListNode<Host> {
  readonly fresh: Fifo<Task>;
  /** Those to be tried again that are due, by their place in the list: they go before the fresh ones. */
  back: Heap<Task> | undefined;
  /** Those in their back-off, by the time it ends. */
  later: Heap<Task> | undefined;
  readonly limits: HostLimits;
  /** Start number when this host last answered. A failure of a try started at or before it is stale. 0: never answered. */
  lastOkStart: number;
  /** When the frontier is to look at it again. */
  wakeMs: number;
  /** Number of the last start before the last strike: older tries do not count. */
  struck: number;
  failing: Failing | undefined;
}

/** Nobody answered there since it was last alive: one try at a time, ever more rarely. */
export interface Failing {
  strikes: number;
  readonly sinceMs: number;
  parkedMs: number;
  probe: Task | undefined;
  /** It only fails: what its jobs are refused with. */
  refusal: Failure | undefined;
}

export function hostLimits(most: number, pace: RateLimiter | undefined): HostLimits {
  return {
    members: [],
    running: 0,
    most,
    parkedMs: LONG_AGO,
    closed: undefined,
    pace,
    allowance: undefined,
    lowered: 0,
  };
}

/** The host that shares the limits of this one, if there is any: the other default port of the name. */
export function siblingKey(key: string): string {
  return key.endsWith(HTTPS_PORT) ? withoutHttpsPort(key) : key + HTTPS_PORT;
}

/** Returns the name of a host as `URL.host` has it. */
export function withoutHttpsPort(key: string): string {
  return key.endsWith(HTTPS_PORT) ? key.slice(0, -HTTPS_PORT.length) : key;
}

export function hostNamed(name: string, limits: HostLimits): Host {
  const host: Host = {
    // A copy: a part of a line holds the line, and with it the piece of the list it was read in.
    host: String(JSON.parse(JSON.stringify(name))),
    waiting: 0,
    next: NO_JOB,
    fresh: { items: [], from: 0 },
    back: undefined,
    later: undefined,
    limits,
    lastOkStart: 0,
    wakeMs: NEVER,
    struck: 0,
    failing: undefined,
    list: undefined,
    prevNode: undefined,
    nextNode: undefined,
  };
  limits.members.push(host);
  return host;
}

export interface Origin {
  /** As of `hostKey`; "" where there is none. */
  readonly name: string;
  /** What all its URLs begin with; undefined where that is not certain. */
  readonly prefix: string | undefined;
}

/** An origin of which the key is known without parsing: the last label begins with a letter, so it is no IPv4 address. */
const PLAIN = /^http(s?):\/\/((?:[a-z0-9-]+\.)*[a-z][a-z0-9-]*)(?::([1-9][0-9]{0,4}))?[/?#]/;

export function originOf(url: string): Origin {
  const plain = PLAIN.exec(url);
  const name = plain?.[2];
  if (plain === null || name === undefined) {
    const target = parseUrl(url);
    return { name: isFailure(target) ? "" : hostKey(target), prefix: /^https?:\/\/[^/?#\\]+[/?#]/.exec(url)?.[0] };
  }
  const port = plain[3];
  const isHttps = plain[1] !== "";
  if (port === undefined) return { name: isHttps ? name + HTTPS_PORT : name, prefix: plain[0] };
  return { name: port === "80" && !isHttps ? name : `${name}:${port}`, prefix: plain[0] };
}

export function jobsOf(host: Host): number {
  return host.waiting + (host.later?.size ?? 0);
}

/**
 * Takes the first of the jobs that may start. Where the host fails, the first that was not tried yet, if there is one: a line that
 * was tried may be the reason, and would fail each time.
 */
export function shift(host: Host): Task | undefined {
  const other = host.failing === undefined ? undefined : dequeue(host.fresh);
  const task = other ?? host.back?.pop() ?? dequeue(host.fresh);
  if (task === undefined) return undefined;
  host.waiting--;
  host.next = (host.back?.peek() ?? peek(host.fresh))?.job ?? NO_JOB;
  return task;
}

/** Puts those whose back-off is over among the jobs that may start. */
export function ripen(host: Host, nowMs: number): void {
  const { later } = host;
  if (later === undefined) return;
  while (later.minKey <= nowMs) {
    const task = later.pop();
    if (task === undefined) return;
    host.back ??= heap();
    host.back.push(task.job.n, task);
    host.waiting++;
    host.next = host.back.peek()?.job ?? NO_JOB;
  }
}

/** When it may start a job, by what it is itself: now, or earlier, is now. */
function openMs(host: Host): number {
  const { failing } = host;
  if (host.limits.running >= host.limits.most || failing?.probe !== undefined) return NEVER;
  return failing === undefined ? host.limits.parkedMs : Math.max(host.limits.parkedMs, failing.parkedMs);
}

/** Whether it may start one more now, whoever waits there. */
export function mayStartAt(host: Host, nowMs: number): boolean {
  return (
    openMs(host) <= nowMs &&
    (host.limits.pace?.nextAtMs(nowMs) ?? LONG_AGO) <= nowMs &&
    host.failing?.refusal === undefined
  );
}

/** Whether it takes a redirect that was held so often: one over its cap or pace ends what may go on for ever between two hosts. */
export function takes(host: Host, holds: number, nowMs: number): boolean {
  return mayStartAt(host, nowMs) || (holds >= MAX_HOLDS && host.limits.parkedMs <= nowMs && host.failing === undefined);
}

/** When it may start one that it has. */
export function startMs(host: Host, nowMs: number): number {
  if (jobsOf(host) === 0) return NEVER;
  const atMs = Math.max(openMs(host), host.limits.pace?.nextAtMs(nowMs) ?? LONG_AGO);
  return host.waiting > 0 ? atMs : Math.max(atMs, host.later?.minKey ?? NEVER);
}

/** Whether it has jobs to refuse: all of them, but for one to be tried once its park is over. */
export function refuses(host: Host, nowMs: number): boolean {
  if (closedNow(host, nowMs) !== undefined) return jobsOf(host) > 0;
  return host.failing?.refusal !== undefined && jobsOf(host) > (openMs(host) <= nowMs ? 1 : 0);
}

/** What a host's jobs are refused with while it wants to be left alone for longer than they can wait. */
export function closedNow(host: Host, nowMs: number): Failure | undefined {
  return host.limits.parkedMs > nowMs ? host.limits.closed : undefined;
}

/** Keeps hosts without jobs for a while, so that what is known of one holds for the jobs that may come; then forgets it. */
export function memory(forget: (host: Host) => void): (host: Host, nowMs: number) => void {
  const quiet = new LinkedList<Host>();
  const suspect = new LinkedList<Host>();
  return (host, nowMs) => {
    const hasFaults = host.failing !== undefined || host.limits.allowance !== undefined || host.limits.parkedMs > nowMs;
    const kept = hasFaults ? suspect : quiet;
    kept.add(host);
    const oldest = kept.size > MOST_IDLE ? kept.first : undefined;
    if (oldest === undefined) return;
    kept.delete(oldest);
    forget(oldest);
  };
}
