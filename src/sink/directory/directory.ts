// Bodies become files of a folder: written in its state folder, and renamed into place when they are whole.

import { closeSync, fsyncSync, openSync, rmSync, unlinkSync } from "node:fs";
import { digestsOf, mismatchedDigest } from "../../core/digest.ts";
import { type Failure, isFailure } from "../../core/failure.ts";
import type { Job, SavedFile } from "../../core/job.ts";
import type { Answer, BodyStream, Sink, Stored } from "../../core/ports.ts";
import { type BodyDigest, bodyDigest, mismatchOf, updateFromFile } from "../../fs/body-digest.ts";
import { isSafePath } from "../../fs/safe-path.ts";
import { isWholeFile } from "../../fs/verify-file.ts";
import { lengthOf, writeAllSync } from "../../fs/write-all.ts";
import { committer, type Target } from "./commit.ts";
import { type DiskLatency, diskLatency, unlessBusy, unlessStuck, until } from "./disk-latency.ts";
import { type FileNames, nameTooLong } from "./file-names.ts";
import { linkOrCopy } from "./link-or-copy.ts";
import { type ConflictCheck, conflictCheck, type Lost, other, type Replaceable } from "./name-conflict.ts";
import type { PartialFiles } from "./partial-files.ts";
import { GIVEN_UP, pendingWrites } from "./pending-writes.ts";
import { hasSameContentAsync } from "./same-content.ts";
import type { TempFile } from "./temp-file.ts";
import { asyncWriter } from "./write-async.ts";
import { arrivesFast, writeBehind } from "./write-behind.ts";
import { type WriteContext, writeStream } from "./write-stream.ts";
import type { WriterThread } from "./writer-thread.ts";

export interface DirectoryOptions {
  readonly folder: string;
  readonly names: FileNames;
  readonly parts: PartialFiles;
  /** The folder held nothing when the run began: a unique name cannot be taken. */
  readonly empty: boolean;
  readonly replaceable?: Replaceable;
  readonly lost?: Lost;
  /** Put every body's digest into its record. */
  readonly hash: boolean;
  /** Bring every file and its name to the disk itself before it counts as saved. */
  readonly durable: boolean;
  /** How quick the disk is seen to be. Default: by what its writes take. */
  readonly disk?: DiskLatency;
  /** Starts a thread that writes small bodies. Default: there is none. */
  readonly scribe?: () => WriterThread | undefined;
  /** Told of every body that such a thread could write: whether it is time to start it. Default: once they come fast. */
  readonly isTime?: (nowMs: number) => boolean;
  /** What a small file took there before, in milliseconds. */
  readonly probeMs?: number | undefined;
  /** Aborted when the run is to end: from then on nothing is written in this thread, which a slow disk would hold up. */
  readonly stop?: AbortSignal | undefined;
  /** Says why nothing may be written any more, if so: asked before every file, and while a large one arrives. */
  readonly full: (bytes: number) => Failure | undefined;
}

/** A sink into an existing folder. */
export function directory(options: DirectoryOptions): Sink {
  const { folder, names, parts, empty, replaceable, lost, hash, durable, full, stop } = options;
  const disk = until(options.disk ?? unlessStuck(unlessBusy(diskLatency())), stop);
  if (options.probeMs !== undefined) disk.took(options.probeMs, 0, performance.now());
  const claimed: ConflictCheck = conflictCheck(replaceable, names.unique, lost);
  // A line's own number is nobody else's, as long as the list itself names no file.
  let trusted = empty && names.unique;
  let shared = false;
  /** Jobs whose file may be there already, saved by a process that has ended since. */
  const mine = new WeakSet<Job>();
  const isSure = (job: Job) => trusted || mine.has(job);
  const waiting = pendingWrites();
  const how = { durable, claimed, unique: names.unique, isSure, shared: () => shared };
  const placer = committer({ folder, parts, storing: waiting, ...how });
  const { commit: placed, abort: abandoned, taken, refused } = placer;
  const desk: WriteContext = { ...placer, parts, storing: waiting, disk, durable, full, digesting };
  const slowly = asyncWriter(desk);
  // What has to be on the disk is brought there by whoever says so.
  const start = durable ? undefined : options.scribe;
  const second = start && writeBehind({ desk, isTime: options.isTime ?? arrivesFast(), start, hash, here: writeWhole });

  return {
    ...(empty ? {} : { conflictOf: barred }),
    partialOf: (job) => parts.kept(job),
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
      if (waiting.isGivenUp) return GIVEN_UP;
      const lacks = (hash && twin.sha256 === undefined) || mismatchedDigest(job, twin) !== undefined;
      if (lacks || !isSafePath(twin.file)) return undefined;
      if (!isWholeFile(folder, twin.file, twin.bytes)) return undefined;
      const place = placeOf(job, target, twin.type);
      if (isFailure(place)) return place;
      return waiting.watched(place.ownBytes === undefined ? writeLink(place, twin) : sameAs(place, twin));
    },
    write(job, target, answer) {
      const { body } = answer;
      const place = waiting.isGivenUp ? GIVEN_UP : placeOf(job, target, answer.type);
      if (isFailure(place)) return given(body, place);
      const { ownBytes } = place;
      if (ownBytes !== undefined && isOther(answer, ownBytes)) return given(body, other(place.file, ownBytes));
      if ("next" in body) return waiting.watched(writeStream(desk, place, target, answer, body));
      const nowMs = performance.now();
      if (answer.from === undefined && !disk.now(nowMs)) return waiting.watched(slowly.write(place, answer, body));
      // A name that may be another's is looked at right before the rename.
      const isPlain = answer.from === undefined && !shared && isSure(job);
      return (isPlain ? second?.write(place, answer, body, nowMs) : undefined) ?? writeWhole(place, answer, body);
    },
    abort() {
      waiting.giveUp(() => second?.giveUpLate() ?? false);
      slowly.giveUp();
      second?.giveUp();
    },
    doubt: () => waiting.doubt(),
    isUnsure: () => waiting.isUnsure,
    async idle() {
      await Promise.all([waiting.idle(), second?.idle()]);
    },
    close() {
      waiting.close();
      second?.close();
    },
  };

  /** Where a job's file goes, or why it cannot. */
  function placeOf(job: Job, target: URL, type: string | undefined): Target | Failure {
    const file = names.of(job, target, type);
    const path = `${folder}/${file}`;
    if (job.name !== undefined) trusted = false;
    const why = nameTooLong(file);
    if (why !== undefined) return why;
    const place = { job, path, file };
    const there = taken(place);
    if (there !== undefined && isFailure(there)) return there;
    return full(0) ?? (there === undefined ? place : { ...place, ...there });
  }

  /** Why a job's body need not be asked for: its name is certain, and taken for sure. Not looked for in a folder that was empty. */
  function barred(job: Job, target: URL): Failure | undefined {
    if (empty || job.replaces !== undefined || isSure(job)) return undefined;
    const file = names.of(job, target, undefined);
    if (file !== names.of(job, target, "text/html") || nameTooLong(file) !== undefined) return undefined;
    const there = taken({ job, path: `${folder}/${file}`, file });
    return there !== undefined && isFailure(there) && there.error === "file_exists" ? there : undefined;
  }

  /** Another line's file under this one's name as well. */
  async function writeLink(place: Target, twin: SavedFile): Promise<Stored | Failure> {
    let part: TempFile | undefined;
    try {
      part = parts.create(place.job);
      unlinkSync(part.path); // what was to be made is its name
      await linkOrCopy(`${folder}/${twin.file}`, part.path, durable);
      const stored = placed(place, part, twin.bytes, digestsOf(twin));
      // Of two names of one file, a rename to the other leaves both (POSIX).
      rmSync(part.path, { force: true });
      return stored;
    } catch (error) {
      return abandoned(place.job, part, refused(error, place));
    }
  }

  /** A file that has the name may be the other line's under this one's name as well, by an earlier run. */
  async function sameAs(place: Target, twin: SavedFile): Promise<Stored | Failure> {
    const { bytes } = twin;
    const fd = openSync(`${folder}/${twin.file}`, "r");
    try {
      const isOwn = place.ownBytes === bytes && (await hasSameContentAsync(fd, bytes, place.path, durable));
      return isOwn ? placer.stored(place, bytes, digestsOf(twin)) : other(place.file, place.ownBytes ?? bytes);
    } finally {
      closeSync(fd);
    }
  }

  /** A small body, in one go: open, write, close, rename. No thread-pool trip: on a quick disk that is where the time goes. */
  function writeWhole(place: Target, answer: Answer, pieces: readonly Uint8Array[]): Stored | Failure {
    const fromMs = performance.now();
    let part: TempFile | undefined;
    try {
      part = answer.from === undefined ? parts.create(place.job) : parts.reopen(place.job, answer.from);
      const from = answer.from ?? 0;
      const digest = digesting(place.job, part.fd, from);
      if (digest !== undefined) for (const piece of pieces) digest.update(piece);
      const bytes = from + writeAllSync(part.fd, pieces);
      const digests = digest?.result();
      const mismatch = mismatchOf(place.job, digests);
      if (mismatch !== undefined) return abandoned(place.job, part, mismatch);
      if (durable) fsyncSync(part.fd);
      const stored = placed(place, part, bytes, digests);
      const nowMs = performance.now();
      disk.took(nowMs - fromMs, bytes - from, nowMs);
      return stored;
    } catch (error) {
      return abandoned(place.job, part, refused(error, place));
    } finally {
      answer.free?.();
    }
  }

  function digesting(job: Job, fd: number, from: number): BodyDigest | undefined {
    const digest = bodyDigest(job, hash);
    if (digest !== undefined && from > 0) updateFromFile(digest, fd, from);
    return digest;
  }
}

/** Whether an answer cannot be what a file of so many bytes is, by its length alone. */
function isOther({ wholeBytes, from, body }: Answer, ownBytes: number): boolean {
  const bytes = "next" in body || from !== undefined ? wholeBytes : lengthOf(body);
  return bytes !== undefined && bytes !== ownBytes;
}

/** A body that will not be stored is let go. */
function given(body: readonly Uint8Array[] | BodyStream, failure: Failure): Failure {
  if ("cancel" in body) body.cancel();
  return failure;
}
