// The journal after a resumed run: one record a number, its last; and every failure that stays, for the list of them.

import { closeSync, renameSync } from "node:fs";
import type { Failed } from "../core/job.ts";
import { type Copy, copyTo } from "./copy-lines.ts";
import type { History } from "./history.ts";
import { openJournal } from "./open-journal.ts";
import { OTHERS, parseRecord, recordIn } from "./parse-record.ts";
import { eachLine } from "./read-lines.ts";

export interface Compacted {
  /** Failures that stay. */
  readonly failed: number;
  /** Whether the journal is written anew. */
  readonly rewritten: boolean;
  /** Puts the new one in its place: until then, and if this throws, it is as it was. */
  commit(): void;
}

/**
 * Writes the journal anew if any of it no longer counts, and calls back with every failure that stays, in its order. To be
 * called when the journal is closed: what it was told by `add` must be on the disk. Memory is flat. It is written at `part`.
 * Throws what the file system says, or an Error where records are missing: then the journal is as it was.
 */
export function compactJournal(
  journalPath: string,
  part: string,
  history: History,
  onFailed: (outcome: Failed) => void = () => {},
): Compacted {
  const rewritten = history.stale > 0;
  if (!rewritten && history.failures === 0) return { failed: 0, rewritten, commit() {} };
  const fd = openJournal(journalPath);
  let copy: Copy | undefined;
  try {
    if (rewritten) copy = copyTo(part);
    const { kept, failed } = keep(fd, history, copy, onFailed);
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

function keep(fd: number, history: History, copy: Copy | undefined, onFailed: (outcome: Failed) => void) {
  let kept = 0;
  let failed = 0;
  const take = (bytes: Buffer, start: number, end: number, offset: number) => {
    const entry = parseRecord(bytes, start, end);
    if (entry === undefined) return;
    const isOthers = entry.outcome === OTHERS;
    if (isOthers ? offset < history.bytes : !history.isLast(entry.n, offset, end - start)) return;
    if (!isOthers) kept++;
    copy?.line(bytes.subarray(start, end));
    if (!isOthers && entry.outcome !== "failed") return;
    const outcome = recordIn(bytes, start, end);
    if (outcome?.outcome !== "failed") return;
    failed++;
    onFailed(outcome);
  };
  const tail = eachLine(fd, take);
  take(tail.bytes, 0, tail.bytes.length, tail.offset);
  return { kept, failed };
}
