// Reads the last record of each line of the list: those that hold after several runs, as a resumed run sees them.

import { isUtf8 } from "node:buffer";
import { fstatSync } from "node:fs";
import { JournalError } from "../../core/errors.ts";
import type { Outcome } from "../../core/job.ts";
import { type BitSet, bitSet } from "../tables/bit-set.ts";
import { fingerprintSet } from "../tables/fingerprint-set.ts";
import { numberSet } from "../tables/number-set.ts";
import { isKnownOutcome } from "./open-journal.ts";
import { hasDuplicateNumber, isObject, MOVED } from "./parse-record.ts";
import { eachLineBackwards } from "./read-backwards.ts";
import { eachLine } from "./read-lines.ts";
import { isTorn } from "./recover-records.ts";

export interface LastRecords {
  readonly records: number;
  /** Lines that are not records, but for a last line that a run has half written. */
  readonly unreadable: number;
  /** Calls `onRecord` with the same records again, in the order of the file. `bytes`: the length of its line. */
  again(onRecord: (record: Outcome, bytes: number) => void): void;
}

/**
 * Calls `onRecord` with each record, the last one of the file first, in one pass over it. A record is as it is in the file: only
 * its number, its URL and its outcome have been checked. The file may grow meanwhile. Throws a JournalError, and file-system
 * errors.
 */
export function eachLastRecord(fd: number, path: string, onRecord: (record: Outcome) => void): LastRecords {
  const fileBytes = fstatSync(fd).size;
  const seen = numberSet();
  const duplicates = fingerprintSet();
  /** The lines that have a last record, counted from the end of the file. */
  const current = bitSet();
  let lines = 0;
  let records = 0;
  let unreadable = 0;

  const isLast = (record: Outcome): boolean => {
    // Such a line has no record of its own number; each run records it again.
    if (hasDuplicateNumber(record)) return duplicates.add(placeOf(record));
    const outcome: string = record.outcome;
    if (!isKnownOutcome(outcome)) throw newerOutcome(path, outcome);
    return seen.add(record.n) && outcome !== MOVED;
  };
  eachLineBackwards(fd, path, fileBytes, (line, start, end, offset) => {
    const index = lines++;
    const record = recordAsWritten(line, start, end);
    if (record === undefined) {
      const isUnfinished = index === 0 && (offset === fileBytes || (end > start && isTorn(line.subarray(start, end))));
      if (!isUnfinished) unreadable++;
    } else if (isLast(record)) {
      current.add(index);
      records++;
      onRecord(record);
    }
  });

  return { records, unreadable, again: reader(fd, fileBytes, current, lines) };
}

/** A function of its own, which holds no more than it needs: neither the sets nor `onRecord`. */
function reader(fd: number, fileBytes: number, current: BitSet, lines: number): LastRecords["again"] {
  return (onRecord) => {
    let index = lines;
    const onLine = (line: Buffer, start: number, end: number) => {
      if (!current.has(--index)) return;
      const record = recordAsWritten(line, start, end);
      if (record !== undefined) onRecord(record, end - start);
    };
    const { bytes } = eachLine(fd, onLine, fileBytes);
    onLine(bytes, 0, bytes.length);
  };
}

/** Where a line is in the lists, for one whose number is another's. */
function placeOf({ n, url, list, line }: Outcome): string {
  return JSON.stringify([n, url, list, line]);
}

/** Unlike `recordIn`, without a check of the other fields: it takes half the time. */
function recordAsWritten(bytes: Buffer, start: number, end: number): Outcome | undefined {
  if (!isObject(bytes, start, end) || !isUtf8(bytes.subarray(start, end))) return undefined;
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8", start, end));
    const { n, url, outcome } = value as Record<string, unknown>; // input from a file, checked here
    if (typeof n !== "number" || !Number.isInteger(n) || n < 0 || n > 999_999_999_999_999) return undefined;
    return typeof url === "string" && typeof outcome === "string" ? (value as Outcome) : undefined;
  } catch {
    return undefined;
  }
}

function newerOutcome(path: string, outcome: string): JournalError {
  const word = JSON.stringify(outcome.slice(0, 40));
  return new JournalError(`${path}: outcome ${word}, which only a newer bulkget knows: use that version`);
}
