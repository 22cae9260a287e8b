// Every record of a failure that a journal holds, those that no longer count as well.

import { closeSync } from "node:fs";
import type { Failed } from "../core/job.ts";
import { entryOf, recordIn } from "./entry.ts";
import { openJournal } from "./open.ts";
import { eachLine } from "./scan.ts";

/** Calls back with them, in the order of the file. Throws what the file system says. */
export function eachFailure(journalPath: string, take: (outcome: Failed) => void): void {
  const fd = openJournal(journalPath);
  const onLine = (line: Buffer, start: number, end: number) => {
    if (entryOf(line, start, end)?.outcome !== "failed") return;
    const outcome = recordIn(line, start, end);
    if (outcome?.outcome === "failed") take(outcome);
  };
  try {
    const { bytes } = eachLine(fd, onLine);
    onLine(bytes, 0, bytes.length);
  } finally {
    closeSync(fd);
  }
}
