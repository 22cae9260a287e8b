// The set of files that the journal names: for finding unrecorded files that a killed run left.

import { closeSync } from "node:fs";
import { openJournal } from "../reading/open-journal.ts";
import { parseRecord } from "../reading/parse-record.ts";
import { eachLine } from "../reading/read-lines.ts";
import { type FingerprintSet, fingerprintSet } from "../tables/fingerprint-set.ts";

/** Whether the record of this number, offset and length is the current one. */
type IsCurrent = (n: number, offset: number, bytes: number) => boolean;

export interface RecordedFilesOptions {
  /** Which records are included. Default: all. */
  readonly isCurrent?: IsCurrent;
  /** Called before the journal is read: records that supersede others must be in the file. */
  readonly flush?: () => void;
}

/** Returns whether a record names a file. Reads the journal at the first call. */
export function recordedFiles(
  journalPath: string,
  { isCurrent = () => true, flush = () => {} }: RecordedFilesOptions = {},
): (file: string) => boolean {
  let names: FingerprintSet | undefined;
  return (file) => {
    if (names === undefined) flush();
    names ??= namesIn(journalPath, isCurrent);
    return names.has(file);
  };
}

function namesIn(journalPath: string, isCurrent: IsCurrent): FingerprintSet {
  const names = fingerprintSet();
  const fd = openJournal(journalPath);
  try {
    const onLine = (line: Buffer, start: number, end: number, offset: number) => {
      const entry = parseRecord(line, start, end);
      if (entry?.file !== undefined && isCurrent(entry.n, offset, end - start)) names.add(entry.file);
    };
    const { bytes, offset } = eachLine(fd, onLine);
    onLine(bytes, 0, bytes.length, offset);
  } finally {
    closeSync(fd);
  }
  return names;
}
