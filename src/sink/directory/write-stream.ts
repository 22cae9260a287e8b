// Writes a large body while it arrives: synchronously from the read buffer on a fast disk, otherwise in the thread pool.

import { type Failure, isFailure } from "../../core/failure.ts";
import type { Answer, BodyStream, Stored } from "../../core/ports.ts";
import { type BodyDigest, mismatchOf } from "../../fs/body-digest.ts";
import { syncFile } from "../../fs/sync.ts";
import { lengthOf, writeAll, writeAllSync } from "../../fs/write-all.ts";
import { MIN_KEPT_BYTES } from "../files/partial-files.ts";
import type { TempFile } from "../files/temp-file.ts";
import type { Target } from "./commit.ts";
import { nameOfAnother } from "./name-conflict.ts";
import type { WriteContext } from "./strategy.ts";

/** A `WriteContext` whose commit may take place in the thread pool. */
export interface StreamContext extends Omit<WriteContext, "commit"> {
  commit(...args: Parameters<WriteContext["commit"]>): Stored | Failure | Promise<Stored | Failure>;
}

/** `url`: the requested one. Never rejects. */
export async function writeStream(
  context: StreamContext,
  target: Target,
  url: URL,
  answer: Answer,
  body: BodyStream,
): Promise<Stored | Failure> {
  const { parts, disk, checkSpace, pending } = context;
  const { job } = target;
  let part: TempFile | undefined;
  let digest: BodyDigest | undefined;
  let bytes = answer.from ?? 0;
  let isNoted = answer.from !== undefined;

  /** Ends an incomplete body; its part is kept for the next try where that can resume it. */
  const keepPart = (failure: Failure): Failure => {
    if (!isNoted) return context.abort(job, part, failure);
    if (pending.isAborted && part !== undefined) pending.trackCleanup(part.closeAsync().catch(() => {}));
    else part?.close();
    parts.keep(job, bytes);
    return failure;
  };
  const onWritten = (to: TempFile, pieces: readonly Uint8Array[], length: number) => {
    bytes += length;
    if (digest !== undefined) for (const piece of pieces) digest.update(piece);
    if (isNoted || bytes <= MIN_KEPT_BYTES || answer.validator === undefined) return;
    const { validator, wholeBytes, finalUrl, type } = answer;
    isNoted = parts.note(job, to, {
      url: finalUrl ?? url.href,
      validator,
      ...(wholeBytes === undefined ? {} : { wholeBytes }),
      ...(type === undefined ? {} : { type }),
    });
  };
  /** Writes each piece before the next one is read, while the disk is fast. Returns why no more may be written, if so. */
  const pour = async (to: TempFile): Promise<Failure | undefined> => {
    let noSpace: Failure | undefined;
    let thrown: readonly [unknown] | undefined;
    await body.pour?.((piece) => {
      try {
        noSpace = checkSpace(piece.length);
        if (noSpace !== undefined) return false;
        const fromMs = performance.now();
        const length = writeAllSync(to.fd, [piece]);
        const nowMs = performance.now();
        disk.record(nowMs - fromMs, length, nowMs);
        onWritten(to, [piece], length);
        return disk.isFast(nowMs);
      } catch (error) {
        thrown = [error]; // thrown here, it would end the connection
        return false;
      }
    });
    if (thrown !== undefined) throw thrown[0];
    return noSpace;
  };

  try {
    part = answer.from === undefined ? parts.create(job) : parts.reopen(job, answer.from);
    digest = context.startDigest(job, part.fd, bytes);
    for (;;) {
      let noSpace = disk.isFast(performance.now()) ? await pour(part) : undefined;
      const pieces = noSpace === undefined ? await body.next() : [];
      if (pieces === undefined) break;
      if (isFailure(pieces)) return keepPart(pieces);
      noSpace ??= checkSpace(lengthOf(pieces));
      if (noSpace !== undefined) {
        body.cancel();
        return keepPart(noSpace);
      }
      onWritten(part, pieces, await writeAll(part.fd, pieces));
    }
    const digests = digest?.result();
    const mismatch = mismatchOf(job, digests);
    if (mismatch !== undefined) return context.abort(job, part, mismatch);
    if (context.durable) await syncFile(part.fd);
    if (target.ownBytes !== undefined) return await context.commitIfSame(target, part, bytes, digests);
    // Another line may have taken the name meanwhile.
    const conflict = context.conflictAt(target);
    if (conflict !== undefined)
      return context.abort(job, part, isFailure(conflict) ? conflict : nameOfAnother(target.file));
    if (disk.isFast(performance.now())) return await context.commit(target, part, bytes, digests);
    return await context.commitAsync(target, part, bytes, digests);
  } catch (error) {
    body.cancel();
    return context.abort(job, part, context.failureOf(error, target));
  }
}
