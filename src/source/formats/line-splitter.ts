// Bytes become jobs: lines numbered from 1, blank ones and comments using up their number.

import { isNumber, type Job } from "../../core/job.ts";
import { MAX_URL_LENGTH } from "../../core/parse-url.ts";
import { nameWithoutUserinfo } from "../../core/userinfo.ts";
import { columnsOf } from "./columns.ts";
import { decoded } from "./decode-line.ts";
import type { Numbering } from "./format.ts";

/** A line is kept up to here, in bytes: any URL that is not too long, 3 bytes a character, with a name and more. */
const MAX_LINE_BYTES = 3 * (MAX_URL_LENGTH + 8192);

/** No file system takes a longer name, in characters: so much is enough to be refused. */
const MAX_NAME_LENGTH = 4096;

/** A line this long, in characters, may be far longer than what a job has of it. */
const LONG_LINE = 1024;

const LF = 0x0a;
const CR = 0x0d;

export interface LineSplitter {
  /** The jobs on the lines that this chunk completes. Memory: one line, whatever its length. */
  push(chunk: Uint8Array): Job[];
  /** The job on a last line without an end, if any. */
  end(): Job[];
  /** Lines seen so far. */
  lines(): number;
}

/**
 * Splits the bytes of one list, UTF-8 with or without BOM. A line ends in LF, CRLF or CR, each as it comes; several CR before an
 * LF are one end with it, so that where every line has an LF the numbers are those of `sed -n`.
 */
export function lineSplitter(options: Numbering): LineSplitter {
  const begun = beginning();
  let lines = 0;
  /** How many CR came last, of which the first has ended a line. */
  let returns = 0;

  /** Each line is a text of its own: a part of the chunk's would hold the chunk, as long as its job waits. */
  const take = (line: string, isCut: boolean, jobs: Job[]) => {
    lines++;
    const text = line.trim(); // of blanks, CR, and a byte order mark
    if (text.charCodeAt(0) === 0x23) return;
    if (isCut) jobs.push(claimed(tooLong(text.length > MAX_URL_LENGTH ? text : line, lines, options)));
    else if (text !== "") jobs.push(claimed(ownOf(parseLine(text, lines, options), line)));
  };

  /** The job, which comes to nothing where its number is another line's. */
  const claimed = (job: Job): Job => {
    const detail = options.claim?.(job.n, options.offset + lines);
    return detail === undefined ? job : { ...job, line: lines, refused: { error: "duplicate_number", detail } };
  };

  const takeBytes = (bytes: Buffer, from: number, to: number, jobs: Job[]) => {
    if (begun.isEmpty && to - from <= MAX_LINE_BYTES) return take(decoded(bytes, from, to), false, jobs);
    begun.append(bytes.subarray(from, to));
    take(begun.text(), begun.isCut, jobs);
    begun.clear();
  };

  /** Takes the lines that end in a chunk with a CR, or right behind one; returns where the rest begins. */
  const takeReturns = (bytes: Buffer, jobs: Job[]): number => {
    let from = 0;
    let feed = next(bytes, LF, 0);
    let cr = next(bytes, CR, 0);
    while (from < bytes.length) {
      if (feed < from) feed = next(bytes, LF, from);
      if (cr < from) cr = next(bytes, CR, from);
      const to = Math.min(cr, feed);
      if (returns > 0 && to > from) {
        lines += returns - 1; // what follows is no LF: each CR has ended a line
        returns = 0;
      }
      if (to === bytes.length) return from;
      if (returns === 0) takeBytes(bytes, from, to, jobs);
      const isFed = to === feed || (feed === cr + 1 && feed < bytes.length);
      returns = isFed ? 0 : returns + 1;
      from = (isFed ? feed : cr) + 1;
    }
    return from;
  };

  return {
    push(chunk) {
      const jobs: Job[] = [];
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      let from = 0;
      if (returns > 0 || bytes.includes(CR)) from = takeReturns(bytes, jobs);
      else {
        for (let to = bytes.indexOf(LF); to !== -1; to = bytes.indexOf(LF, from)) {
          takeBytes(bytes, from, to, jobs);
          from = to + 1;
        }
      }
      if (from < bytes.length) begun.append(bytes.subarray(from));
      return jobs;
    },
    end() {
      const jobs: Job[] = [];
      if (returns > 0) lines += returns - 1;
      // A file of a byte order mark alone has no line.
      if (!begun.isEmpty && begun.text() !== "\ufeff") take(begun.text(), begun.isCut, jobs);
      begun.clear();
      return jobs;
    },
    lines: () => lines,
  };
}

/** Where this byte comes next; the length, if it does not. */
function next(bytes: Buffer, byte: number, from: number): number {
  const at = bytes.indexOf(byte, from);
  return at === -1 ? bytes.length : at;
}

/** The beginning of a line whose end has not come yet: at most so many bytes of it, without blanks in front. */
function beginning() {
  let held = Buffer.alloc(1024);
  let bytes = 0;
  let isCut = false;
  let isEmpty = true;

  return {
    /** Nothing has come; blanks are something. */
    get isEmpty() {
      return isEmpty;
    },
    /** Something that is no blank had no place any more. */
    get isCut() {
      return isCut;
    },
    append(more: Buffer) {
      if (more.length === 0) return;
      isEmpty = false;
      const from = bytes === 0 ? firstInk(more) : 0;
      const to = Math.min(more.length, from + MAX_LINE_BYTES - bytes);
      while (bytes + to - from > held.length) held = Buffer.concat([held.subarray(0, bytes)], 2 * held.length);
      bytes += more.copy(held, bytes, from, to);
      isCut ||= to < more.length && firstInk(more.subarray(to)) < more.length - to;
    },
    text: () => decoded(held, 0, bytes),
    clear() {
      bytes = 0;
      isCut = false;
      isEmpty = true;
    },
  };
}

/** Where the first byte lies that is no blank of ASCII; the length, if there is none. */
function firstInk(bytes: Buffer): number {
  let at = 0;
  for (let byte = bytes[at]; byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d); byte = bytes[at])
    at++;
  return at;
}

/** A line too long to be kept: a URL too long to be fetched, with none of the columns that may be cut off. */
function tooLong(text: string, line: number, { offset, list }: Numbering): Job {
  const url = copied(text.slice(0, MAX_URL_LENGTH + 1));
  return { n: offset + line, url, ...(list === undefined ? {} : { list, line }) };
}

/** `URL`, and what its columns say. The name may be empty, and the number another line's. */
function parseLine(text: string, line: number, { offset, list, onUnknown }: Numbering): Job {
  const tab = text.indexOf("\t");
  if (tab === -1) {
    const url = text.length > MAX_URL_LENGTH ? text.slice(0, MAX_URL_LENGTH + 1) : text;
    return list === undefined ? { n: offset + line, url } : { n: offset + line, url, list, line };
  }
  const { name, n, sha256, unknown } = columnsOf(text, tab + 1);
  if (unknown !== undefined && onUnknown !== undefined) for (const column of unknown) onUnknown(column, line);
  const number = n ?? (name !== undefined && isNumber(name) ? name : undefined);
  // A number that the list gives may be another line's, as a name may.
  const named = name ?? n;
  return {
    n: number === undefined ? offset + line : Number(number),
    // As much as it takes to be too long, so that failed.txt has room for the number behind it.
    url: text
      .slice(0, tab)
      .trimEnd()
      .slice(0, MAX_URL_LENGTH + 1),
    ...(named === undefined ? {} : { name: nameWithoutUserinfo(named.slice(0, MAX_NAME_LENGTH + 1)) }),
    ...(number === undefined ? {} : { numbered: true }),
    ...(list === undefined ? {} : { list, line }),
    ...(sha256 === undefined ? {} : { sha256 }),
  };
}

/** The job, holding nothing of its line but what it has of it: blanks and further columns may be most of that. */
function ownOf(job: Job, line: string): Job {
  if (line.length < LONG_LINE || line.length < 2 * (job.url.length + (job.name?.length ?? 0))) return job;
  const { url, name, sha256 } = job;
  return {
    ...job,
    url: copied(url),
    ...(name === undefined ? {} : { name: copied(name) }),
    ...(sha256 === undefined ? {} : { sha256: copied(sha256) }),
  };
}

/** V8 keeps a part of a text as a place in the whole: this one is on its own. */
function copied(text: string): string {
  return Buffer.from(text, "utf8").toString("utf8");
}
