// Parses a line of the journal into the fields that a later run needs, without JSON.parse for records in the usual form.

import { isUtf8 } from "node:buffer";
import { DIGEST_NAMES, isDigest } from "../../core/digest.ts";
import type { FailureKind } from "../../core/failure.ts";
import { isNumber, type Outcome, type ShardPlace, type ShardRecord } from "../../core/job.ts";
import { SHARD } from "../../core/layout.ts";
import { escapedUrl } from "../../core/text/escape.ts";
import { isSafePath } from "../../fs/safe-path.ts";
import { bytesHash, textHash } from "../tables/keyed-hash.ts";
import { afterString, afterValue, BACKSLASH, integerIn, matchesAt, QUOTE } from "./json-bytes.ts";

export interface ParsedRecord {
  readonly n: number;
  /** `urlHash` of the URL. */
  readonly hash: number;
  readonly outcome: string;
  readonly file: string | undefined;
  /** The file's length in bytes; -1 if the record has none. */
  readonly bytes: number;
  /** The archive that has the body, and the end of what belongs to the line there, in bytes. */
  readonly shard: string | undefined;
  readonly shardEnd: number;
  readonly retryable: boolean;
  /** Whether the list named the file, other than by a number. */
  readonly isNamed: boolean;
}

/** The outcome of a line whose number another line has: it does not replace what is recorded under that number. */
export const DUPLICATE_NUMBER = "another's";

/** The outcome that deletes the record of a number: it was moved to another number or folder. */
export const MOVED = "moved";

const DUPLICATE_ERROR: FailureKind = "duplicate_number";

export function hasDuplicateNumber(record: Outcome): boolean {
  return record.outcome === "failed" && record.error === DUPLICATE_ERROR;
}

/**
 * A 30-bit hash of the URL of a record, or of a line as returned by `knownAs`. It differs between processes, and equal hashes
 * do not prove equal URLs.
 */
export function urlHash(url: string): number {
  return textHash(escapedUrl(url)) >>> 2;
}

/** Parses the bytes from `start` to before `end`; undefined if they are not a record. */
export function parseRecord(line: Buffer, start: number, end: number): ParsedRecord | undefined {
  return parseQuickly(line, start, end) ?? parseSlowly(line, start, end);
}

/** Parses any JSON record: escapes, whitespace, null, text that is not ASCII. */
export function parseSlowly(line: Buffer, start: number, end: number): ParsedRecord | undefined {
  const record = recordIn(line, start, end);
  if (record === undefined) return undefined;
  const { n, url, outcome, file, bytes, name } = record;
  const retryable = !("retryable" in record) || record.retryable !== false;
  return {
    n,
    hash: urlHash(url),
    outcome: hasDuplicateNumber(record) ? DUPLICATE_NUMBER : outcome,
    file,
    bytes: bytes ?? -1,
    ...shardOf(record),
    retryable,
    isNamed: name !== undefined && !isNumber(name),
  };
}

function shardOf(record: Outcome): Pick<ParsedRecord, "shard" | "shardEnd"> {
  const { shard, offset = 0, stored_bytes: bytes = 0 } = record as Partial<ShardPlace>;
  return { shard, shardEnd: offset + bytes };
}

/** A field value (RFC 9110 section 5.5) that may be sent in a request. */
const FIELD_VALUE = /^[\x20-\x7e\x80-\xff]*$/;

/** Other text fields and their checks. A field that fails its check is removed: the journal may have been edited. */
const TEXT_FIELDS: readonly (readonly [string, (text: string) => boolean])[] = [
  ...["name", "list", "type", "encoding", "final_url", "error", "detail"].map((key) => [key, () => true] as const),
  ["file", isSafePath],
  ["shard", (text) => SHARD.test(text)],
  ...["etag", "last_modified"].map((key) => [key, (text: string) => FIELD_VALUE.test(text)] as const),
  ...DIGEST_NAMES.flatMap((name) => {
    const isValid = (text: string) => isDigest(name, text);
    return [[name, isValid] as const, [`expected_${name}`, isValid] as const];
  }),
];

/** The whole record of a line; undefined if it is not a record. Its `outcome` may be unknown to this version. */
export function recordIn(line: Buffer, start: number, end: number): Outcome | undefined {
  try {
    if (!isObject(line, start, end) || !isUtf8(line.subarray(start, end))) return undefined;
    const value: unknown = JSON.parse(line.toString("utf8", start, end));
    if (typeof value !== "object" || value === null) return undefined;
    const record = value as Record<string, unknown>; // input from a file, checked here
    const { n, url, outcome } = record;
    if (typeof n !== "number" || !Number.isInteger(n) || n < 0 || n > 999_999_999_999_999) return undefined;
    if (typeof url !== "string" || typeof outcome !== "string") return undefined;
    for (const [key, isValid] of TEXT_FIELDS) {
      const text = record[key];
      if (text !== undefined && (typeof text !== "string" || !isValid(text))) delete record[key];
    }
    for (const key of ["bytes", "offset", "stored_bytes"]) {
      if (key in record && typeof record[key] !== "number") delete record[key];
    }
    if ("refers_to" in record && !isShardRecord(record["refers_to"])) delete record["refers_to"];
    return value as Outcome;
  } catch {
    return undefined;
  }
}

function isShardRecord(value: unknown): value is ShardRecord {
  if (typeof value !== "object" || value === null) return false;
  const { shard, offset } = value as Record<string, unknown>;
  return typeof shard === "string" && SHARD.test(shard) && Number.isSafeInteger(offset) && Number(offset) >= 0;
}

/** Whether a line begins like a JSON object. Most lines of a reformatted journal do not. */
export function isObject(line: Buffer, start: number, end: number): boolean {
  let at = start;
  while (at < end && (line[at] === 0x20 || line[at] === 0x09)) at++;
  return line[at] === 0x7b;
}

const COMMA = 0x2c;
const COLON = 0x3a;
const CLOSE = 0x7d;

/** Parses a flat record in one pass over its bytes, with its keys in any order; undefined if JSON.parse is needed. */
export function parseQuickly(line: Buffer, start: number, end: number): ParsedRecord | undefined {
  if (line[start] !== 0x7b) return undefined;
  let n = -1;
  let hash = -1;
  let outcome: string | undefined;
  let file: string | undefined;
  let bytes = -1;
  let shard: string | undefined;
  let offset = 0;
  let stored = 0;
  let retryable = true;
  let isNamed = false;
  for (let at = start + 1; at < end; at++) {
    const key = at + 1;
    at = afterString(line, at);
    if (at < 0 || line[at] !== COLON) return undefined;
    const value = ++at;
    const length = value - key - 2;
    at = afterValue(line, value);
    if (at < 0) return undefined;
    if (length === 1 && matchesAt(line, key, "n")) {
      n = integerIn(line, value, at);
      if (n < 0) return undefined;
    } else if (length === 3 && matchesAt(line, key, "url")) {
      if (line[value] !== QUOTE) return undefined;
      for (let i = value + 1; i < at - 1; i++) if (line[i] === BACKSLASH) return undefined;
      hash = bytesHash(line, value + 1, at - 1) >>> 2;
    } else if (length === 7 && matchesAt(line, key, "outcome")) {
      outcome = QUOTED_OUTCOMES.find((one) => one.length === at - value && matchesAt(line, value, one));
      if (outcome === undefined) return undefined;
    } else if (length === 4 && matchesAt(line, key, "file")) {
      if (line[value] !== QUOTE) return undefined;
      file = line.toString("latin1", value + 1, at - 1);
      if (!isSafePath(file)) return undefined; // parseSlowly removes the field
    } else if (length === 4 && matchesAt(line, key, "name")) {
      if (line[value] !== QUOTE) return undefined;
      isNamed = integerIn(line, value + 1, at - 1) < 0 || at - value === 2;
    } else if (length === 5 && matchesAt(line, key, "bytes")) {
      bytes = integerIn(line, value, at);
      if (bytes < 0) return undefined;
    } else if (length === 5 && matchesAt(line, key, "shard")) {
      shard = line.toString("latin1", value + 1, at - 1);
      if (!SHARD.test(shard)) return undefined;
    } else if (length === 6 && matchesAt(line, key, "offset")) {
      offset = integerIn(line, value, at);
      if (offset < 0) return undefined;
    } else if (length === 12 && matchesAt(line, key, "stored_bytes")) {
      stored = integerIn(line, value, at);
      if (stored < 0) return undefined;
    } else if (length === 5 && matchesAt(line, key, "error")) {
      if (matchesAt(line, value + 1, DUPLICATE_ERROR)) return undefined;
    } else if (length === 9 && matchesAt(line, key, "retryable")) {
      retryable = line[value] !== 0x66;
    }
    if (line[at] === CLOSE) {
      if (at + 1 !== end || n < 0 || hash < 0 || outcome === undefined) return undefined;
      return {
        n,
        hash,
        outcome: outcome.slice(1, -1),
        file,
        bytes,
        shard,
        shardEnd: offset + stored,
        retryable,
        isNamed,
      };
    }
    if (line[at] !== COMMA) return undefined;
  }
  return undefined;
}

const QUOTED_OUTCOMES = ['"saved"', '"failed"', '"unchanged"', '"skipped"', `"${MOVED}"`];
