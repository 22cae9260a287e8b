// What a list is to a folder: how many of its lines are known there, moved or new, and how many saved lines it does not have.

import type { Job } from "../core/job.ts";
import type { DoneEarlier } from "../core/ports.ts";
import { charsOf } from "../core/scheduler/job-size.ts";
import type { History } from "../journal/history.ts";
import { thousands } from "../report/format.ts";
import { doneAs, isNotOurs } from "../source/skip-done.ts";
import type { RemovedLines } from "./removed-lines.ts";

export interface Counts {
  /** Lines that are recorded under their number. */
  readonly known: number;
  /** Lines whose URL is recorded under another number, or was that of a line that was no longer in the list. */
  readonly moved: number;
  readonly new: number;
  /** Saved lines that are not in the list. */
  readonly gone: number;
}

/** Whether a list is another folder's: more of what is saved is not in it than is, and there is something to be done for it. */
export function isAnothers({ known, moved, new: fresh, gone }: Counts): boolean {
  return gone > known + moved && moved + fresh > 0;
}

/** "3 of its lines are known, 1 moved, 2 are new; 7 saved lines are not in it" */
export function inWords({ known, moved, new: fresh, gone }: Counts): string {
  const are = (count: number) => (count === 1 ? "is" : "are");
  const lines = `${thousands(known)} of its lines ${are(known)} known, ${thousands(moved)} moved, ${thousands(fresh)} ${are(fresh)} new`;
  return `${lines}; ${thousands(gone)} saved line${gone === 1 ? "" : "s"} ${are(gone)} not in it`;
}

/** So many lines that are left, of so many characters, are remembered, instead of reading the list once more to come to them. */
const MAX_REST = 10_000;
const MAX_REST_CHARS = 4_194_304;

/** Counts what is left of a list, and keeps it if that is little. */
export function leftover(history: History, how: { readonly update: boolean; readonly retryFailed: boolean }) {
  const counts = { left: 0, saved: 0, failed: 0, skipped: 0 };
  let rest: Job[] | undefined = [];
  let chars = 0;
  const keep = (job: Job) => {
    chars += charsOf(job);
    if (rest === undefined || rest.length === MAX_REST || chars > MAX_REST_CHARS) rest = undefined;
    else rest.push(job);
  };
  return {
    add(job: Job, state: ReturnType<History["state"]>): void {
      const isOpen = isNotOurs(job) || job.kept !== undefined;
      const done = isOpen ? undefined : doneAs(state, job.n, history, how);
      counts[done ?? "left"]++;
      if (done === undefined) keep(job);
    },
    /** What needs no work, and how much does. */
    counts: counts as DoneEarlier & { readonly left: number },
    /** All that is left; undefined if it is too much to be remembered. */
    rest: (): readonly Job[] | undefined => rest,
  };
}

/** Counts lines, in their order. What is recorded of one is taken, and put back at the end. */
export function comparison(history: History, gone: RemovedLines) {
  const counts = { known: 0, moved: 0, new: 0 };
  /** The highest number that a line has, or had. */
  let top = 0;
  const take = (n: number) => {
    history.take(n);
    top = Math.max(top, n);
  };
  return {
    add({ n, url, refused, numbered }: Job): void {
      if (refused?.error === "duplicate_number") return;
      const state = history.state(n, url);
      if (state !== undefined && state !== "other") {
        counts.known++;
        return take(n);
      }
      top = Math.max(top, n);
      const here = history.find(url) ?? history.findFailure(url);
      if (here !== undefined) take(here);
      else if (!gone.hold(url)) {
        // Under a number of its own that nobody has it takes nothing away, as a line that was added to failed.txt.
        if (numbered !== true || state !== undefined) counts.new++;
        return;
      }
      counts.moved++;
    },
    /** What of all that is saved is not in the list; or, if not all of the list was counted, of as much as that goes over. */
    end(isAll: boolean): Counts {
      let left = 0;
      history.eachUnmet((n, isSaved) => {
        if (isSaved && (isAll || n <= top)) left++;
      });
      history.putBack();
      gone.putBack();
      return { ...counts, gone: left };
    },
  };
}
