// What one line of a journal says, as far as a later run asks: read without JSON.parse where it has the usual form.

import { isUtf8 } from "node:buffer";
import { escapedUrl } from "../core/escape.ts";
import type { FailureKind } from "../core/failure.ts";
import { isNumber, type Outcome } from "../core/job.ts";
import { bytesHash, textHash } from "./keyed-hash.ts";

export interface ParsedRecord {
  readonly n: number;
  /** `urlHash` of its URL. */
  readonly hash: number;
  readonly outcome: string;
  readonly file: string | undefined;
  /** The file's length; -1 where the record has none. */
  readonly bytes: number;
  readonly retryable: boolean;
  /** Whether the list gave its file a name, other than a number. */
  readonly isNamed: boolean;
}

/** The outcome of a line whose number is another's: it says nothing of what is recorded under that number. */
export const OTHERS = "another's";

/** What is said of a number whose record is elsewhere by now. */
export const MOVED = "moved";

const DUPLICATE: FailureKind = "duplicate_number";

export function isOfOthers(record: Outcome): boolean {
  return record.outcome === "failed" && record.error === DUPLICATE;
}

/**
 * 30 bits of what the URL of a record, or of a line as `knownAs`, is known by. They mean something in this process only: so
 * much is kept of a line, and no URL is believed by it.
 */
export function urlHash(url: string): number {
  return textHash(escapedUrl(url)) >>> 2;
}

/** What the line from `start` to before `end` says; undefined if it is no record. */
export function parseRecord(line: Buffer, start: number, end: number): ParsedRecord | undefined {
  return parseQuickly(line, start, end) ?? parseSlowly(line, start, end);
}

/** The same for any JSON: escapes, blanks, null, text that is not ASCII. */
export function parseSlowly(line: Buffer, start: number, end: number): ParsedRecord | undefined {
  const record = recordIn(line, start, end);
  if (record === undefined) return undefined;
  const { n, url, outcome, file, bytes, name } = record;
  const retryable = !("retryable" in record) || record.retryable !== false;
  return {
    n,
    hash: urlHash(url),
    outcome: isOfOthers(record) ? OTHERS : outcome,
    file,
    bytes: bytes ?? -1,
    retryable,
    isNamed: name !== undefined && !isNumber(name),
  };
}

/** A digest in a record. */
const SHA256 = /^[0-9a-f]{64}$/;
/** A header's value as it may be sent back. */
const VALUE = /^[\x20-\x7e\x80-\xff]*$/;
/** No file of a run: outside its folder, hidden, or the run's own. */
const IMPOSSIBLE = /^$|(^|\/)(\.|\/|$)|[\\:\0]|^(results\.jsonl(\.foreign)?|failed\.txt)$|^gone($|\/)|\.part$/i;

/** What else may be asked of a record: absent where it is not text, or not such as a run writes. It may be tampered with. */
const TEXTS: readonly (readonly [string, (text: string) => boolean])[] = [
  ...["name", "list", "type", "encoding", "final_url", "error", "detail"].map((key) => [key, () => true] as const),
  ["file", (text) => !IMPOSSIBLE.test(text)],
  ...["etag", "last_modified"].map((key) => [key, (text: string) => VALUE.test(text)] as const),
  ...["sha256", "expected_sha256"].map((key) => [key, (text: string) => SHA256.test(text)] as const),
];

/** The whole record of a line; undefined if it is none. Its `outcome` may be one that is not known here. */
export function recordIn(line: Buffer, start: number, end: number): Outcome | undefined {
  try {
    if (!isObject(line, start, end) || !isUtf8(line.subarray(start, end))) return undefined;
    const value: unknown = JSON.parse(line.toString("utf8", start, end));
    if (typeof value !== "object" || value === null) return undefined;
    const record = value as Record<string, unknown>; // off the wire, and looked at here
    const { n, url, outcome } = record;
    if (typeof n !== "number" || !Number.isInteger(n) || n < 0 || n > 999_999_999_999_999) return undefined;
    if (typeof url !== "string" || typeof outcome !== "string") return undefined;
    for (const [key, isFit] of TEXTS) {
      const text = record[key];
      if (text !== undefined && (typeof text !== "string" || !isFit(text))) delete record[key];
    }
    if ("bytes" in record && typeof record["bytes"] !== "number") delete record["bytes"];
    return value as Outcome;
  } catch {
    return undefined;
  }
}

/** Whether a line begins as an object does: those of a journal that was laid out anew mostly do not. */
function isObject(line: Buffer, start: number, end: number): boolean {
  let at = start;
  while (at < end && (line[at] === 0x20 || line[at] === 0x09)) at++;
  return line[at] === 0x7b;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const ZERO = 0x30;
const NINE = 0x39;
const CLOSE = 0x7d;

/** One pass over the bytes of a flat record, its keys in any order; undefined for what only JSON.parse can judge. */
export function parseQuickly(line: Buffer, start: number, end: number): ParsedRecord | undefined {
  if (line[start] !== 0x7b) return undefined;
  let n = -1;
  let hash = -1;
  let outcome: string | undefined;
  let file: string | undefined;
  let bytes = -1;
  let retryable = true;
  let isNamed = false;
  for (let at = start + 1; at < end; at++) {
    const key = at + 1;
    at = afterText(line, at);
    if (at < 0 || line[at] !== COLON) return undefined;
    const value = ++at;
    const length = value - key - 2;
    at = afterValue(line, value);
    if (at < 0) return undefined;
    if (length === 1 && isAt(line, key, "n")) {
      n = whole(line, value, at);
      if (n < 0) return undefined;
    } else if (length === 3 && isAt(line, key, "url")) {
      if (line[value] !== QUOTE) return undefined;
      for (let i = value + 1; i < at - 1; i++) if (line[i] === BACKSLASH) return undefined;
      hash = bytesHash(line, value + 1, at - 1) >>> 2;
    } else if (length === 7 && isAt(line, key, "outcome")) {
      outcome = OUTCOMES.find((one) => one.length === at - value && isAt(line, value, one));
      if (outcome === undefined) return undefined;
    } else if (length === 4 && isAt(line, key, "file")) {
      if (line[value] !== QUOTE) return undefined;
      file = line.toString("latin1", value + 1, at - 1);
      if (IMPOSSIBLE.test(file)) return undefined; // as a whole, that is: there it has no file
    } else if (length === 4 && isAt(line, key, "name")) {
      if (line[value] !== QUOTE) return undefined;
      isNamed = whole(line, value + 1, at - 1) < 0 || at - value === 2;
    } else if (length === 5 && isAt(line, key, "bytes")) {
      bytes = whole(line, value, at);
      if (bytes < 0) return undefined;
    } else if (length === 5 && isAt(line, key, "error")) {
      if (isAt(line, value + 1, DUPLICATE)) return undefined;
    } else if (length === 9 && isAt(line, key, "retryable")) {
      retryable = line[value] !== 0x66;
    }
    if (line[at] === CLOSE) {
      if (at + 1 !== end || n < 0 || hash < 0 || outcome === undefined) return undefined;
      return { n, hash, outcome: outcome.slice(1, -1), file, bytes, retryable, isNamed };
    }
    if (line[at] !== COMMA) return undefined;
  }
  return undefined;
}

const OUTCOMES = ['"saved"', '"failed"', '"unchanged"', '"skipped"', `"${MOVED}"`];

function isAt(line: Buffer, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (line[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** The place after a value; -1 for one that only JSON.parse can judge. */
function afterValue(line: Buffer, at: number): number {
  const first = line[at] ?? 0;
  if (first === QUOTE) return afterText(line, at);
  if (first >= ZERO && first <= NINE) return afterNumber(line, at);
  if (first === 0x74 && isAt(line, at, "true")) return at + 4;
  if (first === 0x66 && isAt(line, at, "false")) return at + 5;
  return first === 0x5b ? afterTexts(line, at) : -1;
}

/** The place after a text in quotes: printable ASCII, with escapes only of quotes and backslashes, as ETags have them. */
function afterText(line: Buffer, at: number): number {
  if (line[at] !== QUOTE) return -1;
  for (let i = at + 1; ; i++) {
    const byte = line[i] ?? 0; // a line feed ends every line, and control characters are no text
    if (byte === QUOTE) return i + 1;
    if (byte < 0x20 || byte > 0x7e) return -1;
    if (byte !== BACKSLASH) continue;
    i++;
    if (line[i] !== QUOTE && line[i] !== BACKSLASH) return -1;
  }
}

function afterTexts(line: Buffer, start: number): number {
  for (let at = start + 1; ; at++) {
    at = afterText(line, at);
    if (at < 0) return -1;
    if (line[at] === 0x5d) return at + 1;
    if (line[at] !== COMMA) return -1;
  }
}

/** The place after digits, with or without a fraction; -1 for other forms, and for a zero before another digit. */
function afterNumber(line: Buffer, start: number): number {
  let at = afterDigits(line, start);
  if (line[start] === ZERO && at > start + 1) return -1;
  if (line[at] === 0x2e) {
    const fraction = at + 1;
    at = afterDigits(line, fraction);
    if (at === fraction) return -1;
  }
  return at;
}

function afterDigits(line: Buffer, start: number): number {
  let at = start;
  for (let byte = line[at] ?? 0; byte >= ZERO && byte <= NINE; byte = line[at] ?? 0) at++;
  return at;
}

/** A whole number of at most 15 digits; -1 for any other. */
function whole(line: Buffer, start: number, end: number): number {
  if (end - start > 15) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = (line[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
