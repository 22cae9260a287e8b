// A large body becomes a file while it arrives: written at once where the disk is quick, else in the thread pool.

import { type Failure, isFailure } from "../../core/failure.ts";
import type { Job } from "../../core/job.ts";
import type { Answer, BodyStream, Stored } from "../../core/ports.ts";
import { type BodyDigest, mismatchOf } from "../../fs/body-digest.ts";
import { syncFile } from "../../fs/sync.ts";
import { lengthOf, writeAll, writeAllSync } from "../../fs/write-all.ts";
import type { Committer, Target } from "./commit.ts";
import type { DiskLatency } from "./disk-latency.ts";
import { taken } from "./name-conflict.ts";
import { KEEP_BYTES, type PartialFiles } from "./partial-files.ts";
import type { PendingWrites } from "./pending-writes.ts";
import type { TempFile } from "./temp-file.ts";

/** What writing takes. */
export interface WriteContext extends Committer {
  readonly parts: PartialFiles;
  readonly disk: DiskLatency;
  readonly storing: PendingWrites;
  readonly durable: boolean;
  /** Says why nothing may be written any more, if so. */
  readonly full: (bytes: number) => Failure | undefined;
  readonly digesting: (job: Job, fd: number, from: number) => BodyDigest | undefined;
}

export async function writeStream(
  desk: WriteContext,
  place: Target,
  target: URL,
  answer: Answer,
  body: BodyStream,
): Promise<Stored | Failure> {
  const { parts, disk, full } = desk;
  const { job } = place;
  let part: TempFile | undefined;
  let digest: BodyDigest | undefined;
  let bytes = answer.from ?? 0;
  let noted = answer.from !== undefined;

  /** Not whole; what there is stays for the next try, where that can go on from it. */
  const kept = (failure: Failure): Failure => {
    if (!noted) return desk.abort(job, part, failure);
    if (desk.storing.isGivenUp && part !== undefined) desk.storing.also(part.closeLater().catch(() => {}));
    else part?.close();
    parts.keep(job, bytes);
    return failure;
  };
  const written = (to: TempFile, pieces: readonly Uint8Array[], length: number) => {
    bytes += length;
    if (digest !== undefined) for (const piece of pieces) digest.update(piece);
    if (noted || bytes <= KEEP_BYTES || answer.validator === undefined) return;
    const { validator, wholeBytes, finalUrl, type } = answer;
    noted = parts.note(job, to, {
      url: finalUrl ?? target.href,
      validator,
      ...(wholeBytes === undefined ? {} : { wholeBytes }),
      ...(type === undefined ? {} : { type }),
    });
  };
  /** Writes what arrives before more does, as long as the disk is quick. Gives why nothing more may be written, if so. */
  const pour = async (to: TempFile): Promise<Failure | undefined> => {
    let noRoom: Failure | undefined;
    let thrown: readonly [unknown] | undefined;
    await body.pour?.((piece) => {
      try {
        noRoom = full(piece.length);
        if (noRoom !== undefined) return false;
        const fromMs = performance.now();
        const length = writeAllSync(to.fd, [piece]);
        const nowMs = performance.now();
        disk.took(nowMs - fromMs, length, nowMs);
        written(to, [piece], length);
        return disk.now(nowMs);
      } catch (error) {
        thrown = [error]; // here it would be the connection's
        return false;
      }
    });
    if (thrown !== undefined) throw thrown[0];
    return noRoom;
  };

  try {
    part = answer.from === undefined ? parts.create(job) : parts.reopen(job, answer.from);
    digest = desk.digesting(job, part.fd, bytes);
    for (;;) {
      let noRoom = disk.now(performance.now()) ? await pour(part) : undefined;
      const pieces = noRoom === undefined ? await body.next() : [];
      if (pieces === undefined) break;
      if (isFailure(pieces)) return kept(pieces);
      noRoom ??= full(lengthOf(pieces));
      if (noRoom !== undefined) {
        body.cancel();
        return kept(noRoom);
      }
      written(part, pieces, await writeAll(part.fd, pieces));
    }
    const digests = digest?.result();
    const mismatch = mismatchOf(job, digests);
    if (mismatch !== undefined) return desk.abort(job, part, mismatch);
    if (desk.durable) await syncFile(part.fd);
    if (place.ownBytes !== undefined) return await desk.compared(place, part, bytes, digests);
    // While it arrived, another line may have taken the name.
    const why = desk.taken(place);
    if (why !== undefined)
      return desk.abort(job, part, isFailure(why) ? why : taken(`${place.file} is another line's`));
    if (disk.now(performance.now())) return desk.commit(place, part, bytes, digests);
    return await desk.placedLater(place, part, bytes, digests);
  } catch (error) {
    body.cancel();
    return desk.abort(job, part, desk.refused(error, place));
  }
}
