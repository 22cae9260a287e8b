// Finds the last records of a few numbers in a journal, in one pass and without an index.

import { closeSync } from "node:fs";
import type { Outcome } from "../core/job.ts";
import { openJournal } from "./reading/open-journal.ts";
import { DUPLICATE_NUMBER, MOVED, parseRecord, recordIn } from "./reading/parse-record.ts";
import { eachLine } from "./reading/read-lines.ts";

/** Returns the records by their numbers. Throws a JournalError, and file-system errors. */
export function findRecords(journalPath: string, numbers: ReadonlySet<number>): ReadonlyMap<number, Outcome> {
  const found = new Map<number, Outcome>();
  const onLine = (line: Buffer, start: number, end: number) => {
    const entry = parseRecord(line, start, end);
    if (entry === undefined || !numbers.has(entry.n) || entry.outcome === DUPLICATE_NUMBER) return;
    const record = entry.outcome === MOVED ? undefined : recordIn(line, start, end);
    if (record === undefined) found.delete(entry.n);
    else found.set(entry.n, record);
  };
  const fd = openJournal(journalPath);
  try {
    const { bytes } = eachLine(fd, onLine);
    onLine(bytes, 0, bytes.length);
  } finally {
    closeSync(fd);
  }
  return found;
}
