// Checks in the journal whether a line's record has exactly this URL, since a 30-bit hash does not prove it.

import { readSync } from "node:fs";
import { escapedUrl } from "../core/text/escape.ts";
import { recordAt } from "./reading/read-lines.ts";
import { UNIT_BYTES, unitOf } from "./tables/line-table.ts";

/** Bytes per cached page of the journal, and number of cached pages. Lists and journals mostly have the same order. */
const PAGE_BYTES = 8192;
const MAX_PAGES = 64;

/** Bytes read beyond a page: the start of a record that begins at the page's end. */
const OVERLAP_BYTES = 1024;

const LF = 0x0a;

/** Checks a record by its unit, its number and its URL as returned by `knownAs`. Throws read errors. */
export interface RecordedUrls {
  has(unit: number, n: number, url: string): boolean;
  /** Whether the record, in the form that a run writes, names this saved file. False if that needs JSON.parse. */
  hasFile(unit: number, n: number, url: string, file: string): boolean;
}

/** For a journal that only grows. A record after `endBytes` may not be written yet: until then, an equal hash is enough. */
export function recordedUrls(fd: number, endBytes: number): RecordedUrls {
  const pageAt = pagesOf(fd);
  /** Whether a record begins with this number, this URL and the text `more`. */
  const begins = (unit: number, n: number, url: string, more: string): boolean => {
    const offset = unit * UNIT_BYTES;
    const { bytes, base } = pageAt(offset);
    const from = offset - base;
    // A record begins at the file's start or after a line feed.
    const start = offset === 0 ? 0 : bytes.indexOf(LF, from - 1) + 1;
    const end = start < from || start >= from + UNIT_BYTES ? -1 : afterUrl(bytes, start, n, url);
    return end > 0 && afterText(bytes, end, more) > 0 && isOnlyRecord(bytes, end, from + UNIT_BYTES);
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
  /** The file offset of its first byte. */
  readonly base: number;
}

/** Reads the page around an offset, and the byte before it. Caches full pages only: others may still grow. */
function pagesOf(fd: number): (offset: number) => Page {
  const pages: (Page | undefined)[] = [];
  return (offset) => {
    const number = Math.floor(offset / PAGE_BYTES);
    const base = Math.max(0, number * PAGE_BYTES - 1);
    const cached = pages[number % MAX_PAGES];
    if (cached?.base === base) return cached;
    const bytes = cached?.bytes ?? Buffer.allocUnsafeSlow(1 + PAGE_BYTES + OVERLAP_BYTES);
    const read = readSync(fd, bytes, 0, bytes.length, base);
    const isFull = read === bytes.length;
    const page = { bytes: isFull ? bytes : bytes.subarray(0, read), base };
    pages[number % MAX_PAGES] = isFull ? page : undefined;
    return page;
  };
}

/** The index after the URL, if a record in the form that a run writes begins here with this number and URL; otherwise -1. */
function afterUrl(bytes: Buffer, start: number, n: number, url: string): number {
  if (url.includes('"') || url.includes("\\")) return -1; // escaped in JSON
  const number = afterText(bytes, afterText(bytes, start, '{"n":'), String(n));
  const end = afterText(bytes, afterText(bytes, number, ',"url":"'), url);
  return afterText(bytes, end, '"');
}

/** The index after this ASCII text, if it begins at `start`; otherwise -1. */
function afterText(bytes: Buffer, start: number, text: string): number {
  if (start < 0) return -1;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f || bytes[start + i] !== unit) return -1;
  }
  return start + text.length;
}

/** Whether no other record begins in this range: a later one of the same number would supersede this one. */
function isOnlyRecord(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to - 1; at++) if (bytes[at] === LF) return false;
  return true;
}
