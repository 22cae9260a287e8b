// Opens the journal of a run, syncs it to disk every few seconds, and checks that it is still in its place.

import { FolderError, JournalError } from "../core/errors.ts";
import type { Outcome } from "../core/job.ts";
import type { Reporter } from "../core/ports.ts";
import { syncFolder } from "../fs/sync.ts";
import type { History } from "../journal/history.ts";
import { journalKind } from "../journal/repair.ts";
import { type JournalWriter, journalWriter } from "../journal/writer.ts";

/** Called with every record and the byte offset in the journal at which it begins. */
export type OnRecord = (outcome: Outcome, offset: number) => void;

/** Interval of syncs of journal and folder, in milliseconds. */
const SYNC_INTERVAL_MS = 5000;

/** Opens a new journal or, with a history, the earlier one to append to. Throws a FolderError. */
export function openJournal(
  folder: string,
  path: string,
  history: History | undefined,
  onRecord: OnRecord | undefined,
): JournalWriter {
  try {
    return journalWriter(path, { isJournal, onRecord, fromBytes: history?.bytes });
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

/**
 * A reporter that writes the journal. Every few seconds and at the end it syncs journal and folder, if `isSynced`, which bounds
 * the loss by a power failure; and it checks that the path still names the file that is written.
 */
export function watchedJournal(
  records: JournalWriter,
  folder: string,
  isSynced: boolean,
  note: (text: string) => void,
): Reporter {
  let timer: NodeJS.Timeout | undefined;
  const syncAndCheck = async () => {
    if (isSynced) {
      await records.sync();
      await syncFolder(folder);
    }
    const problem = records.check();
    if (problem !== undefined) note(problem);
  };
  return {
    start() {
      // An error here recurs at the end, where it is reported.
      timer = setInterval(() => void syncAndCheck().catch(() => {}), SYNC_INTERVAL_MS);
      timer.unref();
    },
    outcome: (outcome) => records.outcome(outcome),
    async end() {
      clearInterval(timer);
      try {
        await syncAndCheck();
      } finally {
        await records.end();
      }
    },
  };
}
