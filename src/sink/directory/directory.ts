// The output that saves bodies as files of a folder: written in its state folder, and renamed when they are complete.

import { mismatchedDigest } from "../../core/digest.ts";
import { type Failure, isFailure } from "../../core/failure.ts";
import { httpDate } from "../../core/http/http-date.ts";
import { isInFile, type Job } from "../../core/job.ts";
import type { Answer, BodyStream, Sink } from "../../core/ports.ts";
import { type BodyDigest, bodyDigest, updateFromFile } from "../../fs/body-digest.ts";
import { isStillThere } from "../../fs/location.ts";
import { lengthOf } from "../../fs/write-all.ts";
import { type DiskLatency, diskLatency, unlessBusy, unlessStuck, untilStopped } from "../files/disk-latency.ts";
import type { PartialFiles } from "../files/partial-files.ts";
import { pendingWrites, STOPPED_BEFORE_WRITE } from "../files/pending-writes.ts";
import { type FileNames, nameTooLong } from "../names/file-names.ts";
import { committer, type Target } from "./commit.ts";
import { type HeadersFile, readHeaders } from "./headers-file.ts";
import {
  type ConflictCheck,
  conflictCheck,
  differentContent,
  type Recoverable,
  type Replaceable,
} from "./name-conflict.ts";
import { chooseStrategy, type WriteContext } from "./strategy.ts";
import { asyncWriter } from "./write-async.ts";
import { arrivalRateCheck, writeBehind } from "./write-behind.ts";
import { writeDirect } from "./write-direct.ts";
import { writeLink } from "./write-link.ts";
import { writeStream } from "./write-stream.ts";
import type { WriterThread } from "./writer-thread.ts";

export interface DirectoryOptions {
  readonly folder: string;
  readonly names: FileNames;
  readonly parts: PartialFiles;
  /** The folder was empty when the run began: a unique name cannot be taken. */
  readonly empty: boolean;
  /** Nobody looks at the names before the run is over, and what a killed run leaves is thrown away. Default false. */
  readonly isPrivate?: boolean;
  readonly replaceable?: Replaceable;
  readonly recoverable?: Recoverable;
  /** Record the digest of every body. */
  readonly hash: boolean;
  /** Save the head of each answer beside its body. */
  readonly saveHeaders?: boolean;
  /** Set the time of each file to the Last-Modified of its answer. */
  readonly remoteTime?: boolean;
  /** Sync every file and its name to the disk before it counts as saved. */
  readonly durable: boolean;
  /** Default: decides by the latency of the writes. */
  readonly disk?: DiskLatency;
  /** Starts the writer thread. Default: there is none. */
  readonly startThread?: () => WriterThread | undefined;
  /** Called for each body that the thread could write, until it returns true. Default: when bodies arrive fast. */
  readonly isTime?: (nowMs: number) => boolean;
  /** How long a small file took there before, in milliseconds. */
  readonly probeMs?: number | undefined;
  /**
   * Aborted when the run is to end: from then on, the main thread writes nothing, since a slow disk would delay the
   * end.
   */
  readonly stop?: AbortSignal | undefined;
  /** Called before every file and every piece of a large one. Returns why no more bytes may be written, if so. */
  readonly checkSpace: (bytes: number) => Failure | undefined;
}

/** A sink for an existing folder. */
export function directory(options: DirectoryOptions): Sink {
  const { folder, names, parts, empty, replaceable, recoverable, hash, durable, checkSpace, stop } = options;
  const { saveHeaders = false, remoteTime = false, isPrivate = false } = options;
  const disk = untilStopped(options.disk ?? unlessStuck(unlessBusy(diskLatency())), stop);
  if (options.probeMs !== undefined) disk.record(options.probeMs, 0, performance.now());
  const conflictOf: ConflictCheck = conflictCheck(replaceable, names.unique, recoverable);
  // Unless the list names files itself, no other line has a name with this line's number.
  let isEveryNameOwn = empty && names.unique;
  let isShared = false;
  /** Jobs whose file another process may have saved before it was killed. */
  const adopted = new WeakSet<Job>();
  const ownsName = (job: Job) => isEveryNameOwn || adopted.has(job);
  const pending = pendingWrites();
  const naming = { conflictOf, unique: names.unique, ownsName, shared: () => isShared };
  const commits = committer({ folder, parts, pending, durable, ...naming });
  const context: WriteContext = { ...commits, parts, pending, disk, durable, checkSpace, startDigest };
  const pool = asyncWriter(context);
  // A durable file is synced before it counts as saved, which the thread does not do.
  const start = durable ? undefined : options.startThread;
  const isTime = options.isTime ?? arrivalRateCheck();
  const inMainThread = (target: Target, answer: Answer, pieces: readonly Uint8Array[]) =>
    writeDirect(context, target, answer, pieces);
  const behind = start && writeBehind({ context, isTime, start, isPrivate, hash, writeDirect: inMainThread });

  return {
    ...(empty ? {} : { conflictOf: certainConflict }),
    partialOf: (job) => parts.kept(job),
    drop: (job) => parts.drop(job),
    share(named) {
      isShared = true;
      if (named) isEveryNameOwn = false;
    },
    release: (job) => parts.release(job),
    adopt(job, left) {
      if (left.part) parts.adopt(job);
      if (left.file && names.unique && job.name === undefined) adopted.add(job);
    },
    link(job, url, saved) {
      if (pending.isAborted) return STOPPED_BEFORE_WRITE;
      const isDigestMissing = (hash && saved.sha256 === undefined) || mismatchedDigest(job, saved) !== undefined;
      if (isDigestMissing || !isInFile(saved) || !isStillThere(folder, saved)) return undefined;
      const content = saveHeaders ? readHeaders(folder, saved) : undefined;
      const target = targetOf(job, url, saved.type, saved.last_modified, content);
      if (isFailure(target)) return target;
      return pending.track(writeLink(context, folder, target, saved));
    },
    write(job, url, answer) {
      const { body } = answer;
      const head = saveHeaders ? answer.wire?.response : undefined;
      const content = head === undefined ? undefined : Buffer.from(head, "latin1");
      const target = pending.isAborted
        ? STOPPED_BEFORE_WRITE
        : targetOf(job, url, answer.type, answer.lastModified, content);
      if (isFailure(target)) return discard(body, target);
      const { ownBytes } = target;
      if (ownBytes !== undefined && hasOtherLength(answer, ownBytes))
        return discard(body, differentContent(target.file, ownBytes));
      const nowMs = performance.now();
      // The thread writes one file, and sets no time.
      const isPlain = target.headers === undefined && target.timeMs === undefined;
      const strategy = chooseStrategy(answer, disk, nowMs, isPlain && !isShared && ownsName(job));
      if ("next" in body) return pending.track(writeStream(context, target, url, answer, body));
      if (strategy === "async") return pending.track(pool.write(target, answer, body));
      const queued = strategy === "behind" ? behind?.write(target, answer, body, nowMs) : undefined;
      return queued ?? inMainThread(target, answer, body);
    },
    abort() {
      pending.abort(() => behind?.abandon() ?? false);
      pool.abort();
      behind?.abort();
    },
    doubt: () => pending.doubt(),
    isUnsure: () => pending.isUnsure,
    async idle() {
      await Promise.all([pending.idle(), behind?.idle()]);
    },
    close() {
      pending.close();
      behind?.close();
    },
  };

  /** Where a job's file goes, or why it cannot be stored. `head`: of its answer, if that is saved. */
  function targetOf(
    job: Job,
    url: URL,
    type: string | undefined,
    lastModified: string | undefined,
    head: Uint8Array | undefined,
  ): Target | Failure {
    const file = names.of(job, url, type);
    const path = `${folder}/${file}`;
    if (job.name !== undefined) isEveryNameOwn = false;
    const tooLong = nameTooLong(file);
    if (tooLong !== undefined) return tooLong;
    const target: Mutable<Target> = { job, path, file };
    if (remoteTime && lastModified !== undefined) target.timeMs = pastTime(lastModified, Date.now());
    if (head !== undefined) target.headers = headersOf(job, url, file, head);
    const conflict = commits.conflictAt(target);
    if (conflict !== undefined && isFailure(conflict)) return conflict;
    return checkSpace(0) ?? (conflict === undefined ? target : { ...target, ...conflict });
  }

  function headersOf(job: Job, url: URL, file: string, content: Uint8Array): HeadersFile {
    const headers = names.headersOf(job, url, file);
    return { file: headers, path: `${folder}/${headers}`, content };
  }

  /** The conflict of a job whose name does not depend on the answer: no request is needed. */
  function certainConflict(job: Job, url: URL): Failure | undefined {
    if (empty || job.replaces !== undefined || ownsName(job)) return undefined;
    const file = names.of(job, url, undefined);
    if (file !== names.of(job, url, "text/html") || nameTooLong(file) !== undefined) return undefined;
    const conflict = commits.conflictAt({ job, path: `${folder}/${file}`, file });
    return conflict !== undefined && isFailure(conflict) && conflict.error === "file_exists" ? conflict : undefined;
  }

  function startDigest(job: Job, fd: number, fromBytes: number): BodyDigest | undefined {
    const digest = bodyDigest(job, hash);
    if (digest !== undefined && fromBytes > 0) updateFromFile(digest, fd, fromBytes);
    return digest;
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Returns the time of a Last-Modified, in milliseconds since 1970; undefined if it is invalid, or in the future. */
function pastTime(lastModified: string, nowMs: number): number | undefined {
  const ms = httpDate(lastModified, nowMs);
  return ms === undefined || ms > nowMs ? undefined : ms;
}

/** Whether the length alone shows that the body is not an existing file of `ownBytes` bytes. */
function hasOtherLength({ wholeBytes, from, body }: Answer, ownBytes: number): boolean {
  const bytes = "next" in body || from !== undefined ? wholeBytes : lengthOf(body);
  return bytes !== undefined && bytes !== ownBytes;
}

/** Cancels a body that is not stored; returns the failure. */
function discard(body: readonly Uint8Array[] | BodyStream, failure: Failure): Failure {
  if ("cancel" in body) body.cancel();
  return failure;
}
