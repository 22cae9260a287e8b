// Writes small bodies in the thread pool, a few at a time, so that a slow disk does not block the main thread.

import type { Failure } from "../../core/failure.ts";
import type { Answer, Stored } from "../../core/ports.ts";
import { mismatchOf } from "../../fs/body-digest.ts";
import { syncFile } from "../../fs/sync.ts";
import { lengthOf, writeAll } from "../../fs/write-all.ts";
import { STOPPED_BEFORE_WRITE } from "../files/pending-writes.ts";
import type { TempFile } from "../files/temp-file.ts";
import type { Target } from "./commit.ts";
import type { WriteContext } from "./strategy.ts";

/** One fewer than libuv's default of 4 threads (UV_THREADPOOL_SIZE): DNS look-ups use them too. */
const MAX_CONCURRENT_WRITES = 3;

export interface AsyncWriter {
  write(target: Target, answer: Answer, pieces: readonly Uint8Array[]): Promise<Stored | Failure>;
  /** Ends the bodies that are queued as STOPPED_BEFORE_WRITE. */
  abort(): void;
}

/** Queued bodies stay in memory; there are at most as many as slots of the run. */
export function asyncWriter(context: WriteContext): AsyncWriter {
  const queue: ((isGranted: boolean) => void)[] = [];
  let running = 0;

  /** Waits until fewer than the maximum are running; false where the writer is aborted. */
  const acquire = async (): Promise<boolean> => {
    if (running < MAX_CONCURRENT_WRITES) running++;
    else return await new Promise<boolean>((resolve) => queue.push(resolve));
    return true;
  };
  const release = () => {
    const next = queue.shift();
    if (next === undefined) running--;
    else next(true);
  };

  return {
    async write(target, answer, pieces) {
      const { job } = target;
      let part: TempFile | undefined;
      if (!(await acquire())) return STOPPED_BEFORE_WRITE;
      const fromMs = performance.now();
      try {
        part = await context.parts.createAsync(job);
        const digest = context.startDigest(job, part.fd, 0);
        if (digest !== undefined) for (const piece of pieces) digest.update(piece);
        const isWanted = !context.pending.isAborted && lengthOf(pieces) > 0;
        const bytes = isWanted ? await writeAll(part.fd, pieces) : 0;
        if (context.pending.isAborted) return context.abort(job, part, STOPPED_BEFORE_WRITE);
        const digests = digest?.result();
        const mismatch = mismatchOf(job, digests);
        if (mismatch !== undefined) return context.abort(job, part, mismatch);
        if (context.durable) await syncFile(part.fd);
        const stored = await context.commitAsync(target, part, bytes, digests);
        context.disk.recordAsync?.(performance.now() - fromMs);
        return stored;
      } catch (error) {
        return context.abort(job, part, context.failureOf(error, target));
      } finally {
        answer.free?.();
        release();
      }
    },
    abort() {
      for (const resolve of queue.splice(0)) resolve(false);
    },
  };
}
