// Repairs an edited or damaged journal: rewrites it with one record per line, and moves all other lines to another file.

import { closeSync, lstatSync, renameSync } from "node:fs";
import { JournalError, useAnotherFolder } from "../core/errors.ts";
import { countOf } from "./history.ts";
import { openJournal, refuseNewer } from "./reading/open-journal.ts";
import { DUPLICATE_NUMBER, parseRecord } from "./reading/parse-record.ts";
import { eachLine } from "./reading/read-lines.ts";
import { recoverPieces } from "./reading/recover-records.ts";
import { isWholeEnd } from "./reading/whole-end.ts";
import { appendLineFile, createLineFile, type LineFile } from "./writing/line-file.ts";

/** `none`: no file; `empty`: no record yet; `ours`: records, or the start of one. */
export type JournalKind = "none" | "empty" | "ours";

/**
 * Returns whether a run wrote the journal at `path`; one with only whitespace or NUL bytes is `empty`: its run was killed at
 * the start. Reads up to the first record. Throws a JournalError for another file, and file-system errors.
 */
export function journalKind(path: string): JournalKind {
  if (!isThere(path)) return "none";
  const fd = openJournal(path);
  let found: JournalKind = "empty";
  try {
    for (const { kind } of recoverPieces(fd)) {
      if (kind === "record" || kind === "other") return "ours";
      if (kind === "foreign" || kind === "between") found = "none";
      else if (found === "empty") found = "ours";
    }
  } finally {
    closeSync(fd);
  }
  if (found !== "none") return found;
  const why = `${path}: is no journal of bulkget's, not one line of it is a record`;
  throw new JournalError((words) => `${why}: move it away, or ${useAnotherFolder(words)}`);
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return false; // the folder does not exist either
    throw error;
  }
}

/** Counts of what a repaired journal contained. */
export interface Repaired {
  readonly records: number;
  /** Records in another layout or encoding, such as one over several lines. */
  readonly others: number;
  /** Incomplete records, which are dropped. */
  readonly torn: number;
  /** Lines that are not records, now at the end of the file `foreign`. */
  readonly foreign: number;
}

export interface RepairOptions {
  /** Path of the new journal until it is renamed into place. */
  readonly part: string;
  /** Path of the file for lines that are not records. */
  readonly foreign: string;
  /** Serializes a record as JSON on one line. */
  readonly asJson: (record: object) => string;
  /** Accept records of a newer version, for a journal about to be removed. Default false: they are refused. */
  readonly anyVersion?: boolean;
}

/** Whether any line is not a record, other than a torn last one. */
export function isDamaged(journalPath: string): boolean {
  const fd = openJournal(journalPath);
  let isWhole = true;
  try {
    const tail = eachLine(fd, (line, start, end) => {
      isWhole &&= parseRecord(line, start, end) !== undefined;
    });
    return !isWhole || !isWholeEnd(tail);
  } finally {
    closeSync(fd);
  }
}

/** Describes a repair to the user, in one sentence per kind of line. */
export function repairNotes({ others, torn, foreign }: Repaired, foreignPath: string): readonly string[] {
  const notes: string[] = [];
  if (others > 0) notes.push(`${countOf(others, "record")} had another form or encoding: the journal is written anew`);
  if (torn > 0) notes.push(`${countOf(torn, "torn record")} left out`);
  if (foreign > 0) notes.push(`${countOf(foreign, "line")} of the journal are no records: now in ${foreignPath}`);
  return notes;
}

/** Replaces a journal atomically by its repaired copy. Throws file-system errors; the journal is unchanged then. */
export function repair(journalPath: string, { part, foreign, asJson, anyVersion = false }: RepairOptions): Repaired {
  const counts = { records: 0, others: 0, torn: 0, foreign: 0 };
  const fd = openJournal(journalPath);
  let copy: LineFile | undefined;
  let foreignLines: LineFile | undefined;
  try {
    copy = createLineFile(part);
    for (const { kind, bytes } of recoverPieces(fd)) {
      if (kind === "between") continue;
      if (kind === "torn") counts.torn++;
      else if (kind === "foreign") {
        counts.foreign++;
        foreignLines ??= appendLineFile(foreign);
        foreignLines.write(bytes);
      } else {
        counts.records++;
        const outcome = parseRecord(bytes, 0, bytes.length)?.outcome;
        if (!anyVersion && outcome !== undefined && outcome !== DUPLICATE_NUMBER) refuseNewer(outcome, journalPath);
        if (kind === "other") counts.others++;
        copy.write(kind === "other" ? Buffer.from(asJson(JSON.parse(bytes.toString("utf8")))) : bytes);
      }
    }
    foreignLines?.finish();
    copy.finish();
    renameSync(part, journalPath);
    return counts;
  } catch (error) {
    copy?.discard();
    foreignLines?.discard();
    throw error;
  } finally {
    closeSync(fd);
  }
}
