// The bounded look-ahead between the source and the slots: whose turn it is, and when. No timers, no clock, no I/O.

import { LinkedList } from "../structures/linked-list.ts";
import {
  closedNow,
  type Host,
  hostNamed,
  jobsOf,
  learn,
  mayStartAt,
  memory,
  originOf,
  refusalOf,
  refuses,
  ripen,
  shift,
  startMs,
  takes,
} from "./host.ts";
import { charsOf } from "./job-size.ts";
import { enqueue, heap } from "./order.ts";
import { type Frontier, type FrontierOptions, newTask, type Sign, type Task } from "./task.ts";
import { wakeQueue } from "./wake-queue.ts";

const NEVER = Number.POSITIVE_INFINITY;

/** Gives an empty frontier. Adding, starting and finishing cost the same however many jobs and hosts wait here. */
export function frontier(options: FrontierOptions): Frontier {
  const { perHost, order, pace } = options;
  // Jobs without a host fail by themselves: no limit, and no pace, is for them.
  const nowhere = hostNamed("", NEVER, undefined);
  const hosts = new Map<string, Host>([["", nowhere]]);
  const ready = new LinkedList<Host>(); // the one that has waited longest for its turn first
  const refusing = new Set<Host>();
  const wakeTimes = wakeQueue();
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
      enqueue(host.fresh, task);
      host.waiting++;
      if (host.waiting === 1) host.next = job;
      if (host.waiting === 1 || host.failing !== undefined) settle(host);
    },
    again(task, dueMs) {
      wait(task, named(task.host), dueMs);
    },
    next(nowMs) {
      seenMs = nowMs;
      wake();
      if (nowhere.list !== undefined) return start(nowhere);
      for (;;) {
        const hopeless = refusing.size > 0 ? refusing.values().next().value : undefined;
        if (hopeless !== undefined) return refuse(hopeless);
        if (ready.size === 0 || (pace !== undefined && pace.nextAtMs(nowMs) > nowMs)) return undefined;
        const task = start(ready.size === 1 ? ready.first : hosts.get(order(ready).host));
        if (task !== undefined) return task;
      }
    },
    dueMs(nowMs) {
      seenMs = nowMs;
      wake();
      if (nowhere.list !== undefined || refusing.size > 0) return nowMs;
      const dueMs = ready.size > 0 ? nowMs : wakeTimes.leastMs();
      return pace === undefined ? dueMs : Math.max(dueMs, pace.nextAtMs(nowMs));
    },
    finished(task, sign, nowMs, failure) {
      seenMs = nowMs;
      if (task.ahead !== undefined) arrive(task, task.host);
      const host = hosts.get(task.host);
      if (host === undefined || host === nowhere) return;
      pace?.release?.(sign !== "unasked");
      host.pace?.release?.(sign !== "unasked");
      const capped = host.running-- >= host.most || host.pace !== undefined;
      const isBad = sign === "pushed" || sign === "down" || sign === "silent";
      if (isBad || host.failing !== undefined || host.allowance !== undefined) {
        learn(host, { task, sign, failure, nowMs, starts }, options);
      } else {
        if (sign === "alive") host.alive = starts;
        if (!capped && (host.waiting > 0 || host.running > 0)) return;
      }
      settle(host);
    },
    move(task, name, sign, nowMs) {
      seenMs = nowMs;
      if (name === task.host) return true;
      leave(task, task.host, sign);
      if (arrive(task, name)) return true;
      const to = named(name);
      const isTaken = takes(to, task.holds, nowMs);
      if (isTaken) begin(to, task);
      else task.holds++;
      task.host = name;
      settle(to);
      return isTaken;
    },
    moved(task, name, nowMs) {
      seenMs = nowMs;
      if (name === task.host) return;
      leave(task, task.host, "none");
      if (arrive(task, name)) return;
      const to = named(name);
      begin(to, task);
      settle(to);
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
    const task = host?.list === ready ? leaving(shift(host)) : undefined;
    if (host === undefined || task === undefined) throw new Error("the order picked a host that it was not offered");
    if (task.home !== host.host) {
      // It begins at home again, if that takes one; its place here is kept until it is back.
      const home = named(task.home);
      if (!mayStartAt(home, seenMs)) {
        settle(host);
        wait(task, home, seenMs);
        return undefined;
      }
      task.ahead = host.host;
      begin(home, task);
      settle(home);
    }
    task.started = ++starts;
    if (host !== nowhere) pace?.acquire(seenMs);
    begin(host, task);
    task.host = task.home;
    if (ready.size > 1) {
      ready.delete(host);
      ready.add(host);
    }
    const plain = host.pace === undefined && host.failing === undefined;
    if (!plain || host.waiting === 0 || host.running >= host.most) settle(host);
    return task;
  }

  function wait(task: Task, host: Host, dueMs: number): void {
    task.host = host.host;
    waiting++;
    chars += charsOf(task.job);
    host.later ??= heap();
    host.later.push(dueMs, task);
    settle(host);
  }

  function begin(host: Host, task: Task): void {
    task.host = host.host;
    host.running++;
    host.pace?.acquire(seenMs);
    if (host.failing !== undefined) host.failing.probe ??= task;
  }

  /** The try is over at this host, and may go on at another. */
  function leave(task: Task, name: string, sign: Sign): void {
    const host = hosts.get(name);
    if (host === undefined || host === nowhere) return;
    host.running--;
    host.pace?.release?.(sign !== "unasked");
    learn(host, { task, sign, failure: undefined, nowMs: seenMs, starts }, options);
    settle(host);
  }

  /** Takes the place that was kept, if it is at this host; gives it up otherwise. */
  function arrive(task: Task, name: string): boolean {
    const { ahead } = task;
    const isThere = ahead === name;
    task.ahead = undefined;
    task.host = name;
    if (ahead !== undefined && !isThere) leave(task, ahead, "unasked");
    return isThere;
  }

  function refuse(host: Host): Task | undefined {
    const task = leaving(host.later?.pop() ?? shift(host));
    if (task !== undefined) task.refused = closedNow(host, seenMs) ?? host.failing?.refusal;
    settle(host);
    return task;
  }

  function wake(): void {
    for (let host = wakeTimes.due(seenMs); host !== undefined; host = wakeTimes.due(seenMs)) settle(host);
  }

  /** Puts a host where it belongs, after a change that can matter to that. */
  function settle(host: Host): void {
    ripen(host, seenMs);
    const atMs = startMs(host, seenMs);
    let wakeMs = atMs;
    if (atMs <= seenMs) {
      ready.add(host);
      wakeMs = host.later?.minKey ?? NEVER;
    } else host.list?.delete(host);
    wakeTimes.set(host, wakeMs);
    if (refuses(host, seenMs)) refusing.add(host);
    else if (refusing.size > 0) refusing.delete(host);
    if (host !== nowhere && host.running === 0 && jobsOf(host) === 0) keep(host, seenMs);
  }
}
