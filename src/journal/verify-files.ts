// Looks at many files on two threads: looking is nearly all that reading a long journal costs.

import { lstatSync } from "node:fs";
import type { Worker } from "node:worker_threads";
import { type FileCheck, fileChecker } from "./file-check.ts";

const BATCH_FILES = 1024;

/** A second thread takes 20 ms to start: only for more batches than these. */
const FIRST_BATCHES = 20;

/** Batches that wait for the second thread; what is more, this one does itself. */
const AHEAD = 3;

/** How long to wait for the second thread's last batches: a thread that is lost is not missed, only its time. */
const PATIENCE_MS = 2000;

export interface FileVerifier {
  /** Looks at once. */
  readonly now: FileCheck;
  /** Asks for a file of so many bytes; `n` and `unit` say to `onMissing` whose it is. */
  ask(n: number, unit: number, file: string, bytes: number): void;
  /** Every file that was asked for has been looked for when this returns. */
  end(): void;
}

interface Batch {
  readonly ns: number[];
  readonly units: number[];
  readonly files: string[];
  readonly bytes: number[];
}

/**
 * Calls `onMissing`, in no order, for files that are not in `folder` with their length. `start` starts the second thread, where
 * there may be one. Blocks; never throws.
 */
export function fileVerifier(
  folder: string,
  onMissing: (n: number, unit: number) => void,
  start?: StartSecond,
): FileVerifier {
  const look = fileChecker(lstatSync, folder);
  let batch = emptyBatch();
  let batches = 0;
  let second: Second | undefined;
  /** Given to the second thread, oldest first. */
  const given: Batch[] = [];

  const missingOf = ({ ns, units }: Batch, places: readonly number[]) => {
    for (const place of places) onMissing(ns[place] ?? 0, units[place] ?? 0);
  };
  const lookAt = (own: Batch) => {
    const isMissing = (_: number, place: number) => !look(own.files[place] ?? "", own.bytes[place] ?? -1);
    missingOf(own, [...own.ns.keys()].filter(isMissing));
  };
  const collect = () => {
    for (let answer = second?.answer(); answer !== undefined; answer = second?.answer()) {
      const done = given.shift();
      if (done !== undefined) missingOf(done, answer);
    }
  };
  const handOut = () => {
    if (++batches === FIRST_BATCHES) second = start?.(folder);
    collect();
    if (second !== undefined && given.length < AHEAD) {
      given.push(batch);
      second.give(batch);
    } else lookAt(batch);
    batch = emptyBatch();
  };

  return {
    now: look,
    ask(n, unit, file, bytes) {
      batch.ns.push(n);
      batch.units.push(unit);
      batch.files.push(file);
      if (batch.bytes.push(bytes) === BATCH_FILES) handOut();
    },
    end() {
      lookAt(batch);
      batch = emptyBatch();
      second?.wait();
      collect();
      second?.close();
      second = undefined;
      for (const lost of given.splice(0)) lookAt(lost);
    },
  };
}

function emptyBatch(): Batch {
  return { ns: [], units: [], files: [], bytes: [] };
}

export type StartSecond = (folder: string) => Second | undefined;

export interface Second {
  give(batch: Batch): void;
  /** The places of missing files in the oldest batch that is not answered, once it is. */
  answer(): readonly number[] | undefined;
  /** Waits until all is answered, or for `PATIENCE_MS`. */
  wait(): void;
  close(): void;
}

/** What the second thread runs. A text, since the command is one file and has no other to start a thread from. */
const PROGRAM = `
  const { lstatSync } = require("node:fs");
  const { workerData: { folder, port, done } } = require("node:worker_threads");
  const look = (${fileChecker})(lstatSync, folder);
  port.on("message", ({ files, bytes }) => {
    const missing = [];
    for (let i = 0; i < files.length; i++) if (!look(files[i], bytes[i])) missing.push(i);
    port.postMessage(missing);
    Atomics.add(done, 0, 1);
    Atomics.notify(done, 0);
  });
`;

/** Undefined where no thread may be started. */
export function secondThread(folder: string): Second | undefined {
  // Start-up counts, and this is rare.
  const threads = process.getBuiltinModule("node:worker_threads");
  const { port1: port, port2 } = new threads.MessageChannel();
  const done = new Int32Array(new SharedArrayBuffer(4));
  let thread: Worker;
  try {
    const workerData = { folder, port: port2, done };
    thread = new threads.Worker(PROGRAM, { eval: true, execArgv: [], workerData, transferList: [port2] });
  } catch {
    port.close();
    return undefined;
  }
  thread.on("error", () => {}); // what it has not answered is looked at here
  thread.unref();
  let asked = 0;
  return {
    give({ files, bytes }) {
      asked++;
      port.postMessage({ files, bytes });
    },
    answer() {
      const received: { readonly message: readonly number[] } | undefined = threads.receiveMessageOnPort(port);
      return received?.message;
    },
    wait() {
      for (let known = Atomics.load(done, 0); known < asked; known = Atomics.load(done, 0)) {
        if (Atomics.wait(done, 0, known, PATIENCE_MS) === "timed-out") return;
      }
    },
    close() {
      port.close();
      void thread.terminate(); // never rejects; nobody waits for its end
    },
  };
}
