// Whether a file may have its name: what lies there already may be another line's, or nobody's that we know.

import { lstatSync } from "node:fs";
import type { Failure } from "../core/failure.ts";
import type { Job } from "../core/job.ts";
import { isNameOf } from "../core/name-queue.ts";
import { inTheWay } from "./folder.ts";
import { refusalOf } from "./refusal.ts";
import type { Span } from "./since.ts";

/** Which files that are there may be replaced, besides the line's own. */
export interface Replaceable {
  /** Those that were last changed then, */
  readonly spans: readonly Span[];
  /** unless they are recorded, for whatever line. */
  readonly recorded: (file: string) => boolean;
}

/** Says why a job's file cannot go there, if so. */
export type Claim = (job: Job, path: string, file: string) => Failure | undefined;

/** `unique`: a name that the list does not give is no other line's. */
export function claim(replaceable: Replaceable | undefined, unique: boolean): Claim {
  const free = (job: Job, path: string, file: string): boolean => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return true;
    if (!stats.isFile()) return false;
    if (file === job.replaces) return true;
    if (replaceable === undefined) return false;
    const { spans, recorded } = replaceable;
    if (!spans.some(({ fromMs, beforeMs }) => stats.ctimeMs >= fromMs && stats.ctimeMs < beforeMs)) return false;
    return (unique && job.name === undefined) || !recorded(file);
  };
  return (job, path, file) => {
    try {
      const above = file.includes("/") ? inTheWay(path.slice(0, -file.length - 1), file) : undefined;
      if (above !== undefined) return { error: "file_exists", detail: `${above} is there already, and no folder` };
      if (free(job, path, file)) return undefined;
    } catch (error) {
      // A part of the path is a file, this run's or another's.
      if ((error as NodeJS.ErrnoException).code !== "ENOTDIR") {
        return refusalOf(error, path.slice(0, -file.length - 1), path);
      }
    }
    const namesake = job.namesakes?.find((one) => one.file === file);
    if (namesake !== undefined) return isNameOf(namesake);
    return { error: "file_exists", detail: `${file} is there already, and not this line's` };
  };
}
