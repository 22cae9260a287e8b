// How a part ends: under its final name, or not at all.

import { existsSync, renameSync, unlinkSync } from "node:fs";
import { dirname } from "node:path";
import { classify } from "../core/classify.ts";
import type { Failure } from "../core/failure.ts";
import type { Job } from "../core/job.ts";
import type { Stored } from "../core/ports.ts";
import { isInside, makeFolder } from "./folder.ts";
import type { Part, Parts } from "./parts.ts";
import { syncedFolder } from "./writing.ts";

/** Where a job's file goes. */
export interface Place {
  readonly job: Job;
  readonly path: string;
  readonly file: string;
}

export interface Placing {
  /** A whole body gets its name. Throws what the file system says. */
  placed(place: Place, part: Part, bytes: number, sha256: string | undefined): Stored;
  /** A body that is not stored leaves nothing behind; gives the failure back. */
  abandoned(job: Job, part: Part | undefined, failure: Failure): Failure;
}

/** `durable`: a name is brought to the disk before its file counts as saved. */
export function placing(folder: string, parts: Parts, durable: boolean): Placing {
  /** The line's file of an earlier run, under another name. */
  const removeOld = (file: string): void => {
    const old = `${folder}/${file}`;
    try {
      if (isInside(folder, old)) unlinkSync(old);
    } catch {
      // It is gone already.
    }
  };

  return {
    placed({ job, path, file }, part, bytes, sha256) {
      part.close();
      try {
        renameSync(part.path, path);
      } catch (error) {
        if (!lacksFolder(error, folder, path)) throw error;
        makeFolder(dirname(path));
        renameSync(part.path, path);
      }
      parts.forget(job);
      if (durable) syncedFolder(dirname(path));
      if (job.replaces !== undefined && job.replaces !== file) removeOld(job.replaces);
      return sha256 === undefined ? { bytes, file } : { bytes, file, sha256 };
    },
    abandoned(job, part, failure) {
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
    },
  };
}

/** Whether a rename failed for a folder that the name wants, below one that is there. */
function lacksFolder(error: unknown, folder: string, path: string): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT" && dirname(path) !== folder && existsSync(folder);
}

/** What the file system says. Without a descriptor to be had the disk is not at fault: it is tried again, with fewer open. */
export function refused(error: unknown): Failure {
  const failure = classify(error, "write");
  const { code } = error as NodeJS.ErrnoException;
  return code === "EMFILE" || code === "ENFILE" ? { ...failure, scarce: true } : failure;
}

/** What the list says that a body must have. */
export function mismatchOf(job: Job, sha256: string | undefined): Failure | undefined {
  if (job.sha256 === undefined || job.sha256 === sha256) return undefined;
  return { error: "checksum_mismatch", detail: `sha256 is ${sha256}, the list says ${job.sha256}` };
}
