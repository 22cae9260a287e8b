// The loop of the verifier thread: checks batches of recorded files, and answers with those that are missing.

import type { MessagePort } from "node:worker_threads";
import { locationChecker } from "../../fs/location.ts";

/** What the main thread passes to the thread at its start. */
export interface VerifierData {
  readonly folder: string;
  readonly port: MessagePort;
  /** One element: the number of answered batches, on which the main thread waits. */
  readonly done: Int32Array;
}

/** A batch: paths relative to the folder, and their recorded lengths. The answer is the indices of missing files. */
export interface VerifierRequest {
  readonly files: readonly string[];
  readonly bytes: readonly number[];
}

/** Answers batches until the port is closed. */
export function runVerifier({ folder, port, done }: VerifierData): void {
  const check = locationChecker(folder);
  port.on("message", ({ files, bytes }: VerifierRequest) => {
    const missing: number[] = [];
    for (const [i, file] of files.entries()) if (!check(file, bytes[i] ?? -1)) missing.push(i);
    port.postMessage(missing);
    Atomics.add(done, 0, 1);
    Atomics.notify(done, 0);
  });
}
