// The columns of a Parquet file of records: one for each field, and one for whatever fits in none of them.

import { DIGEST_NAMES } from "../../core/digest.ts";
import type { Outcome } from "../../core/job.ts";
import { parseIsoTime } from "../../core/text/iso-time.ts";
import { type ColumnBuffer, numbersBuffer, textsBuffer, wordsBuffer } from "./column-buffers.ts";

/** `word`: a text that many records have; `text`: any other; `json`: a text of JSON, for what is no single value. */
export type ColumnType = "word" | "text" | "int32" | "int64" | "double" | "boolean" | "timestamp" | "json";

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

/** The field's names and order are those of results.jsonl (docs/records-and-errors.md). */
export const COLUMNS: readonly Column[] = [
  ...of("int64", "n"),
  ...of("text", "url"),
  ...of("word", "outcome", "error", "detail", "reason"),
  ...of("boolean", "retryable"),
  ...of("int32", "status"),
  ...of("int64", "bytes"),
  ...of("word", "type", "encoding"),
  ...of("text", "file", "headers_file"),
  ...of("word", "shard"),
  ...of("text", "member"),
  ...of("int64", "offset", "stored_bytes"),
  ...of("json", "refers_to"),
  ...of("int32", "attempts"),
  ...of("json", "retried_after"),
  ...of("timestamp", "time"),
  ...of("double", "total_ms", "wait_ms", "ttfb_ms", "dns_ms", "connect_ms", "tls_ms"),
  ...of("text", "final_url", "etag"),
  ...of("word", "last_modified", "length"),
  ...of("int64", "duplicate_of"),
  ...of("text", "name"),
  ...of("word", "list"),
  ...of("int64", "line"),
  ...of("text", ...DIGEST_NAMES, ...DIGEST_NAMES.map((name) => `expected_${name}`)),
  ...of("json", "extra"),
];

/** Fields of other versions, and values of another type than the column's: an object by their names. */
export const MORE: Column = { name: "more", type: "json" };

function of(type: ColumnType, ...names: readonly string[]): Column[] {
  return names.map((name) => ({ name, type }));
}

/** One row per type. */
const BUFFERS: Readonly<Record<ColumnType, (rows: number) => ColumnBuffer>> = {
  word: wordsBuffer,
  text: textsBuffer,
  json: (rows) => textsBuffer(rows, (value) => JSON.stringify(value)),
  boolean: (rows) => numbersBuffer(rows, (value) => (typeof value === "boolean" ? Number(value) : Number.NaN), Boolean),
  int32: (rows) => numbersBuffer(rows, (value) => whole(value, -(2 ** 31), 2 ** 31 - 1)),
  int64: (rows) => numbersBuffer(rows, (value) => whole(value, MIN_SAFE_INTEGER, MAX_SAFE_INTEGER), BigInt),
  double: (rows) => numbersBuffer(rows, (value) => (typeof value === "number" ? value : Number.NaN)),
  timestamp: (rows) => numbersBuffer(rows, (value) => (typeof value === "string" ? parseIsoTime(value) : Number.NaN)),
};

const { MIN_SAFE_INTEGER, MAX_SAFE_INTEGER } = Number;

function whole(value: unknown, least: number, most: number): number {
  const isWhole = typeof value === "number" && Number.isInteger(value) && !Object.is(value, -0);
  return isWhole && value >= least && value <= most ? value : Number.NaN;
}

/** The records of a group, by columns. */
export interface Columns {
  readonly rows: number;
  add(record: Outcome): void;
  /** The columns in their order, each with a function that returns and empties its values. The next record begins a new group. */
  take(): readonly (Column & { readonly values: () => unknown[] })[];
}

/** `maxRows`: of a group. */
export function columnsOf(maxRows: number): Columns {
  const all = [...COLUMNS, MORE].map((column) => ({ ...column, buffer: BUFFERS[column.type](maxRows) }));
  const byName = new Map(all.slice(0, -1).map(({ name, buffer }) => [name, buffer]));
  const others = all.at(-1)?.buffer;
  let rows = 0;
  return {
    get rows() {
      return rows;
    },
    add(record) {
      let more: Record<string, unknown> | undefined;
      for (const [key, value] of Object.entries(record)) {
        if (byName.get(key)?.set(rows, value) !== true) more = { ...more, [key]: value };
      }
      if (more !== undefined) others?.set(rows, more);
      rows++;
    },
    take() {
      const count = rows;
      rows = 0;
      return all.map(({ name, type, buffer }) => ({ name, type, values: () => buffer.take(count) }));
    },
  };
}
