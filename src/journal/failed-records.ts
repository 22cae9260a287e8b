// Reads all failure records of a journal, including those that a later record supersedes.

import { closeSync } from "node:fs";
import type { Failed } from "../core/job.ts";
import { openJournal } from "./reading/open-journal.ts";
import { recordIn } from "./reading/parse-record.ts";
import { recoverPieces } from "./reading/recover-records.ts";

/** Calls `onFailure` with each, in the order of the file, in any layout. Throws file-system errors. */
export function eachFailure(journalPath: string, onFailure: (outcome: Failed) => void): void {
  const fd = openJournal(journalPath);
  try {
    for (const { kind, bytes } of recoverPieces(fd)) {
      const outcome = kind === "record" || kind === "other" ? recordIn(bytes, 0, bytes.length) : undefined;
      if (outcome?.outcome === "failed") onFailure(outcome);
    }
  } finally {
    closeSync(fd);
  }
}
