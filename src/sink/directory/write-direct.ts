// Writes a small body in the main thread: open, write, close and rename, without the thread pool.

import { fsyncSync } from "node:fs";
import type { Failure } from "../../core/failure.ts";
import type { Answer, Stored } from "../../core/ports.ts";
import { mismatchOf } from "../../fs/body-digest.ts";
import { writeAllSync } from "../../fs/write-all.ts";
import type { TempFile } from "../files/temp-file.ts";
import type { Target } from "./commit.ts";
import type { WriteContext } from "./strategy.ts";

/**
 * Never throws. On a fast disk, a trip through the thread pool takes longer than the write itself.
 */
export function writeDirect(
  context: WriteContext,
  target: Target,
  answer: Answer,
  pieces: readonly Uint8Array[],
): Stored | Failure {
  const { parts, disk, durable } = context;
  const { job } = target;
  const fromMs = performance.now();
  let part: TempFile | undefined;
  try {
    part = answer.from === undefined ? parts.create(job) : parts.reopen(job, answer.from);
    const from = answer.from ?? 0;
    const digest = context.startDigest(job, part.fd, from);
    if (digest !== undefined) for (const piece of pieces) digest.update(piece);
    const bytes = from + writeAllSync(part.fd, pieces);
    const digests = digest?.result();
    const mismatch = mismatchOf(job, digests);
    if (mismatch !== undefined) return context.abort(job, part, mismatch);
    if (durable) fsyncSync(part.fd);
    const stored = context.commit(target, part, bytes, digests);
    const nowMs = performance.now();
    disk.record(nowMs - fromMs, bytes - from, nowMs);
    return stored;
  } catch (error) {
    return context.abort(job, part, context.failureOf(error, target));
  } finally {
    answer.free?.();
  }
}
