// Resumes an earlier run: renames files whose line moved within the list, leaves out finished lines, and reports both.

import { join } from "node:path";
import { FolderError, useAnotherFolder, type Wording } from "../core/errors.ts";
import type { Job } from "../core/job.ts";
import { REMOVED } from "../core/layout.ts";
import type { Source } from "../core/ports.ts";
import { isSavedFile, isStillThere } from "../fs/location.ts";
import type { History } from "../journal/history.ts";
import { thousands } from "../report/format.ts";
import { asFolderError } from "../sink/folder/output-folder.ts";
import { removeSavedFile, removeSavedHeaders } from "../sink/folder/start-over.ts";
import { type SkipDoneOptions, skipDone } from "../source/skip-done.ts";
import { describeCounts, isOtherList, type ListCounts, listComparison, remainingLines } from "./compare-list.ts";
import { type LineMatcher, type LineMatcherOptions, lineMatcher } from "./match-lines.ts";
import { noRemovedLines } from "./no-removed-lines.ts";
import { openRemovedLines, type RemovedLines } from "./removed-lines.ts";

export interface ResumeOptions extends Omit<LineMatcherOptions, "removedLines"> {
  readonly state: string;
  /** The journal's name, for messages. */
  readonly journalName: string;
  /** --prune: remove files of lines that are not in the list. Then another run's list is not refused. */
  readonly prune: boolean;
  readonly note: (text: string) => void;
  /** Aborted when the run is stopped: a list being read ends early then. */
  readonly stop?: AbortSignal | undefined;
}

export interface ListOptions {
  readonly update: boolean;
  readonly retryFailed: boolean;
  /** The list is a part of the folder's list, such as failed.txt: lines that are not in it are not removed. */
  readonly isPart: boolean;
  /** Opens the list again, if it can be read twice: then moved lines are found, and the rest is counted, before the run. */
  readonly again: (() => Source) | undefined;
}

export interface ResumedRun {
  /** The source without finished lines. Throws a FolderError if the folder holds another list's run, and file-system errors. */
  remaining(source: Source, how: ListOptions): Promise<Source>;
  /** Frees a file name that a line needs, if a line that is no longer in the list owns it: moves that file to "gone/". */
  freeName(file: string): boolean;
  /** Call when the journal is closed, before it is compacted. Throws file-system errors. */
  close(): Promise<void>;
}

/** Throws a JournalError if the journal of removed lines cannot be read. */
export function resumeRun(options: ResumeOptions): ResumedRun {
  const { folder, state, history, prune, note, stop } = options;
  const removedLines = options.isFixed === true ? noRemovedLines(options) : openRemovedLines(folder, state);
  const matcher = lineMatcher({ ...options, removedLines });
  let isToPrune = false;
  let isRead = false;
  let reported = removedLines.files;

  const pruneNow = () => {
    const removed = pruneUnmatched(folder, history, removedLines);
    if (removed > 0) note(`pruned ${countOfRemoved(removed)}`);
  };
  const reportGone = () => {
    if (removedLines.files > reported) note(removedNote(folder, removedLines.files));
    reported = removedLines.files;
  };

  return {
    freeName: matcher.freeName,
    async remaining(source, { again, ...how }) {
      for (const one of history.notes) note(one);
      const run: ResumeContext = { ...options, removedLines, matcher, how };
      if (again !== undefined) {
        const rest = await surveyList(source, again, run);
        isRead = !how.isPart;
        if (prune) pruneNow();
        reportGone();
        return rest;
      }
      note(`resuming: ${thousands(history.saved)} saved earlier`);
      const onFirst = (jobs: readonly Job[]) => {
        if (!how.isPart) refuseUnless(run, countsOf(jobs, run));
      };
      const onEnd = () => {
        if (stop?.aborted === true) return; // the rest of the list was not read
        isToPrune = prune;
        isRead = !how.isPart;
      };
      return skipDone(source, history, { ...skipOptions(run), onFirst, onEnd });
    },
    async close() {
      if (isToPrune) pruneNow();
      if (isRead) matcher.dropUnmatchedFailures();
      reportGone();
      await removedLines.close(isRead);
    },
  };
}

interface ResumeContext extends ResumeOptions {
  readonly removedLines: RemovedLines;
  readonly matcher: LineMatcher;
  readonly how: Omit<ListOptions, "again">;
}

function skipOptions({ folder, matcher, how }: ResumeContext): SkipDoneOptions {
  return {
    ...how,
    isWhole: (known) => isStillThere(folder, known),
    isThere: (file) => isSavedFile(folder, file),
    settle(job) {
      try {
        return matcher.settle(job);
      } catch (error) {
        throw asFolderError(error, folder);
      }
    },
  };
}

/** For a list that can be read twice: moves files of moved lines, and counts the rest, before the run. */
async function surveyList(source: Source, again: () => Source, run: ResumeContext): Promise<Source> {
  const { history, journal, removedLines, matcher, how, note } = run;
  let left = remainingLines(history, how);
  let isEdited = false;
  for await (const jobs of again()) {
    for (const job of jobs) {
      const state = history.state(job.n, job.url);
      left.add(job, state);
      if (job.refused?.error === "duplicate_number") continue;
      const isKnown = state !== undefined && state !== "other";
      const isInPlace = isKnown && (job.refused === undefined ? matcher.isSettled(job) : state === "failed");
      if (isInPlace) history.markMatched(job.n);
      // The URL of a failed line may be saved under another number.
      isEdited ||= !isInPlace || (state !== "saved" && job.refused === undefined);
    }
  }
  // If every line is in its place, there is nothing to search for.
  if (isEdited && history.unmatched + removedLines.recorded > 0) {
    const comparison = listComparison(history, removedLines);
    for await (const jobs of again()) for (const job of jobs) comparison.add(job);
    if (!how.isPart) refuseUnless(run, comparison.end(true));
    left = remainingLines(history, how);
    for await (const jobs of again()) {
      for (const job of jobs) left.add(matcher.settle(job), history.state(job.n, job.url));
    }
    await journal.sync();
  }
  note(summaryOf(left.counts, matcher.moved, how.update));
  const rest = left.rest();
  const { left: jobs, ...before } = left.counts;
  if (rest === undefined) return skipDone(source, history, { ...skipOptions(run), left: jobs });
  // They were kept in memory: the list need not be read again.
  return skipDone(sourceOf(rest), history, { ...skipOptions(run), left: jobs, before });
}

function summaryOf(
  { left, saved, failed, skipped }: ReturnType<typeof remainingLines>["counts"],
  moved: number,
  update: boolean,
) {
  return [
    update ? "updating" : `resuming: ${thousands(saved)} saved earlier`,
    ...(moved > 0 ? [`${thousands(moved)} moved within the list`] : []),
    ...(failed > 0 ? [`${thousands(failed)} failed for good (--retry-failed tries them again)`] : []),
    ...(skipped > 0 ? [`${thousands(skipped)} skipped (--retry-failed tries them again)`] : []),
    `${thousands(left)} ${update ? "to look at" : "to do"}`,
  ].join(", ");
}

/** Compares the first lines with the folder. */
function countsOf(jobs: readonly Job[], { history, removedLines }: ResumeContext): ListCounts {
  const comparison = listComparison(history, removedLines);
  for (const job of jobs) comparison.add(job);
  return comparison.end(false);
}

function refuseUnless({ folder, journalName, prune }: ResumeContext, counts: ListCounts): void {
  if (prune || !isOtherList(counts)) return;
  const what = counts.removed === 1 ? "the file of that line" : "the files of those lines";
  const why = `${folder}: holds the run of another list (${journalName}): ${describeCounts(counts)}`;
  const waysIn = (words: Wording) =>
    `${useAnotherFolder(words)}; or ${words.option("prune")} to remove ${what}, or ${words.option("force")} to start over`;
  throw new FolderError("usage", (words) => `${why}: ${waysIn(words)}`, { code: "ERR_BULKGET_OTHER_LIST" });
}

function removedNote(folder: string, files: number): string {
  const [are, them] = files === 1 ? ["is", "it"] : ["are", "them"];
  return `${countOfRemoved(files)} ${are} kept in ${join(folder, REMOVED)}; --prune removes ${them}`;
}

function countOfRemoved(files: number): string {
  return `${thousands(files)} ${files === 1 ? "file of a line that is" : "files of lines that are"} no longer in the list`;
}

/** Removes files and records of unmatched lines. Returns the number of files. Throws file-system errors. */
function pruneUnmatched(folder: string, history: History, removedLines: RemovedLines): number {
  let removed = removedLines.prune();
  history.eachUnmatched((n) => {
    const record = history.record(n);
    if (record?.file !== undefined && removeSavedFile(folder, record.file)) removed++;
    if (record !== undefined) removeSavedHeaders(folder, record);
    history.remove(n);
  });
  return removed;
}

function sourceOf(jobs: readonly Job[]): Source {
  return {
    async *[Symbol.asyncIterator]() {
      if (jobs.length > 0) yield jobs;
    },
    total: () => ({ jobs: jobs.length, exact: true }),
  };
}
