// The journal of a run in its folder: opened, and every few seconds brought to the disk and looked after.

import { FolderError, JournalError } from "../core/errors.ts";
import type { Outcome } from "../core/job.ts";
import type { Reporter } from "../core/ports.ts";
import type { History } from "../journal/history.ts";
import { journalAt } from "../journal/repair.ts";
import { type JournalWriter, journalWriter } from "../journal/writer.ts";
import { syncAsync } from "../sink/writing.ts";

/** Told of every record, with the byte of the journal at which it begins. */
export type Following = (outcome: Outcome, offset: number) => void;

/** Journal and folder are brought to the disk so often, in milliseconds, and at the end. */
const SYNC_MS = 5000;

/** Opens the journal, a new one or, with a history, one that is gone on with. Throws a FolderError. */
export function openJournal(
  folder: string,
  path: string,
  history: History | undefined,
  onRecord: Following | undefined,
): JournalWriter {
  try {
    const following = { isJournal, ...(onRecord === undefined ? {} : { onRecord }) };
    return journalWriter(path, history === undefined ? following : { ...following, fromBytes: history.bytes });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw new FolderError("usage", `${folder}: another run has just begun there`);
    throw new FolderError("disk", `${folder}: cannot be written: ${message}`, { cause: error });
  }
}

/** Whether a file is a journal that this run's records may be added to. */
function isJournal(path: string): boolean {
  try {
    return journalAt(path) !== "none";
  } catch (error) {
    if (error instanceof JournalError) return false;
    throw error;
  }
}

/**
 * What a power loss may cost is bounded, where `isSynced`: every few seconds, and at the end, the journal and the names are on
 * the disk. As often it is looked whether the journal is still the one that is written.
 */
export function looked(
  records: JournalWriter,
  folder: string,
  isSynced: boolean,
  note: (text: string) => void,
): Reporter {
  let timer: NodeJS.Timeout | undefined;
  const look = async () => {
    if (isSynced) {
      await records.sync();
      await syncAsync(folder);
    }
    const problem = records.check();
    if (problem !== undefined) note(problem);
  };
  return {
    start() {
      // What fails here fails at the end as well, where it is said.
      timer = setInterval(() => void look().catch(() => {}), SYNC_MS);
      timer.unref();
    },
    outcome: (outcome) => records.outcome(outcome),
    async end() {
      clearInterval(timer);
      try {
        await look();
      } finally {
        await records.end();
      }
    },
  };
}
