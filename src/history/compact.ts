// The journal after a resumed run: one record a number, its last; and every failure that stays, for the list of them.

import { closeSync, constants, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import type { Failed } from "../core/job.ts";
import { entryOf, OTHERS, recordIn } from "./entry.ts";
import type { History } from "./history.ts";
import { openJournal } from "./open.ts";
import { eachLine } from "./scan.ts";

const BATCH_BYTES = 1_048_576;

/** New, and never through a link that was planted there. */
const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

export interface Compacted {
  /** Failures that stay. */
  readonly failed: number;
  /** Whether the journal was written anew. */
  readonly rewritten: boolean;
}

/**
 * Writes the journal anew if any of it no longer counts, and calls back with every failure that stays, in its order. To be
 * called when the journal is closed: what it was told by `add` must be on the disk. Memory is flat. Throws what the file
 * system says, or an Error where records are missing: then the journal is as it was.
 */
export function compactJournal(
  journalPath: string,
  history: History,
  onFailed: (outcome: Failed) => void = () => {},
): Compacted {
  const rewritten = history.stale > 0;
  if (!rewritten && history.failures === 0) return { failed: 0, rewritten };
  const part = `${journalPath}.part`;
  const fd = openJournal(journalPath);
  let copy: Copy | undefined;
  try {
    if (rewritten) copy = copyTo(part);
    const { kept, failed } = keep(fd, history, copy, onFailed);
    if (kept < history.recorded) {
      throw new Error(`${journalPath}: holds ${kept} records of ${history.recorded}: left as it is; run again`);
    }
    copy?.finish();
    if (rewritten) renameSync(part, journalPath);
    return { failed, rewritten };
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
    const entry = entryOf(bytes, start, end);
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

interface Copy {
  line(bytes: Buffer): void;
  /** Writes what is left, and has it on the disk. */
  finish(): void;
  /** Removes it. */
  discard(): void;
}

function copyTo(part: string): Copy {
  rmSync(part, { force: true }); // of a run that was killed here
  const fd = openSync(part, FLAGS, 0o666);
  const batch = Buffer.allocUnsafe(BATCH_BYTES);
  let filled = 0;
  let isOpen = true;

  const write = (bytes: Uint8Array) => {
    // A full disk may take a part without an error: only the next write says so.
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
  };
  const flush = () => {
    write(batch.subarray(0, filled));
    filled = 0;
  };
  const close = () => {
    if (isOpen) closeSync(fd);
    isOpen = false;
  };

  return {
    line(bytes) {
      if (filled + bytes.length + 1 > BATCH_BYTES) flush();
      if (bytes.length + 1 > BATCH_BYTES) write(bytes);
      else filled += bytes.copy(batch, filled);
      batch[filled++] = 0x0a;
    },
    finish() {
      flush();
      fsyncSync(fd);
      close();
    },
    discard() {
      try {
        close();
        rmSync(part, { force: true });
      } catch {
        // The first error is the one that counts; the next run removes what is left.
      }
    },
  };
}
