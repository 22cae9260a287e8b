// A journal that was edited or damaged becomes one that a run can go on with: one record a line, and nothing lost that is not ours.

import { closeSync, lstatSync, renameSync } from "node:fs";
import { JournalError, useAnotherFolder } from "../core/errors.ts";
import { appendTo, type Copy, copyTo } from "./copy-lines.ts";
import { counted, isWholeEnd } from "./history.ts";
import { openJournal, refuseNewer } from "./open-journal.ts";
import { OTHERS, parseRecord } from "./parse-record.ts";
import { eachLine } from "./read-lines.ts";
import { pieces } from "./recover-records.ts";

/** Whose a journal is, and whether anything is in it. */
export type Journal = "none" | "empty" | "ours";

/**
 * Looks whether there is a journal that a run has written; one that holds nothing but blanks or zeros is one that was killed
 * at its beginning. Reads to the first record only. Throws a JournalError for what is none, and what the file system says.
 */
export function journalAt(path: string): Journal {
  if (!isThere(path)) return "none";
  const fd = openJournal(path);
  let found: Journal = "empty";
  try {
    for (const { kind } of pieces(fd)) {
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
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return false; // there is not even the folder
    throw error;
  }
}

/** What was in a journal that was mended. */
export interface Repaired {
  readonly records: number;
  /** Records that had another form, such as one over several lines. */
  readonly others: number;
  /** Beginnings of records, which are dropped. */
  readonly torn: number;
  /** Lines that are nothing of ours: they are at the end of the file `foreign` now. */
  readonly foreign: number;
}

export interface RepairOptions {
  /** Where the journal is written before it gets its name. */
  readonly part: string;
  /** Where what is not ours goes. */
  readonly foreign: string;
  /** A record as JSON on one line. */
  readonly asJson: (record: object) => string;
  /** Also take records of a newer version's: they are only to be removed. Default false: they are refused. */
  readonly anyVersion?: boolean;
}

/** Whether anything but a torn end is no record. */
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

/** What was found and done, a sentence each. */
export function toldOf({ others, torn, foreign }: Repaired, foreignPath: string): readonly string[] {
  const told: string[] = [];
  if (others > 0) told.push(`${counted(others, "record")} had another form or encoding: the journal is written anew`);
  if (torn > 0) told.push(`${counted(torn, "torn record")} left out`);
  if (foreign > 0) told.push(`${counted(foreign, "line")} of the journal are no records: now in ${foreignPath}`);
  return told;
}

/** Writes a journal anew, at once and whole. Throws what the file system says; then it is as it was. */
export function repair(journalPath: string, { part, foreign, asJson, anyVersion = false }: RepairOptions): Repaired {
  const counts = { records: 0, others: 0, torn: 0, foreign: 0 };
  const fd = openJournal(journalPath);
  let copy: Copy | undefined;
  let aside: Copy | undefined;
  try {
    copy = copyTo(part);
    for (const { kind, bytes } of pieces(fd)) {
      if (kind === "between") continue;
      if (kind === "torn") counts.torn++;
      else if (kind === "foreign") {
        counts.foreign++;
        aside ??= appendTo(foreign);
        aside.line(bytes);
      } else {
        counts.records++;
        const outcome = parseRecord(bytes, 0, bytes.length)?.outcome;
        if (!anyVersion && outcome !== undefined && outcome !== OTHERS) refuseNewer(outcome, journalPath);
        if (kind === "other") counts.others++;
        copy.line(kind === "other" ? Buffer.from(asJson(JSON.parse(bytes.toString("utf8")))) : bytes);
      }
    }
    aside?.finish();
    copy.finish();
    renameSync(part, journalPath);
    return counts;
  } catch (error) {
    copy?.discard();
    aside?.discard();
    throw error;
  } finally {
    closeSync(fd);
  }
}
