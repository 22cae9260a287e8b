// Splits a list file into parts of equally many lines by its line feeds alone: no line is parsed.

import { isUtf8 } from "node:buffer";
import { closeSync, openSync, readSync } from "node:fs";
import { encodingOf } from "../formats/encoding.ts";
import { formatOf } from "../formats/registry.ts";
import type { TableOptions } from "../formats/table/table-options.ts";

/** A part of a list: its number from 1, and its bytes. Its first line is `(n - 1) * lines + 1`. */
export interface Part {
  readonly n: number;
  readonly fromBytes: number;
  readonly toBytes: number;
}

const READ_BYTES = 1_048_576;
const HEAD_BYTES = 4096;
const LF = 0x0a;
const CR = 0x0d;

/** Whether a file is text in UTF-8 with one URL per line, by its path and first bytes: other lists have to be read by their format. */
export function isSplittable(
  path: string,
  options: { readonly inputFormat?: string | undefined; readonly table: TableOptions },
): boolean {
  const fd = openSync(path, "r");
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    const bytes = head.subarray(0, readSync(fd, head, 0, HEAD_BYTES, 0));
    const isText = encodingOf(bytes) === "UTF-8" && !bytes.includes(0) && isUtf8(wholeCharacters(bytes));
    return isText && formatOf(path, bytes, options).name === "lines";
  } finally {
    closeSync(fd);
  }
}

/** Without a last character that may be cut. */
function wholeCharacters(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && end > bytes.length - 4 && ((bytes[end - 1] ?? 0) & 0x80) !== 0) end--;
  return bytes.subarray(0, end);
}

/**
 * Calls `onPart` with each part of `lines` lines; the last has the rest. Returns the number of lines, and the length of the file; or
 * undefined for a file in which a CR alone ends a line: its lines cannot be counted so. Throws file-system errors.
 */
export async function splitList(
  path: string,
  lines: number,
  onPart: (part: Part) => void | Promise<void>,
): Promise<{ readonly lines: number; readonly bytes: number } | undefined> {
  const fd = openSync(path, "r");
  try {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    let n = 1;
    let fromBytes = 0;
    let count = 0;
    let base = 0;
    let isAfterReturn = false;
    let last = LF;
    for (;;) {
      const bytes = buffer.subarray(0, readSync(fd, buffer, 0, READ_BYTES, base));
      if (bytes.length === 0) break;
      if (isAfterReturn && bytes[0] !== LF) return undefined;
      if (hasLoneReturn(bytes)) return undefined;
      last = bytes[bytes.length - 1] ?? LF;
      isAfterReturn = last === CR;
      for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) {
        if (++count % lines !== 0) continue;
        const toBytes = base + at + 1;
        await onPart({ n: n++, fromBytes, toBytes });
        fromBytes = toBytes;
      }
      base += bytes.length;
    }
    if (last !== LF) count++;
    if (fromBytes < base) await onPart({ n, fromBytes, toBytes: base });
    return { lines: count, bytes: base };
  } finally {
    closeSync(fd);
  }
}

/** Whether a CR is not followed by an LF; the last byte is not looked at. */
function hasLoneReturn(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(CR); at !== -1 && at < bytes.length - 1; at = bytes.indexOf(CR, at + 1))
    if (bytes[at + 1] !== LF) return true;
  return false;
}
