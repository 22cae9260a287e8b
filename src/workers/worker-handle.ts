// One process that helps, as the run's process sees it: what it is at, whether it lives, and what becomes of its tasks if not.

import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { type Failure, isFailure } from "../core/failure.ts";
import type { Tried } from "../core/run/attempt.ts";
import type { BandwidthLimiter, PausedReader } from "../core/run/bandwidth.ts";
import type { Task } from "../core/scheduler/task.ts";
import { portion } from "./bandwidth-lease.ts";
import { ipcChannel } from "./ipc-channel.ts";
import { type FromWorker, type Left, rowOf, type ToWorker } from "./messages.ts";

/** It is looked at so often; if it gave no sign of life so many times in a row it is taken for dead: 60 s. */
const LOOK_MS = 5000;
const SILENT_LOOKS = 12;

/** What is told to end, or to give up what is under way, is ended if it has not after so long, in milliseconds. */
const OBEY_MS = 2000;

export interface WorkerHandleOptions {
  /** The program's file. */
  readonly program: string;
  /** What it needs to know. */
  readonly plan: unknown;
  readonly zeroMs: number;
  /** Whose turn it is to read, where bytes have a speed. */
  readonly throttle?: BandwidthLimiter | undefined;
  /** It may be given tasks. */
  readonly onReady: (workerHandle: WorkerHandle) => void;
  /** It has ended, before `close`; every task of its own has come back by then. */
  readonly onGone: (helper: WorkerHandle, end: End) => void;
  /** A file may have got its name of which nobody was told. */
  readonly onUnsure: () => void;
}

export interface End {
  /** "SIGKILL", "exit 1", or why it could not be started. */
  readonly how: string;
  /** How many tasks came back as failures. */
  readonly lost: number;
}

export interface WorkerHandle {
  readonly isReady: boolean;
  /** Tasks under way there. */
  readonly busy: number;
  /** Tasks that it has finished. */
  readonly finished: number;
  readonly receivedBytes: number;
  /** `onFailure`: told of one first, and whether a part of the body lies in the folder. */
  perform(task: Task, left: Left | undefined, onFailure: OnFailure): Promise<Tried>;
  resize(connections: number): void;
  /** Settled when it knows that the list names files itself, or is gone. */
  named(): Promise<void>;
  abort(): void;
  close(): Promise<void>;
}

type OnFailure = (task: Task, failure: Failure, isKept: boolean) => void;

interface Open {
  readonly task: Task;
  readonly settle: (result: Tried) => void;
  readonly onFailure: OnFailure;
}

const GIVEN_UP: Failure = { error: "interrupted", detail: "stopped" };

/** Starts one. Throws where there are no descriptors for it, or what the system says. */
export function helper({
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
    child.on("error", () => {}); // it says the same, later
    throw new Error("too few file descriptors (EMFILE)");
  }
  const open = new Map<number, Open>();
  const knowers: (() => void)[] = [];
  let ids = 0;
  let finished = 0;
  let receivedBytes = 0;
  let isReady = false;
  let isClosing = false;
  let isAborted = false;
  let isOver = false;
  let silentLooks = 0;
  let startError: Error | undefined;
  let closed = () => {};
  let force: NodeJS.Timeout | undefined;

  const pipe = child.stdio[3] as Socket;
  const to = ipcChannel<ToWorker, FromWorker>(pipe, (notice) => {
    silentLooks = 0;
    if (Array.isArray(notice)) settled(notice[0], notice[1], notice[2] === true);
    else if ("bytes" in notice) receivedBytes = notice.bytes;
    else if ("unsure" in notice) onUnsure();
    else if ("spent" in notice) throttle?.spend(notice.spent);
    else if ("wants" in notice) throttle?.enqueue(granting, granted);
    else if ("ready" in notice) {
      isReady = true;
      onReady(self);
    } else if ("named" in notice) {
      for (const know of knowers.splice(0)) know();
      hold();
    }
  });
  const granted = throttle === undefined ? 0 : portion(throttle.bytesPerSecond, throttle.readBytes);
  const granting: PausedReader = { resume: () => to.put({ granted }) };
  hold();
  to.put({ begin: plan, zeroMs });
  const looking = setInterval(() => {
    if (++silentLooks > SILENT_LOOKS) kill();
  }, LOOK_MS).unref();
  child.on("error", (error) => {
    startError = error;
    if (child.pid === undefined) over("");
  });
  child.on("close", (code, signal) => over(signal ?? `exit ${code}`));

  function settled(id: number, result: Tried, isKept: boolean): void {
    const one = open.get(id);
    if (one === undefined) return;
    open.delete(id);
    finished++;
    if (isFailure(result)) one.onFailure(one.task, result, isKept);
    if (open.size === 0) hold();
    one.settle(result);
  }

  function over(how: string): void {
    if (isOver) return;
    isOver = true;
    isReady = false;
    if (isAborted && open.size > 0) onUnsure(); // it was killed in the middle of something
    throttle?.cancel(granting);
    clearInterval(looking);
    clearTimeout(force);
    const end = { how: startError?.message ?? how, lost: open.size };
    const why: Failure = isAborted ? GIVEN_UP : { error: "worker_lost", detail: `its process ended: ${end.how}` };
    for (const { task, settle, onFailure } of open.values()) {
      onFailure(task, why, false);
      settle(why);
    }
    open.clear();
    for (const know of knowers.splice(0)) know();
    closed();
    if (!isClosing) onGone(self, end);
  }

  /** Only a helper that is at something keeps this process: a run that is not over, and can never be, is to be noticed. */
  function hold(isWaitedFor = open.size + knowers.length > 0): void {
    for (const one of [child, pipe]) {
      if (isWaitedFor) one.ref();
      else one.unref();
    }
  }

  function orElse(): void {
    force ??= setTimeout(kill, OBEY_MS);
  }

  /** What it has said before is still heard; but a process that a dead disk holds may never be gone. */
  function kill(): void {
    child.kill("SIGKILL");
    clearInterval(looking);
    clearTimeout(force);
    force = setTimeout(() => over("SIGKILL"), OBEY_MS);
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
    resize: (most) => to.put({ most }),
    named() {
      if (isOver) return Promise.resolve();
      to.put({ named: true });
      hold(true);
      return new Promise((know) => void knowers.push(know));
    },
    abort() {
      isAborted = true;
      to.put({ abort: true });
      if (open.size > 0) orElse();
    },
    close() {
      isClosing = true;
      if (isOver) return Promise.resolve();
      hold(true);
      to.end();
      orElse();
      return new Promise((resolve) => {
        closed = resolve;
      });
    },
  };
  return self;
}
