// Whether a file may have its name: what lies there already may be another line's, or nobody's that we know.

import { lstatSync } from "node:fs";
import type { Failure } from "../../core/failure.ts";
import type { Job } from "../../core/job.ts";
import { isNameOf } from "../../core/scheduler/name-queue.ts";
import { nonFolderOnPath } from "../../fs/safe-path.ts";
import type { Span } from "../folder/unclean-shutdown.ts";
import { refusalOf } from "./write-errors.ts";

/** Which files that are there may be replaced, besides the line's own. */
export interface Replaceable {
  /** Those that were last changed then, */
  readonly spans: readonly Span[];
  /** unless they are recorded, for whatever line. */
  readonly recorded: (file: string) => boolean;
  /** Puts a file aside, if it may be: its name is free then. */
  readonly yields?: (file: string) => boolean;
}

/** Which files may be a line's own, of a run whose record was lost: a body that is the same says so. */
export interface Lost {
  /** Those that were last changed before this run began, or within the same tick of the file system's clock, */
  readonly startMs: number;
  /** unless they are recorded, for whatever line. */
  readonly recorded: (file: string) => boolean;
}

/** A file that may be the line's own, with so many bytes. */
export interface Doubtful {
  readonly ownBytes: number;
}

/** Says why a job's file cannot go there, if so; or what there is that may be it. */
export type ConflictCheck = (job: Job, path: string, file: string) => Failure | Doubtful | undefined;

/** What to do about a name that is taken. */
const WAYS = "move it away and retry what failed for good, or use another folder";

/** `unique`: a name that the list does not give is no other line's. */
export function conflictCheck(replaceable: Replaceable | undefined, unique: boolean, lost?: Lost): ConflictCheck {
  const owner = (job: Job, path: string, file: string): Failure | Doubtful | undefined => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    if (!stats.isFile()) return taken(`${file} is there already, and no file`);
    if (file === job.replaces) return undefined;
    const namesake = job.namesakes?.find((one) => one.file === file);
    if (namesake !== undefined) return isNameOf(namesake);
    if (replaceable?.yields?.(file) === true) return undefined;
    const isNumbered = unique && job.name === undefined;
    const { ctimeMs, size: ownBytes } = stats;
    const isSpanned =
      replaceable?.spans.some(({ fromMs, beforeMs }) => ctimeMs >= fromMs && ctimeMs < beforeMs) === true;
    if (isSpanned && (isNumbered || replaceable?.recorded(file) === false)) return undefined;
    if (lost !== undefined && ctimeMs <= lost.startMs && (isNumbered || !lost.recorded(file))) return { ownBytes };
    return taken(`${file} is there already, and not this line's`);
  };
  return (job, path, file) => {
    try {
      const above = file.includes("/") ? nonFolderOnPath(path.slice(0, -file.length - 1), file) : undefined;
      return above === undefined ? owner(job, path, file) : taken(`${above} is there already, and no folder`);
    } catch (error) {
      // A part of the path is a file, this run's or another's.
      if ((error as NodeJS.ErrnoException).code === "ENOTDIR")
        return taken(`${file} is there already, and not this line's`);
      return refusalOf(error, path.slice(0, -file.length - 1), path);
    }
  };
}

/** The failure of a line whose file's name is taken. */
export function taken(what: string): Failure {
  return { error: "file_exists", detail: `${what}: ${WAYS}` };
}

/** What is there is not what came. */
export function other(file: string, ownBytes: number): Failure {
  return taken(`${file} is there already, with other content (${ownBytes} bytes)`);
}
