// Verifies many recorded files on two threads: lstat takes nearly all the time of reading a long journal.

import type { Worker } from "node:worker_threads";
import { type LocationCheck, locationChecker } from "../../fs/location.ts";
import { threadFile } from "../../fs/thread-file.ts";
import type { VerifierData, VerifierRequest } from "./verifier-loop.ts";

const BATCH_FILES = 1024;

/** Batch number at which the second thread starts. Its start takes 20 ms. */
const MIN_BATCHES_FOR_THREAD = 20;

/** Maximum number of batches queued for the second thread. The main thread verifies the others. */
const MAX_QUEUED_BATCHES = 3;

/** Maximum wait for the second thread's last batches, in milliseconds. After it, the main thread verifies them. */
const MAX_WAIT_MS = 2000;

export interface FileVerifier {
  /** Verifies one file immediately. */
  readonly check: LocationCheck;
  /** Queues a file and its length in bytes; `n` and `unit` are passed to `onMissing`. */
  queue(n: number, unit: number, file: string, bytes: number): void;
  /** Verifies all queued files before it returns. */
  finish(): void;
}

interface Batch {
  readonly ns: number[];
  readonly units: number[];
  readonly files: string[];
  readonly bytes: number[];
}

/**
 * Calls `onMissing`, in any order, for files that are not in `folder` with their length. `start` starts the second thread, if
 * there may be one. Blocks; never throws.
 */
export function fileVerifier(
  folder: string,
  onMissing: (n: number, unit: number) => void,
  start?: StartThread,
): FileVerifier {
  const check = locationChecker(folder);
  let batch = emptyBatch();
  let batches = 0;
  let thread: VerifierThread | undefined;
  /** Batches queued for the second thread, oldest first. */
  const queuedBatches: Batch[] = [];

  const reportMissing = ({ ns, units }: Batch, missing: readonly number[]) => {
    for (const index of missing) onMissing(ns[index] ?? 0, units[index] ?? 0);
  };
  const verify = (unverified: Batch) => {
    const isMissing = (_: number, index: number) =>
      !check(unverified.files[index] ?? "", unverified.bytes[index] ?? -1);
    reportMissing(unverified, [...unverified.ns.keys()].filter(isMissing));
  };
  const collect = () => {
    for (let answer = thread?.receive(); answer !== undefined; answer = thread?.receive()) {
      const done = queuedBatches.shift();
      if (done !== undefined) reportMissing(done, answer);
    }
  };
  const submitBatch = () => {
    if (++batches === MIN_BATCHES_FOR_THREAD) thread = start?.(folder);
    collect();
    if (thread !== undefined && queuedBatches.length < MAX_QUEUED_BATCHES) {
      queuedBatches.push(batch);
      thread.post(batch);
    } else verify(batch);
    batch = emptyBatch();
  };

  return {
    check,
    queue(n, unit, file, bytes) {
      batch.ns.push(n);
      batch.units.push(unit);
      batch.files.push(file);
      if (batch.bytes.push(bytes) === BATCH_FILES) submitBatch();
    },
    finish() {
      verify(batch);
      batch = emptyBatch();
      thread?.wait();
      collect();
      thread?.close();
      thread = undefined;
      for (const unanswered of queuedBatches.splice(0)) verify(unanswered);
    },
  };
}

function emptyBatch(): Batch {
  return { ns: [], units: [], files: [], bytes: [] };
}

export type StartThread = (folder: string) => VerifierThread | undefined;

export interface VerifierThread {
  post(batch: Batch): void;
  /** Takes the next answer: the indices of missing files in the oldest batch; undefined if there is none yet. */
  receive(): readonly number[] | undefined;
  /** Blocks until all batches are answered, or for MAX_WAIT_MS without an answer. */
  wait(): void;
  close(): void;
}

/** Undefined if no thread can be started. */
export function startVerifierThread(folder: string): VerifierThread | undefined {
  const file = threadFile("verifier-thread");
  if (file === undefined) return undefined;
  // Not imported: it would slow down every start, and few runs need it.
  const threads = process.getBuiltinModule("node:worker_threads");
  const { port1: port, port2 } = new threads.MessageChannel();
  const done = new Int32Array(new SharedArrayBuffer(4));
  let worker: Worker;
  try {
    const workerData: VerifierData = { folder, port: port2, done };
    worker = new threads.Worker(file, { execArgv: [], workerData, transferList: [port2] });
  } catch {
    port.close();
    return undefined;
  }
  worker.on("error", () => {}); // the main thread verifies what it has not answered
  worker.unref();
  let posted = 0;
  return {
    post({ files, bytes }) {
      posted++;
      port.postMessage({ files, bytes } satisfies VerifierRequest);
    },
    receive() {
      const received: { readonly message: readonly number[] } | undefined = threads.receiveMessageOnPort(port);
      return received?.message;
    },
    wait() {
      for (let answered = Atomics.load(done, 0); answered < posted; answered = Atomics.load(done, 0)) {
        if (Atomics.wait(done, 0, answered, MAX_WAIT_MS) === "timed-out") return;
      }
    },
    close() {
      port.close();
      void worker.terminate(); // never rejects
    },
  };
}
