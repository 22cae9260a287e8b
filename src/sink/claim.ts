// Whether a file may have its name: what lies there already may be another line's, or nobody's that we know.

import { lstatSync } from "node:fs";
import { classify } from "../core/classify.ts";
import type { Failure } from "../core/failure.ts";
import type { Job } from "../core/job.ts";

/** Which files that are there may be replaced, besides the line's own. */
export interface Replaceable {
  /** Last changed in this span of the wall clock, in milliseconds: from, and before. */
  readonly fromMs: number;
  readonly beforeMs: number;
  /** Whether a file of that span is recorded, for whatever line. */
  readonly recorded: (file: string) => boolean;
}

/** Says why a job's file cannot go there, if so. */
export type Claim = (job: Job, path: string, file: string) => Failure | undefined;

export function claim(replaceable: Replaceable | undefined): Claim {
  const free = (job: Job, path: string, file: string): boolean => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return true;
    if (!stats.isFile()) return false;
    if (file === job.replaces) return true;
    if (replaceable === undefined) return false;
    const { fromMs, beforeMs, recorded } = replaceable;
    return stats.ctimeMs >= fromMs && stats.ctimeMs < beforeMs && !recorded(file);
  };
  return (job, path, file) => {
    try {
      if (free(job, path, file)) return undefined;
    } catch (error) {
      // A part of the path is a file, this run's or another's.
      if ((error as NodeJS.ErrnoException).code !== "ENOTDIR") return classify(error, "write");
    }
    return { error: "file_exists", detail: `${file} is there already, and not this line's` };
  };
}
