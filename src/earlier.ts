// The run that a folder holds: its journal read back, mended where that was edited or damaged, and settled at the end.

import { join } from "node:path";
import { compactJournal } from "./history/compact.ts";
import { type History, readHistory } from "./history/history.ts";
import { isDamaged, mend, toldOf } from "./history/mend.ts";
import { mayStartThread } from "./limits.ts";
import { escapedJson } from "./report/escape.ts";
import { failedFile } from "./report/failed.ts";
import { FOREIGN, JOURNAL } from "./sink/folder.ts";

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
  const done = mend(join(folder, JOURNAL), { part: join(state, JOURNAL), foreign, asJson, anyVersion });
  for (const told of toldOf(done, foreign)) note(told);
}

/** One record a line, and the failures of all runs listed. */
export function settle(journalPath: string, failedPath: string, history: History): void {
  try {
    const list = failedFile(failedPath);
    compactJournal(journalPath, history, (outcome) => list.add(outcome));
    list.end(true);
  } finally {
    history.close();
  }
}
