// Handle of a worker process in the run's process: starts it, sends tasks, watches its heartbeat, fails its tasks if it dies.

import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { type Failure, isFailure } from "../core/failure.ts";
import type { BandwidthLimiter, PausedReader } from "../core/run/bandwidth.ts";
import type { TryResult } from "../core/run/try-result.ts";
import type { Task } from "../core/scheduler/task.ts";
import { portion } from "./bandwidth-lease.ts";
import { ipcChannel } from "./ipc-channel.ts";
import { type FromWorker, type Left, type ResultRow, rowOf, type ToWorker } from "./messages.ts";
import { wireOf } from "./wire-row.ts";

/** The heartbeat is checked at this interval. After this many checks without a message (60 s) the worker is killed. */
const CHECK_INTERVAL_MS = 5000;
const MAX_SILENT_CHECKS = 12;

/** A worker that has not ended, or not aborted its tasks, after this time is killed. */
const KILL_DELAY_MS = 2000;

export interface WorkerHandleOptions {
  /** Path of the worker's program. */
  readonly program: string;
  /** The first message to the worker. */
  readonly plan: unknown;
  readonly zeroMs: number;
  /** The queue of readers, if --limit-rate applies. */
  readonly throttle?: BandwidthLimiter | undefined;
  /** Called when the worker can receive tasks. */
  readonly onReady: (worker: WorkerHandle) => void;
  /** Called when the worker has ended before `close`, after all of its tasks have failed. */
  readonly onGone: (worker: WorkerHandle, end: End) => void;
  /** Called when a file may have got its final name without a record. */
  readonly onUnsure: () => void;
}

export interface End {
  /** "SIGKILL", "exit 1", or why it could not be started. */
  readonly how: string;
  /** Number of tasks that failed by it. */
  readonly lost: number;
}

export interface WorkerHandle {
  readonly isReady: boolean;
  /** Number of tasks in flight. */
  readonly busy: number;
  /** Number of finished tasks. */
  readonly finished: number;
  readonly receivedBytes: number;
  /** Sends a task. If it fails, `onFailure` is called before the promise resolves; `isKept`: a partial body is on disk. */
  perform(task: Task, left: Left | undefined, onFailure: OnFailure): Promise<TryResult>;
  resize(connections: number): void;
  /** Resolves when the worker has confirmed that lines have file names, or has ended. */
  named(): Promise<void>;
  abort(): void;
  close(): Promise<void>;
}

type OnFailure = (task: Task, failure: Failure, isKept: boolean) => void;

interface Open {
  readonly task: Task;
  readonly settle: (result: TryResult) => void;
  readonly onFailure: OnFailure;
}

const GIVEN_UP: Failure = { error: "interrupted", detail: "stopped" };

/** Starts a worker. Throws if there are too few file descriptors, or the errno error. */
export function startWorker({
  program,
  plan,
  zeroMs,
  throttle,
  onReady,
  onGone,
  onUnsure,
}: WorkerHandleOptions): WorkerHandle {
  const child: ChildProcess = spawn(process.execPath, [...process.execArgv, program], {
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  });
  const streams: readonly unknown[] | undefined = child.stdio;
  if (streams === undefined) {
    child.on("error", () => {}); // emitted later, with the same reason
    throw new Error("too few file descriptors (EMFILE)");
  }
  const open = new Map<number, Open>();
  const namedWaiters: (() => void)[] = [];
  let ids = 0;
  let finished = 0;
  let receivedBytes = 0;
  let isReady = false;
  let isClosing = false;
  let isAborted = false;
  let isOver = false;
  let silentChecks = 0;
  let startError: Error | undefined;
  let closed = () => {};
  let force: NodeJS.Timeout | undefined;

  const pipe = child.stdio[3] as Socket;
  const to = ipcChannel<ToWorker, FromWorker>(pipe, (notice) => {
    silentChecks = 0;
    if (Array.isArray(notice)) settled(notice as ResultRow);
    else if ("bytes" in notice) receivedBytes = notice.bytes;
    else if ("unsure" in notice) onUnsure();
    else if ("spent" in notice) throttle?.spend(notice.spent);
    else if ("wants" in notice) throttle?.enqueue(granting, granted);
    else if ("ready" in notice) {
      isReady = true;
      onReady(self);
    } else if ("named" in notice) {
      for (const resolve of namedWaiters.splice(0)) resolve();
      hold();
    }
  });
  const granted = throttle === undefined ? 0 : portion(throttle.bytesPerSecond, throttle.readBytes);
  const granting: PausedReader = { resume: () => to.put({ granted }) };
  hold();
  to.put({ begin: plan, zeroMs });
  const heartbeatCheck = setInterval(() => {
    if (++silentChecks > MAX_SILENT_CHECKS) kill();
  }, CHECK_INTERVAL_MS).unref();
  child.on("error", (error) => {
    startError = error;
    if (child.pid === undefined) onEnd("");
  });
  child.on("close", (code, signal) => onEnd(signal ?? `exit ${code}`));

  function settled([id, sent, isKept = false, wire]: ResultRow): void {
    const one = open.get(id);
    if (one === undefined) return;
    open.delete(id);
    finished++;
    const result = wire === undefined ? sent : { ...sent, wire: wireOf(wire) };
    if (isFailure(result)) one.onFailure(one.task, result, isKept);
    if (open.size === 0) hold();
    one.settle(result);
  }

  function onEnd(how: string): void {
    if (isOver) return;
    isOver = true;
    isReady = false;
    if (isAborted && open.size > 0) onUnsure(); // killed during a task
    throttle?.cancel(granting);
    clearInterval(heartbeatCheck);
    clearTimeout(force);
    const end = { how: startError?.message ?? how, lost: open.size };
    const why: Failure = isAborted ? GIVEN_UP : { error: "worker_lost", detail: `its process ended: ${end.how}` };
    for (const { task, settle, onFailure } of open.values()) {
      onFailure(task, why, false);
      settle(why);
    }
    open.clear();
    for (const resolve of namedWaiters.splice(0)) resolve();
    closed();
    if (!isClosing) onGone(self, end);
  }

  /** Keeps this process alive only while a message of the worker is expected, so that `beforeExit` reveals a run that hangs. */
  function hold(isWaitedFor = open.size + namedWaiters.length > 0): void {
    for (const one of [child, pipe]) {
      if (isWaitedFor) one.ref();
      else one.unref();
    }
  }

  function killLater(): void {
    force ??= setTimeout(kill, KILL_DELAY_MS);
  }

  /** Messages sent before the kill are still received until 'close'. A process blocked by a dead disk never ends, hence the timer. */
  function kill(): void {
    child.kill("SIGKILL");
    clearInterval(heartbeatCheck);
    clearTimeout(force);
    force = setTimeout(() => onEnd("SIGKILL"), KILL_DELAY_MS);
  }

  const self: WorkerHandle = {
    get isReady() {
      return isReady;
    },
    get busy() {
      return open.size;
    },
    get finished() {
      return finished;
    },
    get receivedBytes() {
      return receivedBytes;
    },
    perform(task, left, onFailure) {
      return new Promise((settle) => {
        const id = ++ids;
        open.set(id, { task, settle, onFailure });
        if (open.size === 1) hold();
        to.put(rowOf(id, task, left));
      });
    },
    resize: (maxConnections) => to.put({ maxConnections }),
    named() {
      if (isOver) return Promise.resolve();
      to.put({ named: true });
      hold(true);
      return new Promise((resolve) => void namedWaiters.push(resolve));
    },
    abort() {
      isAborted = true;
      to.put({ abort: true });
      if (open.size > 0) killLater();
    },
    close() {
      isClosing = true;
      if (isOver) return Promise.resolve();
      hold(true);
      to.end();
      killLater();
      return new Promise((resolve) => {
        closed = resolve;
      });
    },
  };
  return self;
}
