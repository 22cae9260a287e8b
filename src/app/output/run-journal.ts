// Opens the journal of a run, a new one or the earlier one, and reports errors in terms of the output folder.

import { FolderError, JournalError } from "../../core/errors.ts";
import type { Outcome } from "../../core/job.ts";
import type { History } from "../../journal/history.ts";
import { journalKind } from "../../journal/repair.ts";
import { type JournalWriter, journalWriter } from "../../journal/writing/writer.ts";

/** Called with every record and the byte offset in the journal at which it begins. */
export type OnRecord = (outcome: Outcome, offset: number) => void;

export interface RunJournalOptions {
  readonly onRecord: OnRecord | undefined;
  /** Sync journal and folder every few seconds and at the end. */
  readonly isSynced: boolean;
  readonly note: (text: string) => void;
}

/** Opens a new journal or, with a history, the earlier one to append to. Throws a FolderError. */
export function openRunJournal(
  folder: string,
  path: string,
  history: History | undefined,
  { onRecord, isSynced, note }: RunJournalOptions,
): JournalWriter {
  try {
    const syncedFolder = isSynced ? folder : undefined;
    return journalWriter(path, { isJournal, onRecord, fromBytes: history?.bytes, syncedFolder, onProblem: note });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw new FolderError("usage", `${folder}: another run has just begun there`);
    throw new FolderError("disk", `${folder}: cannot be written: ${message}`, { cause: error });
  }
}

/** Whether this run's records may be appended to a file. */
function isJournal(path: string): boolean {
  try {
    return journalKind(path) !== "none";
  } catch (error) {
    if (error instanceof JournalError) return false;
    throw error;
  }
}
