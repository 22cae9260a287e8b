// Splits a list file into parts of equally many lines by its line feeds alone: no line is parsed.

import { isUtf8 } from "node:buffer";
import { closeSync, openSync, readSync } from "node:fs";
import { crc32 } from "node:zlib";
import { encodingOf } from "../formats/encoding.ts";
import { formatOf } from "../formats/registry.ts";
import type { TableOptions } from "../formats/table/table-options.ts";

/** A part of a list: its number from 1, and its bytes. Its first line is `(n - 1) * lines + 1`. */
export interface Part {
  readonly n: number;
  readonly fromBytes: number;
  readonly toBytes: number;
  /** CRC-32 of its bytes. */
  readonly crc: number;
}

const READ_BYTES = 1_048_576;
const HEAD_BYTES = 4096;
const LF = 0x0a;
const CR = 0x0d;

interface FormatOptions {
  readonly inputFormat?: string | undefined;
  readonly table: TableOptions;
}

/** Whether a list is text in UTF-8 with one URL per line, by its path or URL and first bytes: others have to be read by their format. */
export function isSplittable(path: string, head: Buffer, options: FormatOptions): boolean {
  const isText = encodingOf(head) === "UTF-8" && !head.includes(0) && isUtf8(wholeCharacters(head));
  return isText && formatOf(path, head, options).name === "lines";
}

/** The same for a file. Throws file-system errors. */
export function isSplittableFile(path: string, options: FormatOptions): boolean {
  const fd = openSync(path, "r");
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    return isSplittable(path, head.subarray(0, readSync(fd, head, 0, HEAD_BYTES, 0)), options);
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

export interface Split {
  readonly lines: number;
  /** The length of the list. */
  readonly bytes: number;
  /** CRC-32 of its bytes. */
  readonly crc: number;
}

type OnPart = (part: Part) => void | Promise<void>;

/** Splits a file. Throws file-system errors. */
export async function splitList(path: string, lines: number, onPart: OnPart): Promise<Split | undefined> {
  const fd = openSync(path, "r");
  try {
    return await splitBytes(piecesOf(fd), lines, onPart);
  } finally {
    closeSync(fd);
  }
}

/** Each piece is overwritten by the next one. */
function* piecesOf(fd: number): Generator<Buffer> {
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  for (let at = 0; ; ) {
    const bytes = buffer.subarray(0, readSync(fd, buffer, 0, READ_BYTES, at));
    if (bytes.length === 0) return;
    at += bytes.length;
    yield bytes;
  }
}

/**
 * Calls `onPart` with each part of `lines` lines; the last has the rest. Returns the number of lines, and the length of the list; or
 * undefined for one in which a CR alone ends a line: its lines cannot be counted so. Throws what `pieces` throws.
 */
export async function splitBytes(
  pieces: Iterable<Buffer> | AsyncIterable<Buffer>,
  lines: number,
  onPart: OnPart,
): Promise<Split | undefined> {
  let n = 1;
  let fromBytes = 0;
  let count = 0;
  let base = 0;
  let isAfterReturn = false;
  let last = LF;
  let crc = 0;
  let crcOfPart = 0;
  for await (const bytes of pieces) {
    if (bytes.length === 0) continue;
    if (isAfterReturn && bytes[0] !== LF) return undefined;
    if (hasLoneReturn(bytes)) return undefined;
    last = bytes[bytes.length - 1] ?? LF;
    isAfterReturn = last === CR;
    crc = crc32(bytes, crc);
    let partAt = 0;
    for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) {
      if (++count % lines !== 0) continue;
      const toBytes = base + at + 1;
      await onPart({ n: n++, fromBytes, toBytes, crc: crc32(bytes.subarray(partAt, at + 1), crcOfPart) });
      fromBytes = toBytes;
      partAt = at + 1;
      crcOfPart = 0;
    }
    crcOfPart = crc32(bytes.subarray(partAt), crcOfPart);
    base += bytes.length;
  }
  if (last !== LF) count++;
  if (fromBytes < base) await onPart({ n, fromBytes, toBytes: base, crc: crcOfPart });
  return { lines: count, bytes: base, crc };
}

/** Whether a CR is not followed by an LF; the last byte is not looked at. */
function hasLoneReturn(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(CR); at !== -1 && at < bytes.length - 1; at = bytes.indexOf(CR, at + 1))
    if (bytes[at + 1] !== LF) return true;
  return false;
}
