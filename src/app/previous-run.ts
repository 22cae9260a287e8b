// The run that a folder holds: its journal read back, mended where that was edited or damaged, and settled at the end.

import { lstatSync } from "node:fs";
import { join } from "node:path";
import { FolderError } from "../core/errors.ts";
import { escapedJson } from "../core/escape.ts";
import type { Failed } from "../core/job.ts";
import { compactJournal } from "../journal/compact.ts";
import { type History, readHistory } from "../journal/history.ts";
import { isDamaged, repair, toldOf } from "../journal/repair.ts";
import type { JournalWriter } from "../journal/writer.ts";
import { failedFile, type Version, versionOf } from "../report/failed-list.ts";
import { FAILED, FOREIGN, JOURNAL } from "../sink/folder/output-folder.ts";
import { type KeptFailedLines, keptFailedLines } from "./kept-failed-lines.ts";
import { mayStartThread } from "./process-limits.ts";

type Note = (text: string) => void;

/** The journal of an earlier run, for one that goes on. Throws a JournalError, and what the file system says. */
export function readBack(folder: string, state: string, note: Note): History {
  const path = join(folder, JOURNAL);
  const found = readHistory(folder, path, mayStartThread());
  if (!found.isDamaged) return found;
  found.close();
  mended(folder, state, note, false);
  return readHistory(folder, path, mayStartThread());
}

/** What is in a journal that is about to be removed, and is not a run's, is kept. Throws what the file system says. */
export function setAside(folder: string, state: string, note: Note): void {
  if (isDamaged(join(folder, JOURNAL))) mended(folder, state, note, true);
}

function mended(folder: string, state: string, note: Note, anyVersion: boolean): void {
  const foreign = join(folder, FOREIGN);
  const asJson = (record: object) => escapedJson(JSON.stringify(record));
  const done = repair(join(folder, JOURNAL), { part: join(state, JOURNAL), foreign, asJson, anyVersion });
  for (const told of toldOf(done, foreign)) note(told);
}

/** How the list of failures is gone on with. */
export interface Listing {
  /** What is there is a list of somebody's own: it stays as it is, and none is written. */
  readonly isOwnList: boolean;
  /** How it was when the run began. */
  readonly before: Version;
  /** What is somebody's own in it; absent where there is none. */
  readonly own?: KeptFailedLines;
}

/** The list of failures that is there when a run goes on; `isList`: it is the list itself. */
export function listing(folder: string, history: History, isList: boolean): Listing {
  const path = join(folder, FAILED);
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return { isOwnList: false, before: undefined };
  const about = { isList, writtenMs: stats.mtimeMs };
  const own = keptFailedLines(path, join(folder, JOURNAL), history, about);
  return { isOwnList: own.isOwnList, before: versionOf(path), own };
}

/** One record a line, and the failures of all runs listed. Throws what the disk says, or a FolderError. */
export function settle(folder: string, state: string, history: History, { isOwnList, before, own }: Listing): void {
  const [journalPath, failedPath] = [join(folder, JOURNAL), join(folder, FAILED)];
  let problem: string | undefined;
  try {
    const list = isOwnList ? undefined : failedFile(failedPath, join(state, FAILED), before);
    const isThere = own !== undefined && versionOf(failedPath) === before;
    const kept = list !== undefined && isThere ? own.keep(list) : new Set<number>();
    const onFailed = (outcome: Failed) => {
      // Its number is in a line that somebody has changed.
      if (!kept.has(outcome.n) || outcome.error === "duplicate_number") list?.add(outcome);
    };
    const { commit } = compactJournal(journalPath, join(state, JOURNAL), history, onFailed);
    // First: a run that is killed in between must find in the journal what is in the list.
    problem = list?.end();
    commit();
  } finally {
    history.close();
  }
  if (problem !== undefined) throw new FolderError("disk", problem);
}

/**
 * The same where the journal was replaced, removed or cut while the run was on: by what is in the folder now. Throws a
 * FolderError that says what has happened; `isResumed`: the list of failures is yet to be written.
 */
export function settleAfresh(
  folder: string,
  state: string,
  isResumed: boolean,
  failures: Listing,
  { problem, kept }: Pick<JournalWriter, "problem" | "kept">,
): void {
  if (kept === join(folder, JOURNAL)) {
    const history = readBack(folder, state, () => {});
    settle(folder, state, history, isResumed ? failures : { isOwnList: true, before: undefined });
  }
  throw new FolderError("disk", problem ?? "");
}
