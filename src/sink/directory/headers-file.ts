// Writes the head of an answer as a file beside its body, before the body has its final name (--save-headers).

import { closeSync, fsyncSync, readFileSync, rename, renameSync, unlinkSync } from "node:fs";
import { promisify } from "node:util";
import { type Failure, isFailure } from "../../core/failure.ts";
import type { Job } from "../../core/job.ts";
import { savedHeaders } from "../../fs/location.ts";
import { createNew, openToRead } from "../../fs/open-nofollow.ts";
import { syncFile } from "../../fs/sync.ts";
import { writeAll, writeAllSync } from "../../fs/write-all.ts";
import type { PartialFiles } from "../files/partial-files.ts";
import { createTempFileAsync } from "../files/temp-file.ts";
import type { ConflictCheck } from "./name-conflict.ts";

const renameAsync = promisify(rename);

export interface HeadersFile {
  /** Relative to the output folder. */
  readonly file: string;
  readonly path: string;
  readonly content: Uint8Array;
}

/** A body with its head, if that is to be saved. */
interface WithHeaders {
  readonly job: Job;
  readonly headers?: HeadersFile | undefined;
  /** Set if the body's file is there already: then so may its head be. */
  readonly ownBytes?: number;
}

export interface HeadersWriter {
  /** Saves the head; returns why its name is taken, if it is. Throws file-system errors. */
  save(target: WithHeaders): Failure | undefined;
  /** As `save`, in the thread pool. Rejects with file-system errors. */
  saveAsync(target: WithHeaders): Promise<Failure | undefined>;
  /** Removes a head whose body was not saved, unless it replaced an earlier one. */
  drop(target: WithHeaders): void;
}

export interface HeadersWriterOptions {
  readonly parts: Pick<PartialFiles, "extraPath">;
  readonly durable: boolean;
  readonly conflictOf: ConflictCheck;
  readonly ownsName: (job: Job) => boolean;
  /** Makes the folder above a path, if that is why a rename failed. Returns whether it did. */
  readonly makesFolder: (error: unknown, path: string) => boolean;
}

export function headersWriter({ parts, durable, conflictOf, ownsName, makesFolder }: HeadersWriterOptions) {
  const conflict = ({ job, headers, ownBytes }: WithHeaders): Failure | undefined => {
    if (headers === undefined || ownBytes !== undefined || ownsName(job)) return undefined;
    if (headers.file === job.replacesHeaders) return undefined;
    const found = conflictOf(job, headers.path, headers.file);
    if (found === undefined || isFailure(found)) return found;
    return { error: "file_exists", detail: `${headers.file} is there already, and not this line's` };
  };

  return {
    save(target) {
      const { job, headers } = target;
      const taken = conflict(target);
      if (headers === undefined || taken !== undefined) return taken;
      const temp = parts.extraPath(job);
      try {
        const fd = createNew(temp);
        try {
          writeAllSync(fd, [headers.content]);
          if (durable) fsyncSync(fd);
        } finally {
          closeSync(fd);
        }
        try {
          renameSync(temp, headers.path);
        } catch (error) {
          if (!makesFolder(error, headers.path)) throw error;
          renameSync(temp, headers.path);
        }
      } catch (error) {
        remove(temp);
        throw error;
      }
      return undefined;
    },
    async saveAsync(target) {
      const { job, headers } = target;
      const taken = conflict(target);
      if (headers === undefined || taken !== undefined) return taken;
      const temp = parts.extraPath(job);
      try {
        const part = await createTempFileAsync(temp);
        try {
          await writeAll(part.fd, [headers.content]);
          if (durable) await syncFile(part.fd);
        } finally {
          await part.closeAsync();
        }
        try {
          await renameAsync(temp, headers.path);
        } catch (error) {
          if (!makesFolder(error, headers.path)) throw error;
          await renameAsync(temp, headers.path);
        }
      } catch (error) {
        remove(temp);
        throw error;
      }
      return undefined;
    },
    drop({ job, headers }) {
      if (headers !== undefined && headers.file !== job.replacesHeaders) remove(headers.path);
    },
  } satisfies HeadersWriter;
}

/** Returns the head that was saved for a record; undefined if there is none. */
export function readHeaders(folder: string, record: object): Uint8Array | undefined {
  const file = savedHeaders(folder, record);
  if (file === undefined) return undefined;
  const fd = openToRead(`${folder}/${file}`);
  try {
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Removes a file, if it is there. */
function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It is not there, or the next run removes it.
  }
}
