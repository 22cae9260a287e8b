// What the frontier knows of one host: its name, its jobs, how it fared, and so when it may start another.

import { type Failure, isFailure } from "../failure.ts";
import type { Job } from "../job.ts";
import { parseUrl } from "../parse-url.ts";
import { LinkedList, type ListNode } from "../structures/linked-list.ts";
import { dequeue, type Fifo, type Heap, type HostQueue, heap, peek } from "./order.ts";
import type { FrontierOptions, RateLimiter, Sign, Task } from "./task.ts";

/** Strikes in a row after which a host only fails; one that was alive is given this long besides. */
const MOST_STRIKES = 4;
const MERCY_MS = 600_000;
const LONGEST_PARK_MS = 60_000;
/** So often a redirect is held before it may go over a cap or a pace: A to B and back to A within A's pace never fits. */
const MAX_HOLDS = 10;
/** Hosts without jobs that are remembered: so many with something held against them, and so many others. */
const MOST_IDLE = 10_000;
const NEVER = Number.POSITIVE_INFINITY;
const LONG_AGO = Number.NEGATIVE_INFINITY;
/** At the head of an empty queue; no order sees it. */
const NO_JOB: Job = { n: 0, url: "" };

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** How many tries at a time a host gets, from the share of those by which it asked for less. */
export interface HostLimit {
  /** A whole number, at least 1. */
  readonly limit: number;
  note(pushed: boolean): void;
}

export interface Host extends Mutable<HostQueue>, ListNode<Host> {
  readonly fresh: Fifo<Task>;
  /** Those to be tried again that are due, by their place in the list: they go before the fresh ones. */
  back: Heap<Task> | undefined;
  /** Those in their back-off, by the time it ends. */
  later: Heap<Task> | undefined;
  running: number;
  /** The most that may run. */
  most: number;
  /** The last start, of any task, before it last answered: what was started no later says nothing of it now. 0: never. */
  alive: number;
  /** When the frontier is to look at it again. */
  wakeMs: number;
  parkedMs: number;
  /** What its jobs are refused with as long as it is parked. */
  closed: Failure | undefined;
  readonly pace: RateLimiter | undefined;
  allowance: HostLimit | undefined;
  /** The last start before its allowance was last lowered, before its last strike: older tries tell old news. */
  lowered: number;
  struck: number;
  failing: Failing | undefined;
}

/** Nobody answered there since it was last alive: one try at a time, ever more rarely. */
interface Failing {
  strikes: number;
  readonly sinceMs: number;
  parkedMs: number;
  probe: Task | undefined;
  /** It only fails: what its jobs are refused with. */
  refusal: Failure | undefined;
}

export function hostNamed(name: string, most: number, pace: RateLimiter | undefined): Host {
  return {
    // A copy: a part of a line holds the line, and with it the piece of the list it was read in.
    host: String(JSON.parse(JSON.stringify(name))),
    waiting: 0,
    next: NO_JOB,
    fresh: { items: [], from: 0 },
    back: undefined,
    later: undefined,
    running: 0,
    most,
    alive: 0,
    wakeMs: NEVER,
    parkedMs: LONG_AGO,
    closed: undefined,
    pace,
    allowance: undefined,
    lowered: 0,
    struck: 0,
    failing: undefined,
    list: undefined,
    prevNode: undefined,
    nextNode: undefined,
  };
}

export interface Origin {
  /** As `URL.host`; "" where there is none. */
  readonly name: string;
  /** What all its URLs begin with; undefined where that is not certain. */
  readonly prefix: string | undefined;
}

/** An origin of which `URL.host` is known without parsing: the last label begins with a letter, so it is no IPv4 address. */
const PLAIN = /^http(s?):\/\/((?:[a-z0-9-]+\.)*[a-z][a-z0-9-]*)(?::([1-9][0-9]{0,4}))?[/?#]/;

export function originOf(url: string): Origin {
  const plain = PLAIN.exec(url);
  const name = plain?.[2];
  if (plain === null || name === undefined) {
    const target = parseUrl(url);
    return { name: isFailure(target) ? "" : target.host, prefix: /^https?:\/\/[^/?#\\]+[/?#]/.exec(url)?.[0] };
  }
  const port = plain[3];
  const folded = port === undefined || port === (plain[1] === "" ? "80" : "443");
  return { name: folded ? name : `${name}:${port}`, prefix: plain[0] };
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
  if (host.running >= host.most || failing?.probe !== undefined) return NEVER;
  return failing === undefined ? host.parkedMs : Math.max(host.parkedMs, failing.parkedMs);
}

/** Whether it may start one more now, whoever waits there. */
export function mayStartAt(host: Host, nowMs: number): boolean {
  return (
    openMs(host) <= nowMs && (host.pace?.nextAtMs(nowMs) ?? LONG_AGO) <= nowMs && host.failing?.refusal === undefined
  );
}

/** Whether it takes a redirect that was held so often: one over its cap or pace ends what may go on for ever between two hosts. */
export function takes(host: Host, holds: number, nowMs: number): boolean {
  return mayStartAt(host, nowMs) || (holds >= MAX_HOLDS && host.parkedMs <= nowMs && host.failing === undefined);
}

/** When it may start one that it has. */
export function startMs(host: Host, nowMs: number): number {
  if (jobsOf(host) === 0) return NEVER;
  const atMs = Math.max(openMs(host), host.pace?.nextAtMs(nowMs) ?? LONG_AGO);
  return host.waiting > 0 ? atMs : Math.max(atMs, host.later?.minKey ?? NEVER);
}

/** Whether it has jobs to refuse: all of them, but for one to be tried once its park is over. */
export function refuses(host: Host, nowMs: number): boolean {
  if (closedNow(host, nowMs) !== undefined) return jobsOf(host) > 0;
  return host.failing?.refusal !== undefined && jobsOf(host) > (openMs(host) <= nowMs ? 1 : 0);
}

/** What a host's jobs are refused with while it wants to be left alone for longer than they can wait. */
export function closedNow(host: Host, nowMs: number): Failure | undefined {
  return host.parkedMs > nowMs ? host.closed : undefined;
}

/** The failure of a job that is not tried: `why`, and what happened on its host last. */
export function refusalOf({ error, status, detail }: Failure, why: string): Failure {
  const refusal = { error, detail: `not tried: ${why}, last: ${detail}` };
  return status === undefined ? refusal : { ...refusal, status };
}

export interface Try {
  readonly task: Task;
  readonly sign: Sign;
  readonly failure: Failure | undefined;
  readonly nowMs: number;
  /** The number of the last start, of any task. */
  readonly starts: number;
}

/** Takes in what a finished try says of the host. */
export function learn(host: Host, ended: Try, options: LearnOptions): void {
  const { task, sign, starts } = ended;
  if (host.failing?.probe === task) host.failing.probe = undefined;
  if (sign === "none" || sign === "unasked") return;
  if (sign === "down" || sign === "silent") {
    if (task.started <= Math.max(host.struck, host.alive) || ended.failure === undefined) return;
    if (sign === "down" || task.attempts <= 1) strike(host, ended.failure, ended);
    else host.failing = undefined; // it takes connections, and only lines that were silent before are left: these need not wait
    return;
  }
  host.alive = starts;
  host.failing = undefined;
  if (sign === "pushed") host.allowance ??= options.allowance(() => Math.min(options.perHost, options.concurrency));
  if (host.allowance === undefined || task.started <= host.lowered) return;
  const before = host.allowance.limit;
  host.allowance.note(sign === "pushed");
  host.most = host.allowance.limit;
  if (host.allowance.limit < before) host.lowered = starts;
}

type LearnOptions = Pick<FrontierOptions, "perHost" | "concurrency" | "allowance">;

function strike(host: Host, failure: Failure, { nowMs, starts }: Try): void {
  host.failing ??= { strikes: 0, sinceMs: nowMs, parkedMs: LONG_AGO, probe: undefined, refusal: undefined };
  const { failing } = host;
  host.struck = starts;
  failing.strikes++;
  failing.parkedMs = nowMs + Math.min(LONGEST_PARK_MS, 1000 * 2 ** (failing.strikes - 1));
  if (failing.strikes < MOST_STRIKES || (host.alive > 0 && nowMs - failing.sinceMs < MERCY_MS)) return;
  failing.refusal = refusalOf(failure, `${host.host} failed ${failing.strikes} times in a row`);
}

/** Keeps hosts without jobs for a while, so that what is known of one holds for the jobs that may come; then forgets it. */
export function memory(forget: (host: Host) => void): (host: Host, nowMs: number) => void {
  const quiet = new LinkedList<Host>();
  const suspect = new LinkedList<Host>();
  return (host, nowMs) => {
    const hasFaults = host.failing !== undefined || host.allowance !== undefined || host.parkedMs > nowMs;
    const kept = hasFaults ? suspect : quiet;
    kept.add(host);
    const oldest = kept.size > MOST_IDLE ? kept.first : undefined;
    if (oldest === undefined) return;
    kept.delete(oldest);
    forget(oldest);
  };
}
