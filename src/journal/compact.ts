// Rewrites the journal after a resumed run: keeps the last record per line number, and reports the remaining failures.

import { closeSync, renameSync } from "node:fs";
import type { Failed } from "../core/job.ts";
import type { History } from "./history.ts";
import { openJournal } from "./reading/open-journal.ts";
import { DUPLICATE_NUMBER, parseRecord, recordIn } from "./reading/parse-record.ts";
import { eachLine } from "./reading/read-lines.ts";
import { createLineFile, type LineFile } from "./writing/line-file.ts";

export interface Compaction {
  /** Number of failure records that remain. */
  readonly failed: number;
  /** Whether a new journal was written. */
  readonly rewritten: boolean;
  /** Renames the new journal into place. Before that, and if it throws, the old journal is unchanged. */
  commit(): void;
}

/**
 * Writes a new journal at `part` if the old one has obsolete lines, and calls `onFailed` with each remaining failure, in the
 * journal's order. Call it when the journal is closed: records passed to `history.add` must be in the file. Uses constant
 * memory. Throws file-system errors, or an Error if records are missing; the journal is unchanged then.
 */
export function compactJournal(
  journalPath: string,
  part: string,
  history: History,
  onFailed: (outcome: Failed) => void = () => {},
): Compaction {
  const rewritten = history.stale > 0;
  if (!rewritten && history.failures === 0) return { failed: 0, rewritten, commit() {} };
  const fd = openJournal(journalPath);
  let copy: LineFile | undefined;
  try {
    if (rewritten) copy = createLineFile(part);
    const { kept, failed } = copyCurrent(fd, history, copy, onFailed);
    if (kept < history.recorded) {
      throw new Error(`${journalPath}: holds ${kept} records of ${history.recorded}: left as it is; run again`);
    }
    copy?.finish();
    const commit = () => {
      if (rewritten) renameSync(part, journalPath);
    };
    return { failed, rewritten, commit };
  } catch (error) {
    copy?.discard();
    throw error;
  } finally {
    closeSync(fd);
  }
}

function copyCurrent(fd: number, history: History, copy: LineFile | undefined, onFailed: (outcome: Failed) => void) {
  let kept = 0;
  let failed = 0;
  const onRecord = (bytes: Buffer, start: number, end: number, offset: number) => {
    const entry = parseRecord(bytes, start, end);
    if (entry === undefined) return;
    const isDuplicateNumber = entry.outcome === DUPLICATE_NUMBER;
    if (isDuplicateNumber ? offset < history.bytes : !history.isLast(entry.n, offset, end - start)) return;
    if (!isDuplicateNumber) kept++;
    copy?.write(bytes.subarray(start, end));
    if (!isDuplicateNumber && entry.outcome !== "failed") return;
    const outcome = recordIn(bytes, start, end);
    if (outcome?.outcome !== "failed") return;
    failed++;
    onFailed(outcome);
  };
  const tail = eachLine(fd, onRecord);
  onRecord(tail.bytes, 0, tail.bytes.length, tail.offset);
  return { kept, failed };
}
