// How a part ends: under its final name, or not at all.

import { existsSync, rename, renameSync, unlink, unlinkSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import type { Digests } from "../../core/digest.ts";
import { type Failure, isFailure } from "../../core/failure.ts";
import type { Job } from "../../core/job.ts";
import type { Stored } from "../../core/ports.ts";
import { syncFolder, syncFolderSync } from "../../fs/sync.ts";
import { makeFolder, removeOld } from "../folder/output-folder.ts";
import { renameInto, renameIntoAsync } from "./link-or-copy.ts";
import { type ConflictCheck, type Doubtful, other, taken as takenBy } from "./name-conflict.ts";
import type { PartialFiles } from "./partial-files.ts";
import { GIVEN_UP, type PendingWrites } from "./pending-writes.ts";
import { hasSameContent, hasSameContentAsync } from "./same-content.ts";
import type { TempFile } from "./temp-file.ts";
import { refusalOf } from "./write-errors.ts";

const renamed = promisify(rename);
const unlinked = promisify(unlink);

/** Where a job's file goes. */
export interface Target {
  readonly job: Job;
  readonly path: string;
  readonly file: string;
  /** The length of a file that has the name and may be this line's own: the body is compared with it. */
  readonly ownBytes?: number;
}

export interface Committer {
  /** A whole body gets its name, unless that has been taken meanwhile. Throws what the file system says. */
  commit(place: Target, part: TempFile, bytes: number, digests: Digests | undefined): Stored | Failure;
  /** The same in the thread pool, where the name is nobody else's; or a Failure, if it has been taken meanwhile. */
  placedLater(place: Target, part: TempFile, bytes: number, digests: Digests | undefined): Promise<Stored | Failure>;
  /** What is said of a file that has its name. */
  stored(place: Target, bytes: number, digests: Digests | undefined): Stored;
  /** Somebody else is about to put a file there, for who looks whether there is one; gives what ends that. */
  expected(place: Target): () => void;
  /** Says why a file cannot have its name, if so; or what is there that may be it. */
  taken(place: Target): Failure | Doubtful | undefined;
  /** For a body, whole, whose name a file has that may be the same: saved if it is. Rejects with what the file system says. */
  compared(place: Target, part: TempFile, bytes: number, digests: Digests | undefined): Promise<Stored | Failure>;
  /** What the file system's error says of a file. */
  refused(error: unknown, place: Target): Failure;
  /** A body that is not stored leaves nothing behind; gives the failure back. */
  abort(job: Job, part: TempFile | undefined, failure: Failure): Failure;
}

export interface CommitterOptions {
  readonly folder: string;
  readonly parts: PartialFiles;
  readonly storing: PendingWrites;
  /** Bring a name to the disk before its file counts as saved. */
  readonly durable: boolean;
  readonly claimed: ConflictCheck;
  /** Whether a name that the list does not give is no other line's. */
  readonly unique: boolean;
  /** Whether whatever has this job's name is its own. */
  readonly isSure: (job: Job) => boolean;
  /** Whether other processes write there as well. */
  readonly shared: () => boolean;
}

export function committer(options: CommitterOptions): Committer {
  const { folder, parts, storing, durable, claimed, unique, isSure, shared } = options;
  /** Names that files are about to get, in other threads: what looks whether they are there cannot see them yet. */
  const coming = new Set<string>();
  /** Names of files that were found to be a line's own: they are no other line's. */
  const found = new Set<string>();

  const taken = ({ job, path, file }: Target): Failure | Doubtful | undefined => {
    if (coming.has(path) || (found.size > 0 && found.has(path))) return takenBy(`${file} is another line's`);
    return isSure(job) ? undefined : claimed(job, path, file);
  };
  const stored = ({ job, file }: Target, bytes: number, digests: Digests | undefined): Stored => {
    parts.forget(job);
    if (job.replaces !== undefined && job.replaces !== file) removeOld(folder, job.replaces);
    return digests === undefined ? { bytes, file } : { bytes, file, ...digests };
  };
  /** The look at the name was before: what another process has put there since is not replaced. */
  const named = ({ job, path, file }: Target, part: TempFile): Failure | undefined => {
    if (shared() && !isSure(job)) {
      if (renameInto(part.path, path)) return undefined;
      const why = claimed(job, path, file);
      if (why !== undefined) return isFailure(why) ? why : takenBy(`${file} is another line's`);
    }
    renameSync(part.path, path);
    return undefined;
  };
  /** Makes the folders that a name wants; what is as new as the file has a name to be kept, too. */
  const makeRoom = (path: string): void => {
    makeFolder(dirname(path));
    for (let made = dirname(path); durable && made !== folder; made = dirname(made)) syncFolderSync(dirname(made));
  };
  /** A body that was compared with the file that has its name. */
  const known = (place: Target, part: TempFile, isOwn: boolean, bytes: number, digests: Digests | undefined) => {
    dropped(place.job, part);
    if (!isOwn) return other(place.file, place.ownBytes ?? bytes);
    if (found.has(place.path)) return takenBy(`${place.file} is another line's`);
    if (!unique || place.job.name !== undefined) found.add(place.path);
    if (durable) syncFolderSync(dirname(place.path));
    return stored(place, bytes, digests);
  };
  /** In the place of this line's own file, or of none. */
  const movedOver = async (from: string, path: string): Promise<void> => {
    try {
      await renamed(from, path);
    } catch (error) {
      if (!lacksFolder(error, folder, path)) throw error;
      makeRoom(path);
      await renamed(from, path);
    }
  };
  const placed: Committer["commit"] = (place, part, bytes, digests) => {
    const { job, path } = place;
    if (storing.isGivenUp) return abandoned(job, part, GIVEN_UP);
    if (place.ownBytes !== undefined)
      return known(place, part, hasSameContent(part.fd, bytes, path, durable), bytes, digests);
    part.close();
    let why: Failure | undefined;
    try {
      why = named(place, part);
    } catch (error) {
      if (!lacksFolder(error, folder, path)) throw error;
      makeRoom(path);
      why = named(place, part);
    }
    if (why !== undefined) return abandoned(job, part, why);
    if (durable) syncFolderSync(dirname(path));
    return stored(place, bytes, digests);
  };
  const abandoned: Committer["abort"] = (job, part, failure) => {
    if (part !== undefined) dropped(job, part);
    return failure;
  };
  const dropped = (job: Job, part: TempFile): void => {
    if (storing.isGivenUp) return storing.also(removed(part)); // here nobody waits for a slow disk any more
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
  };
  const compared: Committer["compared"] = async (place, part, bytes, digests) =>
    known(place, part, await hasSameContentAsync(part.fd, bytes, place.path, durable), bytes, digests);

  return {
    commit: placed,
    compared,
    abort: abandoned,
    taken,
    stored,
    refused: (error, { path }) => refusalOf(error, folder, path),
    expected({ path }) {
      coming.add(path);
      return () => coming.delete(path);
    },
    async placedLater(place, part, bytes, digests) {
      const { job, path, file } = place;
      if (place.ownBytes !== undefined) return compared(place, part, bytes, digests);
      await part.closeLater();
      if (storing.isGivenUp) return abandoned(job, part, GIVEN_UP);
      const why = taken(place);
      if (why !== undefined) return abandoned(job, part, isFailure(why) ? why : takenBy(`${file} is another line's`));
      const isOwn = isSure(job) || file === job.replaces;
      coming.add(path);
      try {
        if (isOwn) await movedOver(part.path, path);
        // What comes between the look and this is not replaced, whoever has put it there.
        else if (!(await renameIntoAsync(part.path, path))) {
          const there = claimed(job, path, file);
          if (there === undefined) return placed(place, part, bytes, digests);
          return abandoned(job, part, isFailure(there) ? there : takenBy(`${file} is another line's`));
        }
      } finally {
        coming.delete(path);
      }
      if (durable) await syncFolder(dirname(path));
      return stored(place, bytes, digests);
    },
  };
}

/** Whether a rename failed for a folder that the name wants, below one that is there. */
function lacksFolder(error: unknown, folder: string, path: string): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT" && dirname(path) !== folder && existsSync(folder);
}

/** Closes and removes a part in the thread pool. What is left of it the next run removes. */
async function removed(part: TempFile): Promise<void> {
  await part.closeLater().catch(() => {});
  await unlinked(part.path).catch(() => {});
}
