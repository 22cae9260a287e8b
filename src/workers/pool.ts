// Distributes tasks over this process and its workers, each with a share of the connections, and replaces dead workers.

import { type Failure, isFailure } from "../core/failure.ts";
import type { Job } from "../core/job.ts";
import type { Sink, View, WriteBehind } from "../core/ports.ts";
import type { Perform } from "../core/run/attempt.ts";
import type { Executor } from "../core/run/executor.ts";
import { isRequeue, type Requeue, type TryResult } from "../core/run/try-result.ts";
import type { Task } from "../core/scheduler/task.ts";
import type { Left } from "./messages.ts";
import type { End, WorkerHandle } from "./worker-handle.ts";

export interface Start {
  /** Whether lines of the list have file names. */
  readonly named: boolean;
  readonly onReady: (worker: WorkerHandle) => void;
  readonly onGone: (worker: WorkerHandle, end: End) => void;
  readonly onUnsure: () => void;
}

export interface PoolOptions {
  /** The executor of this process. */
  readonly own: Executor;
  /** The sink of this process. */
  readonly sink: Sink;
  /** Number of processes, this one included: at least 2. */
  readonly processes: number;
  /** Concurrency over all processes: at least their number. */
  readonly concurrency: number;
  /** Starts a worker. Throws the errno error. */
  readonly start: (way: Start) => WorkerHandle;
  readonly view: () => Pick<View, "inFlight" | "open">;
  /** Whether the workers should start now; called every few hundred tries with the number of tries so far. */
  readonly isTime: (tries: number) => boolean;
  /** Whether only this process may run the job. */
  readonly isOwn: (job: Job) => boolean;
  /** Prints a message for the user. */
  readonly note: (text: string) => void;
}

/** Number of tries between two calls of `isTime`. */
const TRIES_PER_CHECK = 500;

/** A worker is not replaced after this many ends in a row. A worker that has finished enough tasks starts a new row. */
const MAX_ENDS_IN_A_ROW = 3;
const MIN_USEFUL_TASKS = 1000;

/** Starts the workers when `isTime` returns true. Until they are ready, this process works alone. */
export function pool(options: PoolOptions): Executor {
  const { own, sink, isOwn, note } = options;
  const workers = new Set<WorkerHandle>();
  /** The files that the last try of a task left, where they matter to the next one. */
  const leftovers = new WeakMap<Task, Left>();
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
      for (const one of workers) bytes += one.receivedBytes;
      return bytes;
    },
    abort() {
      own.abort();
      for (const one of workers) one.abort();
    },
    async close() {
      isClosing = true;
      await own.close();
      await Promise.all([...workers].map((one) => one.close()));
      if (hasLost) sink.sweep?.();
    },
  };

  /** Starts a worker. Returns whether it could. */
  function startOne(): boolean {
    try {
      workers.add(options.start({ named: isNamed, onReady: divide, onGone, onUnsure: () => sink.doubt?.() }));
      return true;
    } catch (error) {
      const rest = workers.size === 0 ? "this one goes on alone" : "the others go on without it";
      note(`no other process can be started: ${(error as Error).message}; ${rest}`);
      return false;
    }
  }

  function onGone(one: WorkerHandle, { how, lost }: End): void {
    workers.delete(one);
    goneBytes += one.receivedBytes;
    hasLost = true;
    const canWork = one.finished > 0;
    ends = one.finished >= MIN_USEFUL_TASKS ? 1 : ends + 1;
    const isReplaced = !isClosing && canWork && ends <= MAX_ENDS_IN_A_ROW;
    divide();
    if (isClosing) return;
    const what = canWork ? "a process that fetched" : "a process that was to fetch";
    const then = isReplaced ? "another takes its place" : "the others go on without it";
    const urls = lost === 0 ? "" : `; ${lost} ${lost === 1 ? "URL" : "URLs"} in flight there count as tried once`;
    note(`${what} has ended (${how})${urls}; ${then}`);
    if (isReplaced) startOne();
  }

  /**
   * Divides connections and URLs in flight among the processes that are ready. This process gets half the share of a worker: it
   * also keeps list and records, and tasks of workers are in flight for longer.
   */
  function divide(): void {
    let ready = 1;
    for (const one of workers) if (one.isReady) ready++;
    share = Math.floor((2 * total) / (2 * ready - 1));
    ownShare = total - share * (ready - 1);
    own.resize(ownShare);
    for (const one of workers) if (one.isReady) one.resize(share);
  }

  function perform(task: Task): ReturnType<Perform> {
    if (!hasStarted && ++begun % TRIES_PER_CHECK === 0) begin();
    if (task.job.name !== undefined && !isNamed) return withNames(task);
    if (!hasStarted) return own.perform(task);
    if (workers.size === 0 || isOwn(task.job)) return byOwn(task);
    return byAnyone(task);
  }

  /** Waits until all workers have confirmed that lines have names, before the first task with a name runs. */
  async function withNames(task: Task): Promise<TryResult | WriteBehind<TryResult>> {
    naming ??= announceNames();
    await naming;
    return perform(task);
  }

  /** Runs a task in the process with the most free slots. */
  function byAnyone(task: Task): ReturnType<Perform> {
    let busy = options.view().inFlight - 1; // without this task
    for (const one of workers) busy -= one.busy;
    let room = ownShare - busy;
    let best: WorkerHandle | undefined;
    for (const one of workers) {
      if (one.isReady && share - one.busy > room) {
        room = share - one.busy;
        best = one;
      }
    }
    if (best === undefined) return byOwn(task);
    let left = task.attempts === 1 ? undefined : leftovers.get(task);
    // Only this process has the table of partial bodies of an earlier run.
    if (left === undefined && sink.release?.(task.job) === true) left = { part: true, file: false };
    return best.perform(task, left, noteLeftovers);
  }

  async function byOwn(task: Task): Promise<TryResult | WriteBehind<TryResult>> {
    const left = task.attempts === 1 ? undefined : leftovers.get(task);
    if (left !== undefined) sink.adopt?.(task.job, left);
    const result = await own.perform(task);
    if (isFailure(result) || isRequeue(result)) noteLeftovers(task, result, sink.release?.(task.job) === true);
    return result;
  }

  /** A dead worker's partial files remain on disk. If two lines share a number, the file may belong to the other line. */
  function noteLeftovers(task: Task, result: Failure | Requeue, isKept: boolean): void {
    const { job } = task;
    const isLost = isFailure(result) && result.error === "worker_lost";
    if (isKept || isLost) leftovers.set(task, { part: isKept || !hasNamesake(job), file: isLost });
    else if (task.attempts > 1) leftovers.delete(task);
  }

  function hasNamesake(job: Job): boolean {
    for (const one of options.view().open.keys()) if (one.n === job.n && one !== job) return true;
    return false;
  }

  /** Announces to all processes that lines have names, so that a file may belong to another line. Resolves when all have confirmed. */
  async function announceNames(): Promise<void> {
    sink.share?.(true);
    await Promise.all([...workers].map((one) => one.named()));
    isNamed = true;
  }
}
