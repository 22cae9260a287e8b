// Several processes as one crew: this one and its helpers, each with its share of the connections.

import { type Failure, isFailure } from "../core/failure.ts";
import type { Job } from "../core/job.ts";
import type { Sink, View, WriteBehind } from "../core/ports.ts";
import type { Perform, Tried } from "../core/run/attempt.ts";
import type { Executor } from "../core/run/executor.ts";
import type { Task } from "../core/scheduler/task.ts";
import type { Left } from "./messages.ts";
import type { End, WorkerHandle } from "./worker-handle.ts";

export interface Start {
  /** The list names files itself. */
  readonly named: boolean;
  readonly onReady: (helper: WorkerHandle) => void;
  readonly onGone: (helper: WorkerHandle, end: End) => void;
  readonly onUnsure: () => void;
}

export interface PoolOptions {
  /** This process. */
  readonly own: Executor;
  /** Where it puts its files. */
  readonly sink: Sink;
  /** How many processes there are to be, this one included: at least 2. */
  readonly processes: number;
  /** URLs at a time, over all of them: at least as many as processes. */
  readonly concurrency: number;
  /** Starts a helper. Throws what the system says. */
  readonly start: (way: Start) => WorkerHandle;
  /** The run. */
  readonly view: () => Pick<View, "inFlight" | "open">;
  /** Whether it is time to start the others, asked now and then; told how many tries have begun. */
  readonly isTime: (tries: number) => boolean;
  /** This job is for this process and no other. */
  readonly isOwn: (job: Job) => boolean;
  /** Says something to the user. */
  readonly note: (text: string) => void;
}

/** After so many tries it is asked whether it is time. */
const ASK_EVERY = 500;

/** After so many ends in a row nobody takes their place. A helper that has finished so many tasks begins a new row. */
const MOST_ENDS = 3;
const USEFUL_TASKS = 1000;

/** Starts its helpers when it is time, not before; until they are ready this process works alone. */
export function pool(options: PoolOptions): Executor {
  const { own, sink, isOwn, note } = options;
  const helpers = new Set<WorkerHandle>();
  /** How a task's last try left the folder, where that matters to the next one. */
  const trails = new WeakMap<Task, Left>();
  let total = options.concurrency;
  let share = total;
  let ownShare = total;
  let begun = 0;
  let hasStarted = false;
  let isClosing = false;
  let ends = 0;
  let goneBytes = 0;
  let hasLost = false;
  let naming: Promise<unknown> | undefined;
  let isNamed = false;

  const begin = () => {
    if (hasStarted || isClosing || !options.isTime(begun)) return;
    hasStarted = true;
    sink.share?.(isNamed);
    for (let more = options.processes - 1; more > 0 && startOne(); more--);
  };
  begin();

  return {
    perform,
    resize(connections) {
      total = connections;
      divide();
    },
    receivedBytes() {
      let bytes = own.receivedBytes() + goneBytes;
      for (const one of helpers) bytes += one.receivedBytes;
      return bytes;
    },
    abort() {
      own.abort();
      for (const one of helpers) one.abort();
    },
    async close() {
      isClosing = true;
      await own.close();
      await Promise.all([...helpers].map((one) => one.close()));
      if (hasLost) sink.sweep?.();
    },
  };

  /** Whether one could be started. */
  function startOne(): boolean {
    try {
      helpers.add(options.start({ named: isNamed, onReady: divide, onGone: gone, onUnsure: () => sink.doubt?.() }));
      return true;
    } catch (error) {
      const rest = helpers.size === 0 ? "this one goes on alone" : "the others go on without it";
      note(`no other process can be started: ${(error as Error).message}; ${rest}`);
      return false;
    }
  }

  function gone(one: WorkerHandle, { how, lost }: End): void {
    helpers.delete(one);
    goneBytes += one.receivedBytes;
    hasLost = true;
    const canWork = one.finished > 0;
    ends = one.finished >= USEFUL_TASKS ? 1 : ends + 1;
    const isReplaced = !isClosing && canWork && ends <= MOST_ENDS;
    divide();
    if (isClosing) return;
    const what = canWork ? "a process that fetched" : "a process that was to fetch";
    const then = isReplaced ? "another takes its place" : "the others go on without it";
    const urls = lost === 0 ? "" : `; ${lost} ${lost === 1 ? "URL" : "URLs"} under way there count as tried once`;
    note(`${what} has ended (${how})${urls}; ${then}`);
    if (isReplaced) startOne();
  }

  /**
   * Each that is ready gets its share of the connections, and of the URLs under way: this process half of what another has,
   * since it also does what is for all of them, and theirs are under way for longer.
   */
  function divide(): void {
    let ready = 1;
    for (const one of helpers) if (one.isReady) ready++;
    share = Math.floor((2 * total) / (2 * ready - 1));
    ownShare = total - share * (ready - 1);
    own.resize(ownShare);
    for (const one of helpers) if (one.isReady) one.resize(share);
  }

  function perform(task: Task): ReturnType<Perform> {
    if (!hasStarted && ++begun % ASK_EVERY === 0) begin();
    if (task.job.name !== undefined && !isNamed) return withNames(task);
    if (!hasStarted) return own.perform(task);
    if (helpers.size === 0 || isOwn(task.job)) return byOwn(task);
    return byAnyone(task);
  }

  /** The first task that has a name waits until all know that there are names; so do those that come meanwhile. */
  async function withNames(task: Task): Promise<Tried | WriteBehind<Tried>> {
    naming ??= learn();
    await naming;
    return perform(task);
  }

  /** The one with the most room. */
  function byAnyone(task: Task): ReturnType<Perform> {
    let busy = options.view().inFlight - 1; // without this one
    for (const one of helpers) busy -= one.busy;
    let room = ownShare - busy;
    let best: WorkerHandle | undefined;
    for (const one of helpers) {
      if (one.isReady && share - one.busy > room) {
        room = share - one.busy;
        best = one;
      }
    }
    if (best === undefined) return byOwn(task);
    let left = task.attempts === 1 ? undefined : trails.get(task);
    // A part that an earlier run kept is known here only.
    if (left === undefined && sink.release?.(task.job) === true) left = { part: true, file: false };
    return best.perform(task, left, trace);
  }

  async function byOwn(task: Task): Promise<Tried | WriteBehind<Tried>> {
    const left = task.attempts === 1 ? undefined : trails.get(task);
    if (left !== undefined) sink.adopt?.(task.job, left);
    const result = await own.perform(task);
    if (isFailure(result)) trace(task, result, sink.release?.(task.job) === true);
    return result;
  }

  /** What one that has ended was at is still there; but of two lines with one number, the part may be the other's. */
  function trace(task: Task, failure: Failure, isKept: boolean): void {
    const { job } = task;
    const isLost = failure.error === "worker_lost";
    if (isKept || isLost) trails.set(task, { part: isKept || !hasNamesake(job), file: isLost });
    else if (task.attempts > 1) trails.delete(task);
  }

  function hasNamesake(job: Job): boolean {
    for (const one of options.view().open.keys()) if (one.n === job.n && one !== job) return true;
    return false;
  }

  /** From now on a name may be taken by another line; nobody goes on before all know. */
  async function learn(): Promise<void> {
    sink.share?.(true);
    await Promise.all([...helpers].map((one) => one.named()));
    isNamed = true;
  }
}
