// Splits bytes into lines and lines into jobs; blank lines and comments count in the numbering.

import { digestsOf } from "../../core/digest.ts";
import { isNumber, type Job } from "../../core/job.ts";
import { MAX_URL_LENGTH } from "../../core/url/parse-url.ts";
import { nameWithoutUserinfo } from "../../core/url/userinfo.ts";
import { decodeLine } from "./decode-line.ts";
import { lineCounter } from "./line-counter.ts";
import { claimNumber, jobOnLine, type Numbering } from "./numbering.ts";
import { columnsOf } from "./table/columns.ts";

/** Maximum part of a line that is kept, in bytes: a URL of maximum length and 8,192 characters of columns, at 3 bytes each. */
const MAX_LINE_BYTES = 3 * (MAX_URL_LENGTH + 8192);

/** Maximum length of a name, in characters; no file system accepts a longer one. One more is kept, so that it is refused. */
const MAX_NAME_LENGTH = 4096;

/** Length in characters from which a line is compared with its job, which may need far less memory. */
const LONG_LINE = 1024;

const LF = 0x0a;
const CR = 0x0d;
const HASH = 0x23;

export interface LineSplitter {
  /** Returns the jobs of the lines that this chunk completes. Holds at most `MAX_LINE_BYTES` of an incomplete line. */
  push(chunk: Uint8Array): Job[];
  /** Returns the job of a last line without a line end, if there is one. */
  end(): Job[];
  /** Returns the number of lines so far. */
  lines(): number;
}

/**
 * Splits the bytes of one list, UTF-8 with or without a byte order mark. A line ends in LF, CRLF or CR, also mixed. Several CR
 * before an LF are one line end with it, so that numbers are those of `sed -n` if every line has an LF.
 */
export function lineSplitter(options: Numbering): LineSplitter {
  const { offset, spanAt } = options;
  const pending = lineBuffer();
  let lines = 0;
  /** Number of CR at the end of the input so far, the first of which has ended a line. */
  let returns = 0;
  /** The number of lines up to which all are wanted, or none. */
  let until = spanAt === undefined ? Number.POSITIVE_INFINITY : 0;
  let isWanted = true;

  /** Adds the job of a line, which is a separate string: a substring would retain its chunk (v8:2869) while the job waits. */
  const addLine = (line: string, isCut: boolean, jobs: Job[]) => {
    lines++;
    if (!isWanted) return;
    const text = line.trim(); // removes blanks, CR, and a byte order mark
    if (text === "" && !isCut) return; // before NaN, the code of no character: V8 would throw away what it has compiled
    if (text.charCodeAt(0) === HASH) return;
    if (isCut)
      jobs.push(claimNumber(tooLong(text.length > MAX_URL_LENGTH ? text : line, lines, options), lines, options));
    else jobs.push(claimNumber(withoutLine(parseLine(text, lines, options), line), lines, options));
  };

  const addBytes = (bytes: Buffer, from: number, to: number, jobs: Job[]) => {
    if (pending.isEmpty && to - from <= MAX_LINE_BYTES) return addLine(decodeLine(bytes, from, to), false, jobs);
    pending.append(bytes.subarray(from, to));
    addLine(pending.text(), pending.isCut, jobs);
    pending.clear();
  };

  /** Processes lines up to `until`, of a chunk that contains or follows a CR; returns the index after the last line end. */
  const addLinesWithReturns = (bytes: Buffer, start: number, jobs: Job[]): number => {
    let from = start;
    let feed = next(bytes, LF, from);
    let cr = next(bytes, CR, from);
    while (from < bytes.length) {
      if (feed < from) feed = next(bytes, LF, from);
      if (cr < from) cr = next(bytes, CR, from);
      const to = Math.min(cr, feed);
      if (returns > 0 && to > from) {
        lines += returns - 1; // no LF follows: each CR has ended a line
        returns = 0;
      }
      if (to === bytes.length || (lines >= until && returns === 0)) return from;
      if (returns === 0) addBytes(bytes, from, to, jobs);
      const isFed = to === feed || (feed === cr + 1 && feed < bytes.length);
      returns = isFed ? 0 : returns + 1;
      from = (isFed ? feed : cr) + 1;
    }
    return from;
  };

  const addLines = (bytes: Buffer, start: number, jobs: Job[]): number => {
    let from = start;
    for (let to = bytes.indexOf(LF, from); to !== -1; to = lines < until ? bytes.indexOf(LF, from) : -1) {
      addBytes(bytes, from, to, jobs);
      from = to + 1;
    }
    return from;
  };

  /** Counts lines up to `until`; returns the index after the last line end. */
  const skipLines = (bytes: Buffer, start: number, hasReturns: boolean): number => {
    const counted = lineCounter(bytes, start, { lines, returns, until, hasReturns });
    if (counted.from > start) pending.clear();
    ({ lines, returns } = counted);
    return counted.from;
  };

  const span = () => {
    if (lines < until || spanAt === undefined) return;
    const { isOwn, last } = spanAt(offset + lines + 1);
    [isWanted, until] = [isOwn, last - offset];
  };

  return {
    push(chunk) {
      const jobs: Job[] = [];
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const hasReturns = returns > 0 || bytes.includes(CR);
      let from = 0;
      for (let at = -1; from < bytes.length && (from > at || lines >= until); ) {
        at = from;
        span();
        if (!isWanted) from = skipLines(bytes, from, hasReturns);
        else from = hasReturns ? addLinesWithReturns(bytes, from, jobs) : addLines(bytes, from, jobs);
      }
      if (from < bytes.length) pending.append(bytes.subarray(from));
      return jobs;
    },
    end() {
      const jobs: Job[] = [];
      if (returns > 0) lines += returns - 1;
      span();
      // A byte order mark alone is no line.
      if (!pending.isEmpty && pending.text() !== "\ufeff") addLine(pending.text(), pending.isCut, jobs);
      pending.clear();
      return jobs;
    },
    lines: () => lines,
  };
}

/** Returns the index of the next such byte; the length if there is none. */
function next(bytes: Buffer, byte: number, from: number): number {
  const at = bytes.indexOf(byte, from);
  return at === -1 ? bytes.length : at;
}

/** Buffers an incomplete line, up to `MAX_LINE_BYTES` and without leading blanks. */
function lineBuffer() {
  let held = Buffer.alloc(1024);
  let bytes = 0;
  let isCut = false;
  let isEmpty = true;

  return {
    /** Whether nothing was appended; blanks count. */
    get isEmpty() {
      return isEmpty;
    },
    /** Whether bytes other than blanks were cut off. */
    get isCut() {
      return isCut;
    },
    append(more: Buffer) {
      if (more.length === 0) return;
      isEmpty = false;
      const from = bytes === 0 ? firstNonBlank(more) : 0;
      const to = Math.min(more.length, from + MAX_LINE_BYTES - bytes);
      while (bytes + to - from > held.length) held = Buffer.concat([held.subarray(0, bytes)], 2 * held.length);
      bytes += more.copy(held, bytes, from, to);
      isCut ||= to < more.length && firstNonBlank(more.subarray(to)) < more.length - to;
    },
    text: () => decodeLine(held, 0, bytes),
    clear() {
      bytes = 0;
      isCut = false;
      isEmpty = true;
    },
  };
}

/** Returns the index of the first byte that is no ASCII white space; the length if there is none. */
function firstNonBlank(bytes: Buffer): number {
  let at = 0;
  for (let byte = bytes[at]; byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d); byte = bytes[at])
    at++;
  return at;
}

/** Returns the job of a line that was cut off: with a URL that is too long to be fetched, and without columns. */
function tooLong(text: string, line: number, options: Numbering): Job {
  return jobOnLine(copied(text.slice(0, MAX_URL_LENGTH + 1)), line, options);
}

/** Returns the job of a line. Its name may be empty, and its number another line's. */
function parseLine(text: string, line: number, options: Numbering): Job {
  const tab = text.indexOf("\t");
  if (tab === -1) {
    const url = text.length > MAX_URL_LENGTH ? text.slice(0, MAX_URL_LENGTH + 1) : text;
    return jobOnLine(url, line, options);
  }
  const { offset, list, onUnknown } = options;
  const { name, n, digests, unknown } = columnsOf(text, tab + 1);
  if (unknown !== undefined && onUnknown !== undefined) for (const column of unknown) onUnknown(column, line);
  const number = n ?? (name !== undefined && isNumber(name) ? name : undefined);
  // A given number is also the name: both may be another line's.
  const named = name ?? n;
  return {
    n: number === undefined ? offset + line : Number(number),
    // One character more than the maximum, so that it is refused and failed.txt has room for the number after it.
    url: text
      .slice(0, tab)
      .trimEnd()
      .slice(0, MAX_URL_LENGTH + 1),
    ...(named === undefined ? {} : { name: nameWithoutUserinfo(named.slice(0, MAX_NAME_LENGTH + 1)) }),
    ...(number === undefined ? {} : { numbered: true }),
    ...(list === undefined ? {} : { list, line }),
    ...digests,
  };
}

/** Copies the job's texts if they are less than half of a long line, which substrings would retain (v8:2869). */
function withoutLine(job: Job, line: string): Job {
  if (line.length < LONG_LINE || line.length < 2 * (job.url.length + (job.name?.length ?? 0))) return job;
  const { url, name } = job;
  const digests = Object.entries(digestsOf(job) ?? {}).map(([key, digest]) => [key, copied(digest)] as const);
  return {
    ...job,
    url: copied(url),
    ...(name === undefined ? {} : { name: copied(name) }),
    ...Object.fromEntries(digests),
  };
}

/** Copies a string, so that it is no slice that retains its parent string (v8:2869, nodejs/node#25846). */
function copied(text: string): string {
  return Buffer.from(text, "utf8").toString("utf8");
}
