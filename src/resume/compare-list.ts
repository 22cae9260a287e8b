// Compares a list with an earlier run: counts its known, moved and new lines, and the saved lines that are not in it.

import type { Job } from "../core/job.ts";
import type { DoneEarlier } from "../core/page-memory.ts";
import { charsOf } from "../core/scheduler/job-size.ts";
import type { History } from "../journal/history.ts";
import { thousands } from "../report/format.ts";
import { doneAs, hasForeignRecord } from "../source/skip-done.ts";
import type { RemovedLines } from "./removed-lines.ts";

export interface ListCounts {
  /** Lines recorded under their number. */
  readonly known: number;
  /** Lines whose URL is recorded under another number, or as a removed line. */
  readonly moved: number;
  readonly new: number;
  /** Saved lines that are no longer in the list. */
  readonly removed: number;
}

/** Whether a list belongs to another folder: most saved lines are not in it, and it has lines to download. */
export function isOtherList({ known, moved, new: fresh, removed }: ListCounts): boolean {
  return removed > known + moved && moved + fresh > 0;
}

/** For example "3 lines of this list are known, 1 moved, 2 are new; 7 saved lines are not in it". */
export function describeCounts({ known, moved, new: fresh, removed }: ListCounts): string {
  const are = (count: number) => (count === 1 ? "is" : "are");
  const lines = `${thousands(known)} line${known === 1 ? "" : "s"} of this list ${are(known)} known, ${thousands(moved)} moved, ${thousands(fresh)} ${are(fresh)} new`;
  return `${lines}; ${thousands(removed)} saved line${removed === 1 ? "" : "s"} ${are(removed)} not in it`;
}

/** Maximum number of remaining lines, and of their characters, kept in memory. With more, the list is read once more. */
const MAX_KEPT_JOBS = 10_000;
const MAX_KEPT_CHARS = 4_194_304;

/** Counts the remaining lines of a list, and keeps them up to a limit. */
export function remainingLines(history: History, how: { readonly update: boolean; readonly retryFailed: boolean }) {
  const counts = { left: 0, saved: 0, failed: 0, skipped: 0 };
  let rest: Job[] | undefined = [];
  let chars = 0;
  const keep = (job: Job) => {
    chars += charsOf(job);
    if (rest === undefined || rest.length === MAX_KEPT_JOBS || chars > MAX_KEPT_CHARS) rest = undefined;
    else rest.push(job);
  };
  return {
    add(job: Job, state: ReturnType<History["state"]>): void {
      const isOpen = hasForeignRecord(job) || job.kept !== undefined;
      const done = isOpen ? undefined : doneAs(state, job.n, history, how);
      counts[done ?? "left"]++;
      if (done === undefined) keep(job);
    },
    /** Numbers of finished lines, and of those left to do. */
    counts: counts as DoneEarlier & { readonly left: number },
    /** The jobs left to do; undefined if they are more than the limit. */
    rest: (): readonly Job[] | undefined => rest,
  };
}

/** Counts lines, in list order. Reserves the record of each line until `end`. */
export function listComparison(history: History, removedLines: RemovedLines) {
  const counts = { known: 0, moved: 0, new: 0 };
  /** The highest line number, listed or recorded. */
  let top = 0;
  const reserve = (n: number) => {
    history.reserve(n);
    top = Math.max(top, n);
  };
  return {
    add({ n, url, refused, numbered }: Job): void {
      if (refused?.error === "duplicate_number") return;
      const state = history.state(n, url);
      if (state !== undefined && state !== "other") {
        counts.known++;
        return reserve(n);
      }
      top = Math.max(top, n);
      const here = history.findSaved(url) ?? history.findFailure(url);
      if (here !== undefined) reserve(here);
      else if (!removedLines.reserve(url)) {
        // A numbered line with an unused number replaces nothing, for example a line added to failed.txt.
        if (numbered !== true || state !== undefined) counts.new++;
        return;
      }
      counts.moved++;
    },
    /** Returns the counts. `removed` includes lines above the highest number only if the whole list was counted (`isAll`). */
    end(isAll: boolean): ListCounts {
      let left = 0;
      history.eachUnmatched((n, isSaved) => {
        if (isSaved && (isAll || n <= top)) left++;
      });
      history.releaseReserved();
      removedLines.releaseReserved();
      return { ...counts, removed: left };
    },
  };
}
