// Splits CSV and TSV (RFC 4180) into rows and cells, and JSON Lines into lines, in bounded memory.

import { decodeLine } from "../decode-line.ts";

/** Maximum length of a row, in bytes: as much as a JSON row with a text of a page or two, and little enough to be held. */
export const MAX_ROW_BYTES = 1_048_576;

const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x22;

/** A row, or why it is none; `line`: where it begins, from 1. */
export type Row =
  | { readonly cells: readonly string[]; readonly line: number }
  | { readonly broken: string; readonly line: number };

export interface SplitterOptions {
  /** One character of ASCII; without it each line is one cell. */
  readonly delimiter?: string;
  /** Where a cell in quotes may end: in a later line (RFC 4180), or only in its own; without it quotes mean nothing. */
  readonly quotes?: "rows" | "lines";
}

export interface RowSplitter {
  /** Returns the rows that this chunk of UTF-8 completes. Holds at most `MAX_ROW_BYTES` of the next one, and a chunk. */
  push(chunk: Buffer): Row[];
  /** Returns the rows at the end. */
  end(): Row[];
  /** Returns the number of lines so far. */
  lines(): number;
}

const UNCLOSED = "a quote is not closed";
const TOO_LONG = `it is longer than ${MAX_ROW_BYTES / 1024 ** 2} MiB`;

/**
 * A row ends in LF, CRLF or CR; blank lines are no rows. A row that is broken, since text follows a closing quote, a quote is not
 * closed or the row is too long, costs as few lines as possible: the next row begins behind the first line of this one. csv-parse 7.0 drops all rows after either (2026-11-29).
 */
export function rowSplitter({ delimiter, quotes }: SplitterOptions): RowSplitter {
  const separator = delimiter?.charCodeAt(0) ?? -1;
  let rest: Buffer = Buffer.alloc(0);
  let lines = 0;
  let isBegun = false;
  let isSkipping = false;

  return {
    push(chunk) {
      return take(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]), false);
    },
    end: () => take(rest, true),
    lines: () => lines,
  };

  function take(given: Buffer, isEnd: boolean): Row[] {
    let bytes = given;
    if (!isBegun) {
      if (bytes.length < 3 && !isEnd) {
        rest = bytes;
        return [];
      }
      isBegun = true;
      if (bytes.length >= 3 && bytes.readUIntBE(0, 3) === BOM) bytes = bytes.subarray(3);
    }
    const rows: Row[] = [];
    const find = finder(bytes);
    let at = 0;
    while (at < bytes.length) {
      const end = lineEnd(bytes, find, at, isEnd);
      if (isSkipping) {
        if (end === undefined) {
          at = bytes.length;
          break;
        }
        isSkipping = false;
        at = end.next;
        continue;
      }
      const row = end === undefined || end.to > at ? rowAt(bytes, find, at, end, isEnd) : { next: end.next };
      if (row !== undefined) {
        if (row.cells !== undefined) rows.push({ cells: row.cells, line: lines + 1 });
        else if (row.broken !== undefined) rows.push({ broken: row.broken, line: lines + 1 });
        lines += countLines(bytes, at, row.next);
        at = row.next;
      } else if (bytes.length - at > MAX_ROW_BYTES) {
        rows.push({ broken: end === undefined ? TOO_LONG : UNCLOSED, line: ++lines });
        isSkipping = end === undefined;
        at = end?.next ?? bytes.length;
      } else break;
    }
    rest = Buffer.from(bytes.subarray(at));
    return rows;
  }

  /** The row that begins there; undefined if more bytes are needed. `end`: of its first line. */
  function rowAt(
    bytes: Buffer,
    find: Finder,
    at: number,
    end: LineEnd | undefined,
    isEnd: boolean,
  ): Parsed | undefined {
    if (end !== undefined && end.to - at > MAX_ROW_BYTES) return { broken: TOO_LONG, next: end.next };
    const hasQuotes = quotes !== undefined && find(QUOTE, at) < (end?.to ?? bytes.length);
    if (quotes === "rows" && hasQuotes) return quotedRow(bytes, find, at, end, isEnd);
    if (end === undefined) return undefined;
    const text = decodeLine(bytes, at, end.to);
    const cells = delimiter === undefined ? [text] : hasQuotes ? cellsOf(text, delimiter) : text.split(delimiter);
    return { cells, next: end.next };
  }

  /** A row with a quote in its first line, in which cells may go over several lines. */
  function quotedRow(
    bytes: Buffer,
    find: Finder,
    from: number,
    first: LineEnd | undefined,
    isEnd: boolean,
  ): Parsed | undefined {
    const cells: string[] = [];
    for (let at = from; ; ) {
      let after: number;
      if (bytes[at] === QUOTE) {
        const close = closingQuote(bytes, at + 1, isEnd);
        if (close === undefined) return undefined;
        if (close < 0) return first && { broken: UNCLOSED, next: first.next };
        cells.push(decodeLine(bytes, at + 1, close).replaceAll('""', '"'));
        after = close + 1;
      } else {
        const end = lineEnd(bytes, find, at, isEnd);
        const comma = find(separator, at);
        if (comma === bytes.length && end === undefined) return undefined;
        after = Math.min(comma, end?.to ?? bytes.length);
        cells.push(decodeLine(bytes, at, after));
      }
      if (bytes[after] === separator) {
        at = after + 1;
        continue;
      }
      const end = lineEnd(bytes, find, after, isEnd);
      if (end === undefined) return undefined;
      if (end.to === after) return { cells, next: end.next };
      // In a later line it is most likely the quote of another row, since one in the first line is not closed.
      const isFirst = first === undefined || first.next === end.next;
      return isFirst
        ? { broken: "text follows the closing quote of a cell", next: end.next }
        : { broken: UNCLOSED, next: first.next };
    }
  }
}

/** What is at the beginning of some bytes; without cells and reason, nothing. */
interface Parsed {
  readonly cells?: readonly string[];
  readonly broken?: string;
  readonly next: number;
}

/** Where a line ends, and where the next one begins. */
interface LineEnd {
  readonly to: number;
  readonly next: number;
}

const BOM = 0xef_bb_bf;

/** Finds a byte at or after a place, or the length; does not search again up to what it found last. */
type Finder = (byte: number, from: number) => number;

function finder(bytes: Buffer): Finder {
  const found = new Map<number, { readonly from: number; readonly at: number }>();
  return (byte, from) => {
    const last = found.get(byte);
    if (last !== undefined && last.from <= from && from <= last.at) return last.at;
    const index = bytes.indexOf(byte, from);
    const at = index === -1 ? bytes.length : index;
    found.set(byte, { from, at });
    return at;
  };
}

/** Undefined where the line may go on, or an LF follow its CR. */
function lineEnd(bytes: Buffer, find: Finder, from: number, isEnd: boolean): LineEnd | undefined {
  const to = Math.min(find(LF, from), find(CR, from));
  if (to === bytes.length) return isEnd ? { to, next: to } : undefined;
  if (bytes[to] === LF) return { to, next: to + 1 };
  if (to + 1 === bytes.length && !isEnd) return undefined;
  return { to, next: bytes[to + 1] === LF ? to + 2 : to + 1 };
}

/** The quote that closes a cell; -1 if none does, undefined if more bytes are needed. Two quotes are one of the text. */
function closingQuote(bytes: Buffer, from: number, isEnd: boolean): number | undefined {
  for (let at = bytes.indexOf(QUOTE, from); at !== -1; at = bytes.indexOf(QUOTE, at + 2)) {
    if (at + 1 === bytes.length) return isEnd ? at : undefined;
    if (bytes[at + 1] !== QUOTE) return at;
  }
  return isEnd ? -1 : undefined;
}

function countLines(bytes: Buffer, from: number, to: number): number {
  let count = to === bytes.length && bytes[to - 1] !== LF && bytes[to - 1] !== CR ? 1 : 0; // without a line end
  for (let at = from; at < to; at++) {
    if (bytes[at] === LF || (bytes[at] === CR && bytes[at + 1] !== LF)) count++;
  }
  return count;
}

/** The cells of one line. What is in quotes that are not closed, or followed by text, is taken as it stands. */
export function cellsOf(line: string, delimiter: string): string[] {
  const cells: string[] = [];
  for (let at = 0; at <= line.length; ) {
    const quoted = line[at] === '"' ? /^"([^"]*(?:""[^"]*)*)"/.exec(line.slice(at)) : null;
    const after = quoted === null ? -1 : at + quoted[0].length;
    const isClosed = quoted !== null && (after === line.length || line[after] === delimiter);
    const next = isClosed ? after : line.indexOf(delimiter, at);
    const end = next === -1 ? line.length : next;
    cells.push(isClosed ? (quoted?.[1] ?? "").replaceAll('""', '"') : line.slice(at, end));
    at = end + 1;
  }
  return cells;
}
