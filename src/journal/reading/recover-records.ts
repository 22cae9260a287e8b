// Recovers the records of an edited or damaged journal, in any JSON layout or encoding, and everything between them.

import { isUtf8 } from "node:buffer";
import { readSync } from "node:fs";
import { utf16Encoding } from "../../core/text/utf16.ts";
import { parseRecord } from "./parse-record.ts";

/** A record, or the bytes between records, without the final line feed. The bytes are valid until the next piece is read. */
export interface RecoveredPiece {
  /**
   * `record`: a record on its own line, as a run writes it; `other`: a record in another layout or encoding; `torn`: the start
   * of a record, left by a kill or a full disk; `between`: a line of a JSON array with only brackets or commas; `foreign`:
   * anything else except whitespace and NUL bytes.
   */
  readonly kind: "record" | "other" | "torn" | "between" | "foreign";
  readonly bytes: Buffer;
}

const READ_BYTES = 1_048_576;

/** Maximum record length in bytes. A longer line, or a longer object over several lines, is foreign and not held in memory. */
const MAX_RECORD_BYTES = 16_777_216;

const LF = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** The start of every record that a run writes. */
const RECORD_START = '{"n":';

/** The start of a record that another tool may have reformatted. */
const RECORD_KEY = '{"n"';

/**
 * Yields all pieces of a journal in order: UTF-8 or UTF-16, with or without a byte order mark; one record per line, records
 * over several lines (`jq .`), or one array (`jq -s`).
 */
export function* recoverPieces(fd: number): Generator<RecoveredPiece> {
  /** The lines of an object that has not ended yet. */
  let begun: Buffer[] = [];
  let begunBytes = 0;
  let depth = 0;

  /** Yields the lines of an unfinished object, and `more`, as pieces: they are not an object. */
  function* flushBegun(more: Buffer = Buffer.alloc(0)): Generator<RecoveredPiece> {
    const lines = [...begun, more];
    begun = [];
    begunBytes = 0;
    depth = 0;
    for (const line of lines) yield* unparsed(line);
  }
  /** Finds objects in a line that is not a single record. */
  function* scan(line: Buffer): Generator<RecoveredPiece> {
    for (let at = depth > 0 ? 0 : afterSeparators(line, 0); at < line.length; at = afterSeparators(line, at)) {
      if (depth === 0 && line[at] !== OPEN) {
        const next = nextRecordStart(line, at);
        yield* unparsed(line.subarray(at, next));
        at = next;
        continue;
      }
      const start = at;
      const object = objectFrom(line, at, depth);
      if (object.inString) {
        at = nextRecordStart(line, start + 1);
        yield* flushBegun(line.subarray(start, at));
        continue;
      }
      depth = object.depth;
      at = object.end;
      if (depth > 0) {
        begun.push(Buffer.from(line.subarray(start)));
        begunBytes += line.length + 1 - start;
        if (begunBytes > MAX_RECORD_BYTES) yield* flushBegun();
        return;
      }
      const bytes = recordOf(joinLines([...begun, line.subarray(start, at)]));
      if (bytes === undefined) yield* flushBegun(line.subarray(start, at));
      else {
        begun = [];
        begunBytes = 0;
        yield { kind: "other", bytes };
      }
    }
  }

  for (const { bytes, isPart } of lines(utf8Chunks(fd))) {
    const line = isPart ? bytes : withoutBom(bytes);
    const text = trimmed(line);
    const last = text.lastIndexOf(RECORD_KEY);
    const whole = isPart ? undefined : recordOf(text);
    // A torn record, followed by one that was appended to it.
    const appended = isPart || whole !== undefined || last <= 0 ? undefined : recordOf(text.subarray(last));
    // Records contain no objects: where another object begins, the one before was torn.
    const isNew = isPart || whole !== undefined || text[0] === OPEN;
    if (depth > 0 && isNew) yield* flushBegun();
    if (isPart) yield { kind: "foreign", bytes: line };
    else if (whole !== undefined) yield { kind: whole === text ? "record" : "other", bytes: whole };
    else if (depth === 0 && text.length > 0 && afterSeparators(text, 0) === text.length)
      yield { kind: "between", bytes: text };
    else if (appended === undefined) yield* scan(line);
    else {
      yield* scan(line.subarray(0, line.lastIndexOf(RECORD_KEY)));
      if (depth > 0) yield* flushBegun();
      yield { kind: "other", bytes: appended };
    }
  }
  if (depth > 0) yield* flushBegun();
}

const FEED = Buffer.from("\n");

function joinLines(lines: readonly Buffer[]): Buffer {
  return lines.length === 1 ? Buffer.concat(lines) : Buffer.concat(lines.flatMap((line) => [line, FEED]).slice(0, -1));
}

/** The bytes, if they are a record; or with U+FFFD for invalid UTF-8, if those are. */
function recordOf(bytes: Buffer): Buffer | undefined {
  if (bytes[0] !== OPEN || bytes.at(-1) !== CLOSE) return undefined;
  if (parseRecord(bytes, 0, bytes.length) !== undefined) return bytes;
  if (isUtf8(bytes)) return undefined;
  const clean = Buffer.from(bytes.toString("utf8"));
  return parseRecord(clean, 0, clean.length) === undefined ? undefined : clean;
}

function* unparsed(bytes: Buffer): Generator<RecoveredPiece> {
  if (trimmed(bytes).length > 0) yield { kind: isTorn(bytes) ? "torn" : "foreign", bytes };
}

/** Whether this is the start of a record that a run writes, and not valid JSON; also true of whitespace and NUL bytes. */
export function isTorn(piece: Buffer): boolean {
  const bytes = trimmed(piece);
  const text = bytes.toString("latin1", 0, 64);
  if (text.length <= RECORD_START.length) return RECORD_START.startsWith(text);
  const front = /^\{"n":\d{1,15}/.exec(text)?.[0];
  if (front === undefined || !URL_KEY.startsWith(text.slice(front.length, front.length + URL_KEY.length))) return false;
  try {
    JSON.parse(bytes.toString("utf8"));
    return false; // another program's record
  } catch {
    return true;
  }
}

const URL_KEY = ',"url":"';

/** The index where the next record may begin; the end of the line if there is none. */
function nextRecordStart(line: Buffer, from: number): number {
  const at = line.indexOf(RECORD_KEY, from);
  return at < 0 ? line.length : at;
}

/** Whitespace, NUL bytes left by a power loss, and the separators of an array's objects. */
const SEPARATORS = new Set([0x00, 0x09, 0x0a, 0x0d, 0x1e, 0x20, 0x2c, 0x5b, 0x5d]);

/** The index after separators, if an object or the line's end follows them; otherwise `from`. */
function afterSeparators(line: Buffer, from: number): number {
  let at = from;
  while (at < line.length && SEPARATORS.has(line[at] ?? 0)) at++;
  return at === line.length || line[at] === OPEN ? at : from;
}

/** Scans to the end of an object or of the line. Returns that index, the depth, and whether a string is unterminated. */
function objectFrom(line: Buffer, from: number, depthBefore: number) {
  let depth = depthBefore;
  let inString = false;
  for (let at = from; at < line.length; at++) {
    const byte = line[at];
    if (inString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === OPEN) depth++;
    else if (byte === CLOSE && --depth === 0) return { depth, end: at + 1, inString };
  }
  return { depth, end: line.length, inString };
}

/** Removes whitespace and NUL bytes at both ends. */
function trimmed(bytes: Buffer): Buffer {
  let start = 0;
  let end = bytes.length;
  while (start < end && isBlank(bytes[start])) start++;
  while (end > start && isBlank(bytes[end - 1])) end--;
  return bytes.subarray(start, end);
}

/** Removes a byte order mark; concatenated files have one in the middle. */
function withoutBom(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

function isBlank(byte = 0): boolean {
  return byte === 0x20 || byte === 0 || (byte >= 0x09 && byte <= 0x0d);
}

/** Yields lines without their line feed, and a line longer than MAX_RECORD_BYTES in parts. */
function* lines(chunks: Iterable<Buffer>): Generator<{ readonly bytes: Buffer; readonly isPart: boolean }> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let isPart = false;
  for (const chunk of chunks) {
    let from = 0;
    for (let feed = chunk.indexOf(LF); feed >= 0; feed = chunk.indexOf(LF, from)) {
      const line = chunk.subarray(from, feed);
      yield { bytes: held.length === 0 ? line : Buffer.concat([...held, line]), isPart };
      held = [];
      heldBytes = 0;
      isPart = false;
      from = feed + 1;
    }
    held.push(Buffer.from(chunk.subarray(from))); // a copy: the chunk is overwritten
    heldBytes += chunk.length - from;
    if (heldBytes <= MAX_RECORD_BYTES) continue;
    isPart = true;
    yield { bytes: Buffer.concat(held), isPart };
    held = [];
    heldBytes = 0;
  }
  if (heldBytes > 0) yield { bytes: Buffer.concat(held), isPart };
}

/** Yields a file's text in UTF-8, in chunks that are valid until the next one is read. */
function* utf8Chunks(fd: number): Generator<Buffer> {
  let position = 0;
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  const read = () => {
    const bytes = readSync(fd, buffer, 0, READ_BYTES, position);
    position += bytes;
    return buffer.subarray(0, bytes);
  };
  const first = read();
  const decoder = utf16Encoding(first);
  for (let chunk = first; chunk.length > 0; chunk = read()) {
    yield decoder === undefined ? chunk : Buffer.from(decoder.decode(chunk, { stream: true }));
  }
}
