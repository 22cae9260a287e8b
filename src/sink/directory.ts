// Bodies become files of a folder: written in its state folder, and renamed into place when they are whole.

import { type BinaryLike, createHash, type Hash } from "node:crypto";
import { existsSync, fsyncSync, renameSync, rmSync, unlinkSync } from "node:fs";
import { dirname } from "node:path";
import { classify } from "../core/classify.ts";
import { type Failure, isFailure } from "../core/failure.ts";
import type { Job, Twin } from "../core/job.ts";
import type { Answer, BodyStream, Sink, Stored } from "../core/ports.ts";
import { type Claim, claim, type Replaceable } from "./claim.ts";
import { makeFolder, removeOld } from "./folder.ts";
import { isWhole, moved, secondName } from "./linking.ts";
import { MAX_NAME_BYTES, type Names } from "./names.ts";
import { KEEP_BYTES, type Part, type Parts } from "./parts.ts";
import { digestOf, lengthOf, synced, syncFolder, writeAll, writeAllSync } from "./writing.ts";

export interface DirectoryOptions {
  readonly folder: string;
  readonly names: Names;
  readonly parts: Parts;
  /** The folder held nothing when the run began: a unique name cannot be taken. */
  readonly empty: boolean;
  readonly replaceable?: Replaceable;
  /** Put every body's digest into its record. */
  readonly hash: boolean;
  /** Bring every file and its name to the disk itself before it counts as saved. */
  readonly durable: boolean;
  /** Says why nothing may be written any more, if so: asked before every file, and while a large one arrives. */
  readonly full: (bytes: number) => Failure | undefined;
}

/** A sink into an existing folder. */
export function directory(options: DirectoryOptions): Sink {
  const { folder, names, parts, empty, replaceable, hash, durable, full } = options;
  const claimed: Claim = claim(replaceable, names.unique);
  // A line's own number is nobody else's, as long as the list itself names no file.
  let trusted = empty && names.unique;
  let shared = false;
  /** Jobs whose file may be there already, saved by a process that has ended since. */
  const mine = new WeakSet<Job>();

  return {
    kept: (job) => parts.kept(job),
    drop: (job) => parts.drop(job),
    share(named) {
      shared = true;
      if (named) trusted = false;
    },
    release: (job) => parts.release(job),
    adopt(job, left) {
      if (left.part) parts.adopt(job);
      if (left.file && names.unique && job.name === undefined) mine.add(job);
    },
    link(job, target, twin) {
      const wanted = hash || job.sha256 !== undefined;
      if ((wanted && twin.sha256 === undefined) || !isWhole(folder, twin)) return undefined;
      const place = placeOf(job, target, twin.type);
      return isFailure(place) ? place : writeLink(place, twin);
    },
    write(job, target, answer) {
      const { body } = answer;
      const place = placeOf(job, target, answer.type);
      if (isFailure(place)) return given(body, place);
      return "next" in body ? writeStream(place, target, answer, body) : writeWhole(place, answer, body);
    },
  };

  /** Where a job's file goes, or why it cannot. */
  function placeOf(job: Job, target: URL, type: string | undefined): Place | Failure {
    const file = names.of(job, target, type);
    const path = `${folder}/${file}`;
    if (job.name !== undefined) trusted = false;
    const tooLong =
      file.length * 3 > MAX_NAME_BYTES && file.split("/").some((part) => Buffer.byteLength(part) > MAX_NAME_BYTES);
    if (tooLong) return { error: "name_too_long", detail: `over ${MAX_NAME_BYTES} bytes` };
    return (isSure(job) ? undefined : claimed(job, path, file)) ?? full(0) ?? { job, path, file };
  }

  /** Whether whatever has the job's name is its own. */
  function isSure(job: Job): boolean {
    return trusted || mine.has(job);
  }

  /** Another line's file under this one's name as well. */
  async function writeLink(place: Place, { file, bytes, sha256 }: Twin): Promise<Stored | Failure> {
    let part: Part | undefined;
    try {
      part = parts.create(place.job);
      unlinkSync(part.path); // what was to be made is its name
      await secondName(`${folder}/${file}`, part.path, durable);
      const stored = placed(place, part, bytes, sha256);
      // Of two names of one file, a rename to the other leaves both (POSIX).
      rmSync(part.path, { force: true });
      return stored;
    } catch (error) {
      return abandoned(place.job, part, refused(error));
    }
  }

  /** A small body, in one go: open, write, close, rename. No thread-pool trip; that is where the time goes. */
  function writeWhole(place: Place, answer: Answer, pieces: readonly Uint8Array[]): Stored | Failure {
    let part: Part | undefined;
    try {
      part = answer.from === undefined ? parts.create(place.job) : parts.reopen(place.job, answer.from);
      const from = answer.from ?? 0;
      const digest = digesting(place.job, part.fd, from);
      if (digest !== undefined) for (const piece of pieces) digest.update(piece as BinaryLike);
      const bytes = from + writeAllSync(part.fd, pieces);
      const sha256 = digest?.digest("hex");
      const mismatch = mismatchOf(place.job, sha256);
      if (mismatch !== undefined) return abandoned(place.job, part, mismatch);
      if (durable) fsyncSync(part.fd);
      return placed(place, part, bytes, sha256);
    } catch (error) {
      return abandoned(place.job, part, refused(error));
    }
  }

  async function writeStream(place: Place, target: URL, answer: Answer, body: BodyStream): Promise<Stored | Failure> {
    const { job } = place;
    let part: Part | undefined;
    let bytes = answer.from ?? 0;
    let noted = answer.from !== undefined;
    /** Not whole; what there is stays for the next try, where that can go on from it. */
    const kept = (failure: Failure): Failure => {
      if (!noted) return abandoned(job, part, failure);
      part?.close();
      parts.keep(job, bytes);
      return failure;
    };
    try {
      part = answer.from === undefined ? parts.create(job) : parts.reopen(job, answer.from);
      const digest = digesting(job, part.fd, bytes);
      for (let pieces = await body.next(); pieces !== undefined; pieces = await body.next()) {
        if (isFailure(pieces)) return kept(pieces);
        const noRoom = full(lengthOf(pieces));
        if (noRoom !== undefined) {
          body.cancel();
          return kept(noRoom);
        }
        bytes += await writeAll(part.fd, pieces);
        if (digest !== undefined) for (const piece of pieces) digest.update(piece as BinaryLike);
        if (!noted && bytes > KEEP_BYTES && answer.validator !== undefined) {
          const { validator, wholeBytes, finalUrl, type } = answer;
          noted = parts.note(job, part, {
            url: finalUrl ?? target.href,
            validator,
            ...(wholeBytes === undefined ? {} : { wholeBytes }),
            ...(type === undefined ? {} : { type }),
          });
        }
      }
      const sha256 = digest?.digest("hex");
      const mismatch = mismatchOf(job, sha256);
      if (mismatch !== undefined) return abandoned(job, part, mismatch);
      if (durable) await synced(part.fd);
      // While it arrived, another line may have taken the name.
      const taken = isSure(job) ? undefined : claimed(job, place.path, place.file);
      if (taken !== undefined) return abandoned(job, part, taken);
      return placed(place, part, bytes, sha256);
    } catch (error) {
      body.cancel();
      return abandoned(job, part, refused(error));
    }
  }

  function digesting(job: Job, fd: number, from: number): Hash | undefined {
    if (!hash && job.sha256 === undefined) return undefined;
    return from > 0 ? digestOf(fd, from) : createHash("sha256");
  }

  /** A whole body gets its name. */
  function placed(place: Place, part: Part, bytes: number, sha256: string | undefined): Stored | Failure {
    const { job, path, file } = place;
    part.close();
    let taken: Failure | undefined;
    try {
      taken = named(place, part);
    } catch (error) {
      const missing =
        (error as NodeJS.ErrnoException).code === "ENOENT" && dirname(path) !== folder && existsSync(folder);
      if (!missing) throw error;
      makeFolder(dirname(path));
      taken = named(place, part);
    }
    if (taken !== undefined) return abandoned(job, part, taken);
    parts.forget(job);
    if (durable) syncFolder(dirname(path));
    if (job.replaces !== undefined && job.replaces !== file) removeOld(folder, job.replaces);
    return sha256 === undefined ? { bytes, file } : { bytes, file, sha256 };
  }

  /** The look at the name was before: what another process has put there since is not replaced. */
  function named({ job, path, file }: Place, part: Part): Failure | undefined {
    if (shared && !isSure(job)) {
      if (moved(part.path, path)) return undefined;
      const taken = claimed(job, path, file);
      if (taken !== undefined) return taken;
    }
    renameSync(part.path, path);
    return undefined;
  }

  /** A body that is not stored leaves nothing behind. */
  function abandoned(job: Job, part: Part | undefined, failure: Failure): Failure {
    if (part === undefined) return failure;
    try {
      part.close();
    } catch {
      // The first error is the one that counts.
    }
    try {
      unlinkSync(part.path);
    } catch {
      // Likewise; what is left has no final name.
    }
    parts.forget(job);
    return failure;
  }
}

interface Place {
  readonly job: Job;
  readonly path: string;
  readonly file: string;
}

/** A body that will not be stored is let go. */
function given(body: readonly Uint8Array[] | BodyStream, failure: Failure): Failure {
  if ("cancel" in body) body.cancel();
  return failure;
}

/** What the file system says. Without a descriptor to be had the disk is not at fault: it is tried again, with fewer open. */
function refused(error: unknown): Failure {
  const failure = classify(error, "write");
  const { code } = error as NodeJS.ErrnoException;
  return code === "EMFILE" || code === "ENFILE" ? { ...failure, scarce: true } : failure;
}

function mismatchOf(job: Job, sha256: string | undefined): Failure | undefined {
  if (job.sha256 === undefined || job.sha256 === sha256) return undefined;
  return { error: "checksum_mismatch", detail: `sha256 is ${sha256}, the list says ${job.sha256}` };
}
