// Commits a complete temporary file under its final name, or removes it: the only place where bodies are renamed.

import { existsSync, rename, renameSync, unlink, unlinkSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import type { Digests } from "../../core/digest.ts";
import { type Failure, isFailure } from "../../core/failure.ts";
import type { Job } from "../../core/job.ts";
import type { Stored } from "../../core/ports.ts";
import { syncFolder, syncFolderSync } from "../../fs/sync.ts";
import { renameNoReplace, renameNoReplaceAsync } from "../files/link-or-copy.ts";
import type { PartialFiles } from "../files/partial-files.ts";
import { type PendingWrites, STOPPED_BEFORE_WRITE } from "../files/pending-writes.ts";
import { hasSameContent, hasSameContentAsync } from "../files/same-content.ts";
import type { TempFile } from "../files/temp-file.ts";
import { failureOfWrite } from "../files/write-errors.ts";
import { makeFolder, removePrevious } from "../folder/output-folder.ts";
import { type HeadersFile, headersWriter } from "./headers-file.ts";
import { type ConflictCheck, differentContent, nameOfAnother, type PossiblyOwn } from "./name-conflict.ts";

const renameAsync = promisify(rename);
const unlinkAsync = promisify(unlink);

/** Where a job's file goes. */
export interface Target {
  readonly job: Job;
  readonly path: string;
  readonly file: string;
  /** The head of its answer, which is saved beside it. */
  readonly headers?: HeadersFile | undefined;
  /** The time that the file gets, in milliseconds since 1970. */
  readonly timeMs?: number | undefined;
  /** The length of an existing file of that name that may be this line's own: the body is compared with it. */
  readonly ownBytes?: number;
}

export interface Committer {
  /** Renames a complete body; a Failure where the name was taken meanwhile. Throws file-system errors. */
  commit(target: Target, part: TempFile, bytes: number, digests: Digests | undefined): Stored | Failure;
  /** As `commit`, in the thread pool. Rejects with file-system errors. */
  commitAsync(target: Target, part: TempFile, bytes: number, digests: Digests | undefined): Promise<Stored | Failure>;
  /** Commits a body whose name an existing file has, if the content is equal. Rejects with file-system errors. */
  commitIfSame(target: Target, part: TempFile, bytes: number, digests: Digests | undefined): Promise<Stored | Failure>;
  /** The result for a file that has its final name. Removes what was noted of its part, and the line's previous file. */
  stored(target: Target, bytes: number, digests: Digests | undefined): Stored;
  /** Reserves a name for a file that another thread is about to create. Returns the function that releases it. */
  reserve(target: Target): () => void;
  /** Why a file cannot have its name, or the existing file that may be its own; undefined where it can. */
  conflictAt(target: Target): Failure | PossiblyOwn | undefined;
  /** The failure that a file-system error means for a file. */
  failureOf(error: unknown, target: Target): Failure;
  /** Removes the part of a body that is not stored; returns the failure. */
  abort(job: Job, part: TempFile | undefined, failure: Failure): Failure;
}

export interface CommitterOptions {
  readonly folder: string;
  readonly parts: PartialFiles;
  readonly pending: PendingWrites;
  /** Sync a name to the disk before its file counts as saved. */
  readonly durable: boolean;
  readonly conflictOf: ConflictCheck;
  /** Whether a name that the template makes belongs to one line only. */
  readonly unique: boolean;
  /** Whether any file with this job's name is its own. */
  readonly ownsName: (job: Job) => boolean;
  /** Whether other processes write there as well. */
  readonly shared: () => boolean;
}

export function committer(options: CommitterOptions): Committer {
  const { folder, parts, pending, durable, conflictOf, unique, ownsName, shared } = options;
  /** Paths of files that other threads are about to create: lstat does not find them yet. */
  const reserved = new Set<string>();
  /** Paths of existing files that were found to be a line's own: no other line may have them. */
  const matched = new Set<string>();

  const conflictAt = ({ job, path, file }: Target): Failure | PossiblyOwn | undefined => {
    if (reserved.has(path) || (matched.size > 0 && matched.has(path))) return nameOfAnother(file);
    return ownsName(job) ? undefined : conflictOf(job, path, file);
  };
  const stored = ({ job, file, headers }: Target, bytes: number, digests: Digests | undefined): Stored => {
    parts.forget(job);
    const { replaces, replacesHeaders } = job;
    if (replaces !== undefined) {
      if (replaces !== file) removePrevious(folder, replaces);
      if (replacesHeaders !== undefined && replacesHeaders !== headers?.file) removePrevious(folder, replacesHeaders);
    }
    const result: Stored = digests === undefined ? { bytes, file } : { bytes, file, ...digests };
    return headers === undefined ? result : { ...result, headersFile: headers.file };
  };
  /** The name was checked before; a file that another process has created since is not replaced. */
  const renameToFinal = ({ job, path, file }: Target, part: TempFile): Failure | undefined => {
    if (shared() && !ownsName(job)) {
      if (renameNoReplace(part.path, path)) return undefined;
      const conflict = conflictOf(job, path, file);
      if (conflict !== undefined) return isFailure(conflict) ? conflict : nameOfAnother(file);
    }
    renameSync(part.path, path);
    return undefined;
  };
  /** Makes the folders above a file; `durable`: the names of new folders are synced too. */
  const makeFoldersFor = (path: string): void => {
    makeFolder(dirname(path));
    for (let made = dirname(path); durable && made !== folder; made = dirname(made)) syncFolderSync(dirname(made));
  };
  const makesFolder = (error: unknown, path: string): boolean => {
    if (!lacksFolder(error, folder, path)) return false;
    makeFoldersFor(path);
    return true;
  };
  const heads = headersWriter({ parts, durable, conflictOf, ownsName, makesFolder });
  /** After a body was compared with the existing file of its name. */
  const commitCompared = (
    target: Target,
    part: TempFile,
    isSame: boolean,
    bytes: number,
    digests: Digests | undefined,
  ): Stored | Failure => {
    removePart(target.job, part);
    if (!isSame) return differentContent(target.file, target.ownBytes ?? bytes);
    if (matched.has(target.path)) return nameOfAnother(target.file);
    if (!unique || target.job.name !== undefined) matched.add(target.path);
    const taken = heads.save(target);
    if (taken !== undefined) return taken;
    if (durable) syncFolderSync(dirname(target.path));
    return stored(target, bytes, digests);
  };
  /** Replaces this line's own file, if there is one. */
  const renameOver = async (from: string, path: string): Promise<void> => {
    try {
      await renameAsync(from, path);
    } catch (error) {
      if (!makesFolder(error, path)) throw error;
      await renameAsync(from, path);
    }
  };
  /** Renames the body, after its head is saved. */
  const renameBoth = (target: Target, part: TempFile): Failure | undefined => {
    const taken = heads.save(target);
    if (taken !== undefined) return taken;
    let isRenamed = false;
    try {
      const conflict = renameToFinal(target, part);
      isRenamed = conflict === undefined;
      return conflict;
    } finally {
      if (!isRenamed) heads.drop(target);
    }
  };
  const commit: Committer["commit"] = (target, part, bytes, digests) => {
    const { job, path } = target;
    if (pending.isAborted) return abort(job, part, STOPPED_BEFORE_WRITE);
    if (target.ownBytes !== undefined)
      return commitCompared(target, part, hasSameContent(part.fd, bytes, path, durable), bytes, digests);
    if (target.timeMs !== undefined) part.setTime(target.timeMs);
    part.close();
    let conflict: Failure | undefined;
    try {
      conflict = renameBoth(target, part);
    } catch (error) {
      if (!makesFolder(error, path)) throw error;
      conflict = renameBoth(target, part);
    }
    if (conflict !== undefined) return abort(job, part, conflict);
    if (durable) syncFolderSync(dirname(path));
    return stored(target, bytes, digests);
  };
  const abort: Committer["abort"] = (job, part, failure) => {
    if (part !== undefined) removePart(job, part);
    return failure;
  };
  const removePart = (job: Job, part: TempFile): void => {
    if (pending.isAborted) return pending.trackCleanup(removePartAsync(part)); // must not wait for a slow disk
    try {
      part.close();
    } catch {
      // The first error is reported.
    }
    try {
      unlinkSync(part.path);
    } catch {
      // The next run removes it.
    }
    parts.forget(job);
  };
  const commitIfSame: Committer["commitIfSame"] = async (target, part, bytes, digests) => {
    const isSame = await hasSameContentAsync(part.fd, bytes, target.path, durable);
    return commitCompared(target, part, isSame, bytes, digests);
  };

  return {
    commit,
    commitIfSame,
    abort,
    conflictAt,
    stored,
    failureOf: (error, { path }) => failureOfWrite(error, folder, path),
    reserve({ path }) {
      reserved.add(path);
      return () => reserved.delete(path);
    },
    async commitAsync(target, part, bytes, digests) {
      const { job, path, file } = target;
      if (target.ownBytes !== undefined) return commitIfSame(target, part, bytes, digests);
      if (target.timeMs !== undefined) part.setTime(target.timeMs);
      await part.closeAsync();
      if (pending.isAborted) return abort(job, part, STOPPED_BEFORE_WRITE);
      const conflict = conflictAt(target);
      if (conflict !== undefined) return abort(job, part, isFailure(conflict) ? conflict : nameOfAnother(file));
      const isOwn = ownsName(job) || file === job.replaces;
      reserved.add(path);
      let isRenamed = false;
      try {
        const taken = await heads.saveAsync(target);
        if (taken !== undefined) return abort(job, part, taken);
        if (isOwn) await renameOver(part.path, path);
        // A file that is created between the check and the rename is not replaced.
        else if (!(await renameNoReplaceAsync(part.path, path))) {
          const late = conflictOf(job, path, file);
          if (late === undefined) {
            heads.drop(target);
            isRenamed = true; // or `commit` has removed the head
            return commit(target, part, bytes, digests);
          }
          return abort(job, part, isFailure(late) ? late : nameOfAnother(file));
        }
        isRenamed = true;
      } finally {
        if (!isRenamed) heads.drop(target);
        reserved.delete(path);
      }
      if (durable) await syncFolder(dirname(path));
      return stored(target, bytes, digests);
    },
  };
}

/** Whether a rename failed because a folder of the new name is missing, below an output folder that exists. */
function lacksFolder(error: unknown, folder: string, path: string): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT" && dirname(path) !== folder && existsSync(folder);
}

/** Closes and removes a part in the thread pool. Never rejects: the next run removes what is left. */
async function removePartAsync(part: TempFile): Promise<void> {
  await part.closeAsync().catch(() => {});
  await unlinkAsync(part.path).catch(() => {});
}
