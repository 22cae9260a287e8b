// Which files the journal names: asked only where a killed run may have left one that it does not.

import { closeSync } from "node:fs";
import { type FingerprintSet, fingerprintSet } from "./fingerprint-set.ts";
import { openJournal } from "./open-journal.ts";
import { parseRecord } from "./parse-record.ts";
import { eachLine } from "./read-lines.ts";

/** Whether a record of this number, offset and length counts. */
type Counts = (n: number, offset: number, bytes: number) => boolean;

export interface RecordedOptions {
  /** Which records count. Default: all. */
  readonly counts?: Counts;
  /** Called before the journal is read: what supersedes a record must be in it as well. */
  readonly flush?: () => void;
}

/** Whether a file is in a record of the journal; read at the first question. */
export function recordedIn(
  journalPath: string,
  { counts = () => true, flush = () => {} }: RecordedOptions = {},
): (file: string) => boolean {
  let names: FingerprintSet | undefined;
  return (file) => {
    if (names === undefined) flush();
    names ??= namesIn(journalPath, counts);
    return names.has(file);
  };
}

function namesIn(journalPath: string, counts: Counts): FingerprintSet {
  const names = fingerprintSet();
  const fd = openJournal(journalPath);
  try {
    const take = (line: Buffer, start: number, end: number, offset: number) => {
      const entry = parseRecord(line, start, end);
      if (entry?.file !== undefined && counts(entry.n, offset, end - start)) names.add(entry.file);
    };
    const { bytes, offset } = eachLine(fd, take);
    take(bytes, 0, bytes.length, offset);
  } finally {
    closeSync(fd);
  }
  return names;
}
