// Decides whether a file may take its name: an existing file may be another line's, the user's, or this line's own.

import { lstatSync } from "node:fs";
import type { Failure } from "../../core/failure.ts";
import type { Job } from "../../core/job.ts";
import { isNameOf } from "../../core/scheduler/name-queue.ts";
import { nonFolderOnPath } from "../../fs/safe-path.ts";
import { failureOfWrite } from "../files/write-errors.ts";
import type { Span } from "../folder/unclean-shutdown.ts";

/** Existing files that may be replaced, besides the line's own: */
export interface Replaceable {
  /** files that were last changed within these spans of time, */
  readonly spans: readonly Span[];
  /** unless a record of any line names them. */
  readonly recorded: (file: string) => boolean;
  /** Moves a file of another line aside, if that is allowed. Returns whether its name is free then. */
  readonly yields?: (file: string) => boolean;
}

/** Existing files that may be a line's own although their record was lost; equal content proves it: */
export interface Recoverable {
  /** files that were last changed before this run began, or within the same tick of the file system's clock, */
  readonly startMs: number;
  /** unless a record of any line names them. */
  readonly recorded: (file: string) => boolean;
}

/** An existing file that may be the line's own. */
export interface PossiblyOwn {
  readonly ownBytes: number;
}

/**
 * Returns why a job's file cannot be stored at `path`, or the existing file that may be its own; undefined where it
 * can.
 */
export type ConflictCheck = (job: Job, path: string, file: string) => Failure | PossiblyOwn | undefined;

/** What a user can do about a name that is taken. */
const ADVICE = "move it away and retry what failed for good, or use another folder";

/** `unique`: a name that the template makes belongs to one line only. */
export function conflictCheck(
  replaceable: Replaceable | undefined,
  unique: boolean,
  recoverable?: Recoverable,
): ConflictCheck {
  const checkFile = (job: Job, path: string, file: string): Failure | PossiblyOwn | undefined => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    if (!stats.isFile()) return nameTaken(`${file} is there already, and no file`);
    if (file === job.replaces) return undefined;
    const namesake = job.namesakes?.find((one) => one.file === file);
    if (namesake !== undefined) return isNameOf(namesake);
    if (replaceable?.yields?.(file) === true) return undefined;
    const isNumbered = unique && job.name === undefined;
    const { ctimeMs, size: ownBytes } = stats;
    const isSpanned =
      replaceable?.spans.some(({ fromMs, beforeMs }) => ctimeMs >= fromMs && ctimeMs < beforeMs) === true;
    if (isSpanned && (isNumbered || replaceable?.recorded(file) === false)) return undefined;
    if (recoverable !== undefined && ctimeMs <= recoverable.startMs && (isNumbered || !recoverable.recorded(file)))
      return { ownBytes };
    return nameTaken(`${file} is there already, and not this line's`);
  };
  return (job, path, file) => {
    try {
      const above = file.includes("/") ? nonFolderOnPath(path.slice(0, -file.length - 1), file) : undefined;
      return above === undefined ? checkFile(job, path, file) : nameTaken(`${above} is there already, and no folder`);
    } catch (error) {
      // A part of the path is a file, this run's or another's.
      if ((error as NodeJS.ErrnoException).code === "ENOTDIR")
        return nameTaken(`${file} is there already, and not this line's`);
      return failureOfWrite(error, path.slice(0, -file.length - 1), path);
    }
  };
}

/** The failure of a line whose file name is taken; `what` says by what. */
export function nameTaken(what: string): Failure {
  return { error: "file_exists", detail: `${what}: ${ADVICE}` };
}

/** The failure of a line whose file name another line of this run has. */
export function nameOfAnother(file: string): Failure {
  return nameTaken(`${file} is another line's`);
}

/** The failure where the existing file is not the received body. */
export function differentContent(file: string, existingBytes: number): Failure {
  return nameTaken(`${file} is there already, with other content (${existingBytes} bytes)`);
}
