// Reads the lines of a journal: all of them in 1 MiB reads, or the record of one number in a 128-byte unit.

import { readSync } from "node:fs";
import type { Outcome } from "../../core/job.ts";
import { UNIT_BYTES } from "../tables/line-table.ts";
import { hasDuplicateNumber, recordIn } from "./parse-record.ts";

export const READ_BYTES = 1_048_576;

/** Maximum line length in bytes held in memory. No record is longer. */
export const MAX_LINE_BYTES = 16_777_216;

const LF = 0x0a;

/** The line is `bytes` from `start` to before `end`, without its line feed, and begins at `offset` of the file. */
export type OnLine = (bytes: Buffer, start: number, end: number, offset: number) => void;

export interface Tail {
  /** The offset after the last line feed. */
  readonly offset: number;
  /** The bytes after it; empty if there are none, or more than MAX_LINE_BYTES. */
  readonly bytes: Buffer;
  readonly fileBytes: number;
}

/**
 * Calls `onLine` for every line, with an empty one for an over-long line. Returns the bytes after the last line feed. `fileBytes`:
 * where the file ends for this reader, if others may append to it.
 */
export function eachLine(fd: number, onLine: OnLine, fileBytes = Number.POSITIVE_INFINITY): Tail {
  let buffer = Buffer.allocUnsafe(READ_BYTES);
  let filled = 0;
  /** The offset in the file of the buffer's first byte, which begins a line unless `skipping`. */
  let base = 0;
  let skipping = false;
  let lineOffset = 0;
  for (;;) {
    if (filled === buffer.length) {
      // One line fills the buffer.
      if (buffer.length < MAX_LINE_BYTES) buffer = Buffer.concat([buffer], 4 * buffer.length);
      else {
        skipping = true;
        base += filled;
        filled = 0;
      }
    }
    const bytes = Math.min(buffer.length - filled, fileBytes - base - filled);
    const read = readSync(fd, buffer, filled, bytes, base + filled);
    if (read === 0) break;
    let start = 0;
    let feed = buffer.subarray(0, filled + read).indexOf(LF, filled);
    filled += read;
    while (feed >= 0 && feed < filled) {
      if (skipping) onLine(buffer, 0, 0, lineOffset);
      else onLine(buffer, start, feed, base + start);
      skipping = false;
      start = feed + 1;
      lineOffset = base + start;
      feed = buffer.indexOf(LF, start);
    }
    buffer.copyWithin(0, start, filled);
    base += start;
    filled -= start;
  }
  return { offset: lineOffset, bytes: buffer.subarray(0, skipping ? 0 : filled), fileBytes: base + filled };
}

/** The last record of this number that begins in a unit of the file, and its offset; undefined if there is none. */
export function recordAt(fd: number, unit: number, n: number): { outcome: Outcome; offset: number } | undefined {
  const first = unit * UNIT_BYTES;
  // A record begins at the file's start or after a line feed, which may be the byte before the unit.
  const base = Math.max(0, first - 1);
  for (let size = 4096; size <= 4 * MAX_LINE_BYTES; size *= 4) {
    const buffer = Buffer.allocUnsafe(size);
    const read = readFully(fd, buffer, base);
    const found = findRecord(buffer.subarray(0, read), read < size);
    if (found !== "more") return found;
  }
  return undefined;

  function findRecord(bytes: Buffer, isEnd: boolean): { outcome: Outcome; offset: number } | "more" | undefined {
    let found: { outcome: Outcome; offset: number } | undefined;
    let start = first === 0 ? 0 : bytes.indexOf(LF) + 1;
    if (first > 0 && start === 0) return undefined;
    while (base + start < first + UNIT_BYTES && start < bytes.length) {
      const feed = bytes.indexOf(LF, start);
      if (feed < 0 && !isEnd) return "more";
      const end = feed < 0 ? bytes.length : feed;
      const outcome = recordIn(bytes, start, end);
      if (outcome?.n === n && !hasDuplicateNumber(outcome)) found = { outcome, offset: base + start };
      start = end + 1;
    }
    return found;
  }
}

function readFully(fd: number, buffer: Buffer, offset: number): number {
  let filled = 0;
  for (;;) {
    const read = readSync(fd, buffer, filled, buffer.length - filled, offset + filled);
    filled += read;
    if (read === 0 || filled === buffer.length) return filled;
  }
}
