// What a journal holds that was edited or damaged: records in any layout and encoding that people's tools make, and the rest.

import { isUtf8 } from "node:buffer";
import { readSync } from "node:fs";
import { utf16Encoding } from "../core/utf16.ts";
import { parseRecord } from "./parse-record.ts";

/** One record, or what lies between records, without the line feed at its end. Its bytes hold until the next one is asked for. */
export interface RecoveredPiece {
  /**
   * `record`: a record on a line of its own, as a run writes it; `other`: a record in another layout or encoding; `torn`: the
   * beginning of one, which a kill or a full disk has left; `between`: a line of an array that has no more than its brackets;
   * `foreign`: anything else, but for blanks and zeros.
   */
  readonly kind: "record" | "other" | "torn" | "between" | "foreign";
  readonly bytes: Buffer;
}

const READ_BYTES = 1_048_576;

/** No record is as long as this: a longer line, or a longer object over several lines, is foreign, and not held in memory. */
const MAX_RECORD_BYTES = 16_777_216;

const LF = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** How a record of ours begins. */
const FRONT = '{"n":';

/** What is looked for in a line: also where a tool has put blanks between the parts. */
const KEY = '{"n"';

/**
 * All of a journal, in its order: UTF-8 or UTF-16, with or without a byte order mark; one record a line, or each over
 * several lines (`jq .`), or all in one array (`jq -s`).
 */
export function* pieces(fd: number): Generator<RecoveredPiece> {
  /** The lines of an object that has no end yet. */
  let begun: Buffer[] = [];
  let begunBytes = 0;
  let depth = 0;

  /** What was begun is no object: it is so many lines, and `more`. */
  function* given(more: Buffer = Buffer.alloc(0)): Generator<RecoveredPiece> {
    const given = [...begun, more];
    begun = [];
    begunBytes = 0;
    depth = 0;
    for (const line of given) yield* rest(line);
  }
  /** Reads objects out of a line that is not one record as it stands. */
  function* scan(line: Buffer): Generator<RecoveredPiece> {
    for (let at = depth > 0 ? 0 : afterSeparators(line, 0); at < line.length; at = afterSeparators(line, at)) {
      if (depth === 0 && line[at] !== OPEN) {
        const next = nextFront(line, at);
        yield* rest(line.subarray(at, next));
        at = next;
        continue;
      }
      const start = at;
      const object = objectFrom(line, at, depth);
      if (object.inText) {
        at = nextFront(line, start + 1);
        yield* given(line.subarray(start, at));
        continue;
      }
      depth = object.depth;
      at = object.end;
      if (depth > 0) {
        begun.push(Buffer.from(line.subarray(start)));
        begunBytes += line.length + 1 - start;
        if (begunBytes > MAX_RECORD_BYTES) yield* given();
        return;
      }
      const bytes = recordOf(joined([...begun, line.subarray(start, at)]));
      if (bytes === undefined) yield* given(line.subarray(start, at));
      else {
        begun = [];
        begunBytes = 0;
        yield { kind: "other", bytes };
      }
    }
  }

  for (const { bytes, isPart } of lines(texts(fd))) {
    const line = isPart ? bytes : unmarked(bytes);
    const text = trimmed(line);
    const last = text.lastIndexOf(KEY);
    const whole = isPart ? undefined : recordOf(text);
    // A torn record, and the one that was written behind it.
    const behind = isPart || whole !== undefined || last <= 0 ? undefined : recordOf(text.subarray(last));
    // Records hold no objects: where another one begins, the one before had no end.
    const isNew = isPart || whole !== undefined || text[0] === OPEN;
    if (depth > 0 && isNew) yield* given();
    if (isPart) yield { kind: "foreign", bytes: line };
    else if (whole !== undefined) yield { kind: whole === text ? "record" : "other", bytes: whole };
    else if (depth === 0 && text.length > 0 && afterSeparators(text, 0) === text.length)
      yield { kind: "between", bytes: text };
    else if (behind === undefined) yield* scan(line);
    else {
      yield* scan(line.subarray(0, line.lastIndexOf(KEY)));
      if (depth > 0) yield* given();
      yield { kind: "other", bytes: behind };
    }
  }
  if (depth > 0) yield* given();
}

const FEED = Buffer.from("\n");

function joined(lines: readonly Buffer[]): Buffer {
  return lines.length === 1 ? Buffer.concat(lines) : Buffer.concat(lines.flatMap((line) => [line, FEED]).slice(0, -1));
}

/** The bytes themselves, if they are a record; with U+FFFD for what is not UTF-8, if that is one. */
function recordOf(bytes: Buffer): Buffer | undefined {
  if (bytes[0] !== OPEN || bytes.at(-1) !== CLOSE) return undefined;
  if (parseRecord(bytes, 0, bytes.length) !== undefined) return bytes;
  if (isUtf8(bytes)) return undefined;
  const clean = Buffer.from(bytes.toString("utf8"));
  return parseRecord(clean, 0, clean.length) === undefined ? undefined : clean;
}

function* rest(bytes: Buffer): Generator<RecoveredPiece> {
  if (trimmed(bytes).length > 0) yield { kind: isTorn(bytes) ? "torn" : "foreign", bytes };
}

/** Whether this is the beginning of a record of ours, and no JSON; so are blanks and zeros. */
export function isTorn(piece: Buffer): boolean {
  const bytes = trimmed(piece);
  const text = bytes.toString("latin1", 0, 64);
  if (text.length <= FRONT.length) return FRONT.startsWith(text);
  const front = /^\{"n":\d{1,15}/.exec(text)?.[0];
  if (front === undefined || !URL_KEY.startsWith(text.slice(front.length, front.length + URL_KEY.length))) return false;
  try {
    JSON.parse(bytes.toString("utf8"));
    return false; // somebody's own record
  } catch {
    return true;
  }
}

const URL_KEY = ',"url":"';

/** Where the next record may begin; the end of the line, if none does. */
function nextFront(line: Buffer, from: number): number {
  const at = line.indexOf(KEY, from);
  return at < 0 ? line.length : at;
}

/** Blanks, zeros that a power loss has left, and what stands between the objects of an array. */
const SEPARATORS = new Set([0x00, 0x09, 0x0a, 0x0d, 0x1e, 0x20, 0x2c, 0x5b, 0x5d]);

/** The place after separators, if an object follows them or nothing does; otherwise the place itself. */
function afterSeparators(line: Buffer, from: number): number {
  let at = from;
  while (at < line.length && SEPARATORS.has(line[at] ?? 0)) at++;
  return at === line.length || line[at] === OPEN ? at : from;
}

/** Reads on to the end of an object, or of the line: where that is, how deep, and whether a text has no end. */
function objectFrom(line: Buffer, from: number, depthBefore: number) {
  let depth = depthBefore;
  let inText = false;
  for (let at = from; at < line.length; at++) {
    const byte = line[at];
    if (inText) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inText = false;
    } else if (byte === QUOTE) inText = true;
    else if (byte === OPEN) depth++;
    else if (byte === CLOSE && --depth === 0) return { depth, end: at + 1, inText };
  }
  return { depth, end: line.length, inText };
}

/** Without blanks, zeros and line ends around it. */
function trimmed(bytes: Buffer): Buffer {
  let start = 0;
  let end = bytes.length;
  while (start < end && isBlank(bytes[start])) start++;
  while (end > start && isBlank(bytes[end - 1])) end--;
  return bytes.subarray(start, end);
}

/** Without a byte order mark: where two files were put together, the second has one, too. */
function unmarked(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

function isBlank(byte = 0): boolean {
  return byte === 0x20 || byte === 0 || (byte >= 0x09 && byte <= 0x0d);
}

/** Lines without their line feed; of one that is longer than any record, its parts. */
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
    held.push(Buffer.from(chunk.subarray(from))); // its own: the chunk is overwritten
    heldBytes += chunk.length - from;
    if (heldBytes <= MAX_RECORD_BYTES) continue;
    isPart = true;
    yield { bytes: Buffer.concat(held), isPart };
    held = [];
    heldBytes = 0;
  }
  if (heldBytes > 0) yield { bytes: Buffer.concat(held), isPart };
}

/** A file's text in UTF-8, in pieces that hold until the next one is asked for. */
function* texts(fd: number): Generator<Buffer> {
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
