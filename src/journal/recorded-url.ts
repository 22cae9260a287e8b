// Whether the record of a line has this very URL: 30 bits of hash alone are not believed.

import { readSync } from "node:fs";
import { escapedUrl } from "../core/escape.ts";
import { UNIT_BYTES, unitOf } from "./line-table.ts";
import { recordAt } from "./read-lines.ts";

/** Bytes of the journal that are read at a time, and how many such pages are kept: lists mostly have its order. */
const PAGE_BYTES = 8192;
const PAGES = 64;

/** So much behind a page is read as well: the beginning of a record that begins at its end. */
const BEHIND_BYTES = 1024;

const LF = 0x0a;

/** Asked by the record's unit, its number and what its URL is known by. Throws what the disk says. */
export interface RecordedUrls {
  has(unit: number, n: number, url: string): boolean;
  /** Whether it is for sure that a file of this name was saved for it: of a record as a run writes it. */
  hasFile(unit: number, n: number, url: string, file: string): boolean;
}

/** For a journal that only grows. What was appended after `endBytes` may not be written yet: until then its hash will do. */
export function recordedUrls(fd: number, endBytes: number): RecordedUrls {
  const pageAt = pagesOf(fd);
  /** Whether a record begins with this number, this URL, and what is said after that. */
  const begins = (unit: number, n: number, url: string, more: string): boolean => {
    const offset = unit * UNIT_BYTES;
    const { bytes, base } = pageAt(offset);
    const from = offset - base;
    // A record begins at the file's beginning, or behind a line feed.
    const start = offset === 0 ? 0 : bytes.indexOf(LF, from - 1) + 1;
    const end = start < from || start >= from + UNIT_BYTES ? -1 : afterUrl(bytes, start, n, url);
    return end > 0 && afterText(bytes, end, more) > 0 && isAlone(bytes, end, from + UNIT_BYTES);
  };
  return {
    has(unit, n, url) {
      if (begins(unit, n, url, "")) return true;
      const record = recordAt(fd, unit, n);
      return record === undefined ? unit >= unitOf(endBytes) : escapedUrl(record.outcome.url) === url;
    },
    hasFile: (unit, n, url, file) => begins(unit, n, url, `,"outcome":"saved","file":${JSON.stringify(file)}`),
  };
}

interface Page {
  readonly bytes: Buffer;
  /** The offset in the file of its first byte. */
  readonly base: number;
}

/** Reads the page around an offset, and the byte before it. Kept is what can no longer change: a page that is full. */
function pagesOf(fd: number): (offset: number) => Page {
  const pages: (Page | undefined)[] = [];
  return (offset) => {
    const number = Math.floor(offset / PAGE_BYTES);
    const base = Math.max(0, number * PAGE_BYTES - 1);
    const kept = pages[number % PAGES];
    if (kept?.base === base) return kept;
    const bytes = kept?.bytes ?? Buffer.allocUnsafeSlow(1 + PAGE_BYTES + BEHIND_BYTES);
    const read = readSync(fd, bytes, 0, bytes.length, base);
    const isFull = read === bytes.length;
    const page = { bytes: isFull ? bytes : bytes.subarray(0, read), base };
    pages[number % PAGES] = isFull ? page : undefined;
    return page;
  };
}

/** Where the URL ends, if a record as we write it begins here, with this number and this URL; otherwise -1. */
function afterUrl(bytes: Buffer, start: number, n: number, url: string): number {
  if (url.includes('"') || url.includes("\\")) return -1; // JSON has them in another way
  const number = afterText(bytes, afterText(bytes, start, '{"n":'), String(n));
  const end = afterText(bytes, afterText(bytes, number, ',"url":"'), url);
  return afterText(bytes, end, '"');
}

/** The place after a text of ASCII that lies here; otherwise -1. */
function afterText(bytes: Buffer, start: number, text: string): number {
  if (start < 0) return -1;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f || bytes[start + i] !== unit) return -1;
  }
  return start + text.length;
}

/** Whether no other record begins between these places: a later one of the same number would count. */
function isAlone(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to - 1; at++) if (bytes[at] === LF) return false;
  return true;
}
