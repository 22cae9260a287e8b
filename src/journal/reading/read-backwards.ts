// Reads the lines of a journal from its last to its first, in 1 MiB reads.

import { readSync } from "node:fs";
import { JournalError } from "../../core/errors.ts";
import { MAX_LINE_BYTES, type OnLine, READ_BYTES } from "./read-lines.ts";

const LF = 0x0a;

/**
 * Calls `onLine` for what follows the last line feed of the first `fileBytes` bytes, which may be nothing, and then for every line
 * from the last to the first. An over-long line is an empty one, as for `eachLine`. Throws a JournalError for a file that has
 * become shorter.
 */
export function eachLineBackwards(fd: number, path: string, fileBytes: number, onLine: OnLine): void {
  let buffer = Buffer.allocUnsafe(2 * READ_BYTES);
  /** The offset of the buffer's first byte. Up to `filled`, it has the end of a line that may begin before it. */
  let base = fileBytes;
  let filled = 0;
  let isTooLong = false;
  while (base > 0) {
    const bytes = Math.min(base, READ_BYTES);
    if (filled > MAX_LINE_BYTES) {
      isTooLong = true;
      filled = 0;
    }
    if (bytes + filled > buffer.length) buffer = Buffer.concat([buffer.subarray(0, filled)], 2 * (bytes + filled));
    buffer.copyWithin(bytes, 0, filled);
    base -= bytes;
    readWhole(fd, path, buffer.subarray(0, bytes), base);
    let end = bytes + filled;
    for (let feed = lastFeed(buffer, bytes); feed >= 0; feed = lastFeed(buffer, feed)) {
      emit(feed + 1, end);
      end = feed;
    }
    filled = end;
  }
  emit(0, filled);

  function emit(start: number, end: number): void {
    if (isTooLong || end - start > MAX_LINE_BYTES) onLine(buffer, 0, 0, base + start);
    else onLine(buffer, start, end, base + start);
    isTooLong = false;
  }
}

/** The index of the last line feed before `end`; -1 if there is none. */
function lastFeed(buffer: Buffer, end: number): number {
  return end === 0 ? -1 : buffer.lastIndexOf(LF, end - 1);
}

function readWhole(fd: number, path: string, buffer: Buffer, offset: number): void {
  for (let filled = 0; filled < buffer.length; ) {
    const read = readSync(fd, buffer, filled, buffer.length - filled, offset + filled);
    if (read === 0) throw new JournalError(`${path}: became shorter while it was read: try again`);
    filled += read;
  }
}
