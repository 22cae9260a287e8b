// Decides whether a journal ends with a whole record, or with one that a kill has torn.

import { parseRecord } from "./parse-record.ts";
import type { Tail } from "./read-lines.ts";
import { isTorn } from "./recover-records.ts";

/** Whether the bytes after the last line feed are a record, the start of one, or nothing. */
export function isWholeEnd(tail: Tail): boolean {
  if (tail.fileBytes === tail.offset || wholeBytes(tail) > 0) return true;
  return tail.bytes.length > 0 && isTorn(tail.bytes);
}

/** The length of a last record that is complete except for its line feed; otherwise 0. */
export function wholeBytes({ bytes }: Tail): number {
  return parseRecord(bytes, 0, bytes.length) === undefined ? 0 : bytes.length;
}
