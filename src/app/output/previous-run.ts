// The earlier run in a folder: reads its journal, repairs a damaged one, and reduces both files at the end of this run.

import { lstatSync } from "node:fs";
import { FolderError } from "../../core/errors.ts";
import type { Failed } from "../../core/job.ts";
import { escapedJson } from "../../core/text/escape.ts";
import type { OwnPaths } from "../../fs/own-paths.ts";
import { compactJournal } from "../../journal/compact.ts";
import { type History, readHistory } from "../../journal/history.ts";
import { isDamaged, repair, repairNotes } from "../../journal/repair.ts";
import type { RemoteBodies } from "../../journal/verifying/remote-bodies.ts";
import type { JournalWriter } from "../../journal/writing/writer.ts";
import { failedFile, type Version, versionOf } from "../../report/failed-list.ts";
import { mayStartThread } from "../process-limits.ts";
import { type KeptFailedLines, keptFailedLines } from "./kept-failed-lines.ts";

type Note = (text: string) => void;

/** Reads the journal of the earlier run. Throws a JournalError or the errno error. */
export function readBack(paths: OwnPaths, note: Note, remote?: RemoteBodies): History {
  const { folder, state, journal } = paths;
  const options = { state, mayStartThread: mayStartThread(), remote };
  const found = readHistory(folder, journal, options);
  if (!found.isDamaged) return found;
  found.close();
  mended(paths, note, false);
  return readHistory(folder, journal, options);
}

/** Moves foreign lines out of a journal that is about to be removed. Throws the errno error. */
export function setAside(paths: OwnPaths, note: Note): void {
  if (isDamaged(paths.journal)) mended(paths, note, true);
}

function mended({ journal, journalPart, foreignLines: foreign }: OwnPaths, note: Note, anyVersion: boolean): void {
  const asJson = (record: object) => escapedJson(JSON.stringify(record));
  const done = repair(journal, { part: journalPart, foreign, asJson, anyVersion });
  for (const text of repairNotes(done, foreign)) note(text);
}

/** The list of failures that existed when the run began. */
export interface Listing {
  /** The file is the user's own list: it stays unchanged, and no list of failures is written. */
  readonly isOwnList: boolean;
  /** Its version when the run began. */
  readonly before: Version;
  /** The user's own lines in it; absent without a file. */
  readonly own?: KeptFailedLines;
}

/** Reads the list of failures of a resumed run. `isList`: it is the input list itself. */
export function listing({ failedList: path, journal }: OwnPaths, history: History, isList: boolean): Listing {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return { isOwnList: false, before: undefined };
  const about = { isList, writtenMs: stats.mtimeMs };
  const own = keptFailedLines(path, journal, history, about);
  return { isOwnList: own.isOwnList, before: versionOf(path), own };
}

/** Reduces the journal to one record per line, and lists the failures of all runs. Throws a FolderError or the errno error. */
export function settle(paths: OwnPaths, history: History, { isOwnList, before, own }: Listing): void {
  let problem: string | undefined;
  try {
    const list = isOwnList ? undefined : failedFile(paths.failedList, paths.failedListPart, before);
    const isThere = own !== undefined && versionOf(paths.failedList) === before;
    const kept = list !== undefined && isThere ? own.keep(list) : new Set<number>();
    const onFailed = (outcome: Failed) => {
      // The user has changed the line with this number.
      if (!kept.has(outcome.n) || outcome.error === "duplicate_number") list?.add(outcome);
    };
    const { commit } = compactJournal(paths.journal, paths.journalPart, history, onFailed);
    // The list first: after a kill in between, the journal still has every failure of the list.
    problem = list?.end();
    commit();
  } finally {
    history.close();
  }
  if (problem !== undefined) throw new FolderError("disk", problem);
}

/**
 * Settles a folder whose journal was replaced, removed or truncated during the run, by its current content. Throws a FolderError
 * with the reason. `isResumed`: the list of failures is not written yet.
 */
export function settleAfresh(
  paths: OwnPaths,
  isResumed: boolean,
  failures: Listing,
  { problem, recordsPath }: Pick<JournalWriter, "problem" | "recordsPath">,
  remote?: RemoteBodies,
): void {
  if (recordsPath === paths.journal) {
    const history = readBack(paths, () => {}, remote);
    settle(paths, history, isResumed ? failures : { isOwnList: true, before: undefined });
  }
  throw new FolderError("disk", problem ?? "");
}
