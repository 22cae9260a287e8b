// The frontier: the bounded queue between the source and the slots, which selects the next job and its time.

import { LinkedList } from "../structures/linked-list.ts";
import {
  closedNow,
  type Host,
  type HostJobs,
  type HostLimits,
  jobsOf,
  mayStartAt,
  memory,
  refuses,
  ripen,
  shift,
  startMs,
  takes,
} from "./host.ts";
import { updateHealth } from "./host-health.ts";
import { hostRegistry } from "./host-registry.ts";
import { charsOf } from "./job-size.ts";
import { enqueue, heap } from "./order.ts";
import { refusalOf } from "./refusal.ts";
import { type HostFigures, slowdowns } from "./slowed.ts";
import { type Frontier, type FrontierOptions, type HostSignal, newTask, type Task } from "./task.ts";
import { wakeQueue } from "./wake-queue.ts";

const NEVER = Number.POSITIVE_INFINITY;

/** Returns an empty frontier. The time to add, start or finish a job does not depend on how many jobs and hosts wait. */
export function frontier(options: FrontierOptions): Frontier & HostFigures & HostJobs {
  const { perHost, order, pace } = options;
  const hosts = hostRegistry(perHost, options.hostPace);
  const { nowhere, named } = hosts;
  const ready = new LinkedList<Host>(); // in the order of their last start
  const refusing = new Set<Host>();
  const wakeTimes = wakeQueue();
  const keep = memory(hosts.forget);
  let seenMs = Number.NEGATIVE_INFINITY;
  let starts = 0;
  let waiting = 0;
  let chars = 0;
  const slowing = slowdowns();

  return {
    get slowed() {
      return slowing.last;
    },
    linesOf(name) {
      const lines = hosts.get(name)?.lines;
      return Number.isNaN(lines) ? undefined : lines;
    },
    hasJobs: (name) => jobsOf(hosts.get(name) ?? nowhere) > 0,
    get waiting() {
      return waiting;
    },
    get full() {
      return waiting >= options.capacity || chars >= options.capacityChars;
    },
    add(job, nowMs) {
      seenMs = nowMs;
      const host = hosts.of(job.url);
      const task = newTask(job, host.host, nowMs);
      waiting++;
      chars += charsOf(job);
      enqueue(host.fresh, task);
      host.waiting++;
      host.lines++;
      if (host.waiting === 1) host.next = job;
      if (host.waiting === 1 || host.failing !== undefined) settle(host);
    },
    requeue(task, dueMs) {
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
    finished(task, signal, nowMs, failure) {
      seenMs = nowMs;
      if (task.ahead !== undefined) arrive(task, task.host);
      const host = hosts.get(task.host);
      if (host === undefined || host === nowhere) return;
      pace?.release?.(signal !== "not_requested");
      const { limits } = host;
      limits.pace?.release?.(signal !== "not_requested");
      const capped = limits.running-- >= limits.most || limits.pace !== undefined || limits.members.length > 1;
      const isBad = signal === "overloaded" || signal === "unreachable" || signal === "silent";
      if (isBad || host.failing !== undefined || limits.overload !== undefined) {
        updateHealth(host, { task, signal, failure, nowMs, starts }, options, slowing.record);
      } else {
        if (signal === "ok") host.lastOkStart = starts;
        if (!capped && (host.waiting > 0 || limits.running > 0)) return;
      }
      settleAll(limits);
    },
    move(task, name, signal, nowMs) {
      seenMs = nowMs;
      if (name === task.host) return true;
      const from = hosts.get(task.host)?.limits;
      leave(task, task.host, signal);
      if (arrive(task, name)) return true;
      const to = named(name);
      // Two ports of a name share their limits: the try keeps its start, unless the port is unreachable.
      const isTaken = to.limits === from ? to.failing === undefined : takes(to, task.holds, nowMs);
      if (isTaken) begin(to, task, to.limits === from);
      else task.holds++;
      task.host = name;
      settleAll(to.limits);
      return isTaken;
    },
    moved(task, name, nowMs) {
      seenMs = nowMs;
      if (name === task.host) return;
      const from = hosts.get(task.host)?.limits;
      leave(task, task.host, "neutral");
      if (arrive(task, name)) return;
      const to = named(name);
      begin(to, task, to.limits === from);
      settleAll(to.limits);
    },
    park(name, untilMs, last) {
      if (name === "") return;
      const { limits } = named(name);
      limits.closed = last && refusalOf(last, `${name} wants to be left alone`);
      limits.parkedMs = Math.max(limits.parkedMs, untilMs);
      settleAll(limits);
    },
  };

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
      // Each try starts on the host of its URL, if that may start one. A start here is reserved until the redirect.
      const home = named(task.home);
      if (!mayStartAt(home, seenMs)) {
        settle(host);
        wait(task, home, seenMs);
        return undefined;
      }
      task.ahead = host.host;
      begin(home, task);
      settleAll(home.limits);
    }
    task.started = ++starts;
    if (host !== nowhere) pace?.acquire(seenMs);
    begin(host, task);
    task.host = task.home;
    if (ready.size > 1) {
      ready.delete(host);
      ready.add(host);
    }
    const { limits } = host;
    const plain = limits.pace === undefined && host.failing === undefined;
    if (!plain || host.waiting === 0 || limits.running >= limits.most) settleAll(limits);
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

  /** `isPaid`: its start was counted on the other port of the name. */
  function begin(host: Host, task: Task, isPaid = false): void {
    task.host = host.host;
    host.limits.running++;
    if (!isPaid) host.limits.pace?.acquire(seenMs);
    if (host.failing !== undefined) host.failing.probe ??= task;
  }

  /** Ends the try on this host; it may continue on another. */
  function leave(task: Task, name: string, signal: HostSignal): void {
    const host = hosts.get(name);
    if (host === undefined || host === nowhere) return;
    host.limits.running--;
    host.limits.pace?.release?.(signal !== "not_requested");
    updateHealth(host, { task, signal, failure: undefined, nowMs: seenMs, starts }, options, slowing.record);
    settleAll(host.limits);
  }

  /** Uses the reserved start, if it is on this host; otherwise gives it back. Returns whether it was used. */
  function arrive(task: Task, name: string): boolean {
    const { ahead } = task;
    const isThere = ahead === name;
    task.ahead = undefined;
    task.host = name;
    if (ahead !== undefined && !isThere) leave(task, ahead, "not_requested");
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

  /** Updates the hosts that share these limits. */
  function settleAll({ members }: HostLimits): void {
    for (const host of members) settle(host);
  }

  /** Updates the queues that a host is in, after a change of the host. */
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
    if (host !== nowhere && host.limits.running === 0 && jobsOf(host) === 0) keep(host, seenMs);
  }
}
