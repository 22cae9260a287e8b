// One host in the frontier: its jobs, its health, and when it may start the next try.

import { type Failure, isFailure } from "../failure.ts";
import type { Job } from "../job.ts";
import { LinkedList, type ListNode } from "../structures/linked-list.ts";
import { HTTPS_PORT, hostKey } from "../url/host-key.ts";
import { parseUrl } from "../url/parse-url.ts";
import { dequeue, type Fifo, type Heap, type HostQueue, heap, peek } from "./order.ts";
import type { OverloadLimit, RateLimiter, Task } from "./task.ts";

/** Waits of one redirect, after which it may exceed a limit or rate: A to B and back to A within the rate of A never fits. */
const MAX_HOLDS = 10;
/** Maximum number of hosts without jobs that are remembered: healthy ones, and as many others. */
const MOST_IDLE = 10_000;
const NEVER = Number.POSITIVE_INFINITY;
const LONG_AGO = Number.NEGATIVE_INFINITY;
/** Stands for the head of an empty queue; never passed to an order. */
const NO_JOB: Job = { n: 0, url: "" };

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The limits that the two default ports of one name share, whether each is reachable or not. */
export interface HostLimits {
  /** The hosts that share them: one, or the two default ports of a name. */
  readonly members: Host[];
  running: number;
  /** Maximum number of tries at a time. */
  most: number;
  parkedMs: number;
  /** The failure with which its jobs are refused while it is paused. */
  closed: Failure | undefined;
  readonly pace: RateLimiter | undefined;
  overload: OverloadLimit | undefined;
  /** Start number when the overload limit was last lowered. Results of tries started before are stale. */
  lowered: number;
}

export interface Host extends Mutable<HostQueue>, ListNode<Host> {
  readonly fresh: Fifo<Task>;
  /** Jobs whose back-off has ended, by line number. They go before the fresh ones. */
  back: Heap<Task> | undefined;
  /** Jobs in their back-off, by the time when it ends. */
  later: Heap<Task> | undefined;
  readonly limits: HostLimits;
  /** Start number when this host last answered. A failure of a try started at or before it is stale. 0: never answered. */
  lastOkStart: number;
  /** When the frontier has to update it. */
  wakeMs: number;
  /** Start number at the last strike. Failures of tries started before are stale. */
  lastStrike: number;
  failing: Failing | undefined;
  /** Lines of the list whose URL is of this host; NaN where hosts were forgotten before, so that it may not be all. */
  lines: number;
  /** Whether it has been counted as slowed. */
  wasSlowed: boolean;
}

/** A host that has not answered since its last success: one try at a time, with exponential back-off. */
export interface Failing {
  strikes: number;
  readonly sinceMs: number;
  parkedMs: number;
  probe: Task | undefined;
  /** Set where it has failed too often: the failure with which its jobs are refused. */
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
    overload: undefined,
    lowered: 0,
  };
}

/** Returns the key of the other default port of the name. */
export function siblingKey(key: string): string {
  return key.endsWith(HTTPS_PORT) ? withoutHttpsPort(key) : key + HTTPS_PORT;
}

/** Returns the host as in `URL.host`. */
export function withoutHttpsPort(key: string): string {
  return key.endsWith(HTTPS_PORT) ? key.slice(0, -HTTPS_PORT.length) : key;
}

export function hostNamed(name: string, limits: HostLimits, lines = 0): Host {
  const host: Host = {
    // A copy: V8 keeps the whole string alive for a slice of it (V8 issue 2869), here a chunk of the list.
    host: String(JSON.parse(JSON.stringify(name))),
    waiting: 0,
    next: NO_JOB,
    fresh: { items: [], from: 0 },
    back: undefined,
    later: undefined,
    limits,
    lastOkStart: 0,
    wakeMs: NEVER,
    lastStrike: 0,
    failing: undefined,
    lines,
    wasSlowed: false,
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
  /** The common prefix of its URLs; undefined where it is not certain. */
  readonly prefix: string | undefined;
}

/** An origin whose key needs no URL parser: its last label begins with a letter, so it is no IPv4 address. */
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

/** The jobs of hosts, looked up by key (as of `hostKey`). */
export interface HostJobs {
  /** Whether jobs wait for this host. */
  hasJobs(name: string): boolean;
}

export function jobsOf(host: Host): number {
  return host.waiting + (host.later?.size ?? 0);
}

/**
 * Removes and returns the first job that may start. Where the host fails, prefers one that was not tried yet: a job that was
 * tried may itself be the reason.
 */
export function shift(host: Host): Task | undefined {
  const other = host.failing === undefined ? undefined : dequeue(host.fresh);
  const task = other ?? host.back?.pop() ?? dequeue(host.fresh);
  if (task === undefined) return undefined;
  host.waiting--;
  host.next = (host.back?.peek() ?? peek(host.fresh))?.job ?? NO_JOB;
  return task;
}

/** Moves jobs whose back-off has ended to those that may start. */
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

/** Returns when the host may start a job, apart from rates and jobs; in the past: now. */
function openMs(host: Host): number {
  const { failing } = host;
  if (host.limits.running >= host.limits.most || failing?.probe !== undefined) return NEVER;
  return failing === undefined ? host.limits.parkedMs : Math.max(host.limits.parkedMs, failing.parkedMs);
}

/** Whether the host may start one more try now, whichever jobs wait there. */
export function mayStartAt(host: Host, nowMs: number): boolean {
  return (
    openMs(host) <= nowMs &&
    (host.limits.pace?.nextAtMs(nowMs) ?? LONG_AGO) <= nowMs &&
    host.failing?.refusal === undefined
  );
}

/** Whether a redirect may go on at this host. After `MAX_HOLDS` waits it may exceed limit and rate, or two hosts could wait for ever. */
export function takes(host: Host, holds: number, nowMs: number): boolean {
  return mayStartAt(host, nowMs) || (holds >= MAX_HOLDS && host.limits.parkedMs <= nowMs && host.failing === undefined);
}

/** Returns when the host may start one of its jobs. */
export function startMs(host: Host, nowMs: number): number {
  if (jobsOf(host) === 0) return NEVER;
  const atMs = Math.max(openMs(host), host.limits.pace?.nextAtMs(nowMs) ?? LONG_AGO);
  return host.waiting > 0 ? atMs : Math.max(atMs, host.later?.minKey ?? NEVER);
}

/** Whether the host has jobs to refuse: all of them, except one that is tried when its pause has ended. */
export function refuses(host: Host, nowMs: number): boolean {
  if (closedNow(host, nowMs) !== undefined) return jobsOf(host) > 0;
  return host.failing?.refusal !== undefined && jobsOf(host) > (openMs(host) <= nowMs ? 1 : 0);
}

/** Returns the failure of a host's jobs during a pause that is longer than they may wait. */
export function closedNow(host: Host, nowMs: number): Failure | undefined {
  return host.limits.parkedMs > nowMs ? host.limits.closed : undefined;
}

/** Remembers the health of hosts without jobs, for jobs to come. Forgets the oldest over the maximum. */
export function memory(forget: (host: Host) => void): (host: Host, nowMs: number) => void {
  const quiet = new LinkedList<Host>();
  const suspect = new LinkedList<Host>();
  return (host, nowMs) => {
    const hasFaults = host.failing !== undefined || host.limits.overload !== undefined || host.limits.parkedMs > nowMs;
    const kept = hasFaults ? suspect : quiet;
    kept.add(host);
    const oldest = kept.size > MOST_IDLE ? kept.first : undefined;
    if (oldest === undefined) return;
    kept.delete(oldest);
    forget(oldest);
  };
}
