// Going on with an earlier run: what moved within the list is renamed, what is done is left out, and it is said.

import { join } from "node:path";
import { FolderError, useAnotherFolder, type Wording } from "../core/errors.ts";
import type { Job } from "../core/job.ts";
import type { Source } from "../core/ports.ts";
import type { History } from "../journal/history.ts";
import { thousands } from "../report/format.ts";
import { GONE, JOURNAL, ofTheDisk } from "../sink/folder/output-folder.ts";
import { removedFile } from "../sink/folder/start-over.ts";
import { type SkipDoneOptions, skipDone } from "../source/skip-done.ts";
import { type Counts, comparison, inWords, isAnothers, leftover } from "./compare-list.ts";
import { type LineMatcher, type LineMatcherOptions, lineMatcher } from "./match-lines.ts";
import { type RemovedLines, removedLines } from "./removed-lines.ts";
import { isOurs, isWholeFile } from "./verify-files.ts";

export interface GoingOnOptions extends Omit<LineMatcherOptions, "gone"> {
  readonly state: string;
  /** What is saved of lines that are not in the list is to be removed: so any list will do. */
  readonly prune: boolean;
  readonly note: (text: string) => void;
  /** Aborted when the run is to end: a list that is read meanwhile ends early. */
  readonly stop?: AbortSignal | undefined;
}

export interface GoingOnHow {
  readonly update: boolean;
  readonly retryFailed: boolean;
  /** The list is a part of the folder's, such as its failures: that other lines are not in it says nothing. */
  readonly isPart: boolean;
  /** The list once more, where it can be read twice: then moved lines are found before the run, and what is left is counted. */
  readonly again: (() => Source) | undefined;
}

export interface GoingOn {
  /** The source without what is done. Throws a FolderError where the folder holds another list's run, and what the file system says. */
  goOn(source: Source, how: GoingOnHow): Promise<Source>;
  /** Puts a file aside whose name a line needs, if it is that of a line that is no longer in the list; false if not. */
  yields(file: string): boolean;
  /** To be called when the journal is closed, and before it is compacted. Throws what the file system says. */
  close(): Promise<void>;
}

/** Throws a JournalError where files of lines that are gone cannot be known. */
export function goingOn(options: GoingOnOptions): GoingOn {
  const { folder, state, history, prune, note, stop } = options;
  const gone = removedLines(folder, state);
  const arranged = lineMatcher({ ...options, gone });
  let isToPrune = false;
  let isRead = false;
  let said = gone.files;

  const pruneNow = () => {
    const removed = pruned(folder, history, gone);
    if (removed > 0) note(`pruned ${saidOf(removed)}`);
  };
  const sayGone = () => {
    if (gone.files > said) note(saidOfGone(folder, gone.files));
    said = gone.files;
  };

  return {
    yields: arranged.yields,
    async goOn(source, { again, ...how }) {
      for (const one of history.notes) note(one);
      const going: Going = { ...options, gone, arranged, how };
      if (again !== undefined) {
        const rest = await surveyed(source, again, going);
        isRead = !how.isPart;
        if (prune) pruneNow();
        sayGone();
        return rest;
      }
      note(`resuming: ${thousands(history.saved)} saved earlier`);
      const onFirst = (jobs: readonly Job[]) => {
        if (!how.isPart) refuseUnless(going, countsOf(jobs, going));
      };
      const onEnd = () => {
        if (stop?.aborted === true) return; // of the rest nothing is known
        isToPrune = prune;
        isRead = !how.isPart;
      };
      return skipDone(source, history, { ...finding(going), onFirst, onEnd });
    },
    async close() {
      if (isToPrune) pruneNow();
      if (isRead) arranged.drop();
      sayGone();
      await gone.close(isRead);
    },
  };
}

interface Going extends GoingOnOptions {
  readonly gone: RemovedLines;
  readonly arranged: LineMatcher;
  readonly how: Omit<GoingOnHow, "again">;
}

function finding({ folder, arranged, how }: Going): SkipDoneOptions {
  return {
    ...how,
    isWhole: ({ file, bytes }) => isWholeFile(folder, file, bytes),
    isThere: (file) => isOurs(folder, file),
    settle(job) {
      try {
        return arranged.settle(job);
      } catch (error) {
        throw ofTheDisk(error, folder);
      }
    },
  };
}

/** A list that can be read twice is looked at before the run: what moved is moved, and what is left is counted. */
async function surveyed(source: Source, again: () => Source, going: Going): Promise<Source> {
  const { history, journal, gone, arranged, how, note } = going;
  let left = leftover(history, how);
  let isEdited = false;
  for await (const jobs of again()) {
    for (const job of jobs) {
      const state = history.state(job.n, job.url);
      left.add(job, state);
      if (job.refused?.error === "duplicate_number") continue;
      const isKnown = state !== undefined && state !== "other";
      const isInPlace = isKnown && (job.refused === undefined ? arranged.isSettled(job) : state === "failed");
      if (isInPlace) history.meet(job.n);
      // What failed may be saved elsewhere, by now.
      isEdited ||= !isInPlace || (state !== "saved" && job.refused === undefined);
    }
  }
  // As long as every line is where it was, nothing needs to be looked for.
  if (isEdited && history.unmetInAll + gone.recorded > 0) {
    const counted = comparison(history, gone);
    for await (const jobs of again()) for (const job of jobs) counted.add(job);
    if (!how.isPart) refuseUnless(going, counted.end(true));
    left = leftover(history, how);
    for await (const jobs of again()) {
      for (const job of jobs) left.add(arranged.settle(job), history.state(job.n, job.url));
    }
    await journal.sync();
  }
  note(inSummary(left.counts, arranged.moved, how.update));
  const rest = left.rest();
  const { left: jobs, ...before } = left.counts;
  if (rest === undefined) return skipDone(source, history, { ...finding(going), left: jobs });
  // So few that the list need not be read once more.
  return skipDone(sourceOf(rest), history, { ...finding(going), left: jobs, before });
}

function inSummary(
  { left, saved, failed, skipped }: ReturnType<typeof leftover>["counts"],
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

/** What the first lines are to the folder. */
function countsOf(jobs: readonly Job[], { history, gone }: Going): Counts {
  const counted = comparison(history, gone);
  for (const job of jobs) counted.add(job);
  return counted.end(false);
}

function refuseUnless({ folder, prune }: Going, counts: Counts): void {
  if (prune || !isAnothers(counts)) return;
  const what = counts.gone === 1 ? "the file of that line" : "the files of those lines";
  const why = `${folder}: holds the run of another list (${JOURNAL}): ${inWords(counts)}`;
  const waysIn = (words: Wording) =>
    `${useAnotherFolder(words)}; or ${words.option("prune")} to remove ${what}, or ${words.option("force")} to start over`;
  throw new FolderError("usage", (words) => `${why}: ${waysIn(words)}`, { code: "ERR_BULKGET_OTHER_LIST" });
}

function saidOfGone(folder: string, files: number): string {
  const [are, them] = files === 1 ? ["is", "it"] : ["are", "them"];
  return `${saidOf(files)} ${are} kept in ${join(folder, GONE)}; --prune removes ${them}`;
}

function saidOf(files: number): string {
  return `${thousands(files)} ${files === 1 ? "file of a line that is" : "files of lines that are"} no longer in the list`;
}

/** Removes what is saved of lines that the list was not seen to have; returns how many files that were. Throws what the file system says. */
function pruned(folder: string, history: History, gone: RemovedLines): number {
  let removed = gone.prune();
  history.eachUnmet((n) => {
    const file = history.record(n)?.file;
    if (file !== undefined && removedFile(folder, file)) removed++;
    history.forget(n);
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
