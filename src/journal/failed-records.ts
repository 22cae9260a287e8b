// Every record of a failure that a journal holds, those that no longer count as well.

import { closeSync } from "node:fs";
import type { Failed } from "../core/job.ts";
import { openJournal } from "./open-journal.ts";
import { recordIn } from "./parse-record.ts";
import { pieces } from "./recover-records.ts";

/** Calls back with them, in the order of the file, whatever its layout. Throws what the file system says. */
export function eachFailure(journalPath: string, take: (outcome: Failed) => void): void {
  const fd = openJournal(journalPath);
  try {
    for (const { kind, bytes } of pieces(fd)) {
      const outcome = kind === "record" || kind === "other" ? recordIn(bytes, 0, bytes.length) : undefined;
      if (outcome?.outcome === "failed") take(outcome);
    }
  } finally {
    closeSync(fd);
  }
}
