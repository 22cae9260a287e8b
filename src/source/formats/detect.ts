// Recognizes the format of a list by its extension and its first bytes.

import type { Format } from "./format.ts";
import { cellsOf } from "./table/delimited.ts";
import type { TableOptions } from "./table/table-options.ts";

type Matches = Format["matches"];

/** The first line as far as the head has it, in Latin-1: names of columns are mostly ASCII, in any encoding. */
export function firstLineOf(head: Buffer): string {
  const text = head.toString("latin1").replaceAll("\0", "");
  return /^[^\r\n]*/.exec(text.replace(/^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)/, ""))?.[0] ?? "";
}

/** Delimiters of CSV, in the order in which they are tried. */
const DELIMITERS = [",", ";", "|", "\t"] as const;

/** The delimiter of a CSV file, by its first line: the one that gives it a column of the URL, else the first that it has. */
export function delimiterOf(line: string, table: TableOptions): string {
  const present = DELIMITERS.filter((one) => line.includes(one));
  return present.find((one) => hasUrlColumn(line, one, table)) ?? present[0] ?? ",";
}

function hasUrlColumn(line: string, delimiter: string, { column }: TableOptions): boolean {
  const wanted = (column?.url ?? "url").toLowerCase();
  return cellsOf(line, delimiter).some((cell) => cell.trim().toLowerCase() === wanted);
}

/** A URL or a comment: in a file called .csv, too, that is a list with a URL per line. */
const PLAIN = /^\s*(?:https?:|#|$)/i;

/** `.csv`, unless its first line is that of a list of URLs; or text with a first line of several columns, one of them `url`. */
export const isCsv: Matches = (path, head, table) => {
  const line = firstLineOf(head);
  const isCalled = /\.csv$/i.test(path);
  if (isCalled && (table.column?.url !== undefined || !PLAIN.test(line))) return true;
  return DELIMITERS.some((one) => one !== "\t" && line.includes(one) && hasUrlColumn(line, one, table));
};

/** `.tsv` alone: text with tabs is a list with columns, unless a first line or an option names them. */
export const isTsv: Matches = (path, head, table) =>
  /\.(?:tsv|tab)$/i.test(path) && (table.column !== undefined || hasUrlColumn(firstLineOf(head), "\t", table));

/** An object in the first line: of JSON over several lines it is not whole. */
export const isJsonLines: Matches = (path, head) => {
  const line = firstLineOf(head).trim();
  if (line === "") return /\.(?:jsonl|ndjson)$/i.test(path);
  if (!/^\{\s*"/.test(line)) return false;
  return line.endsWith("}") || !/[\r\n]/.test(head.toString("latin1"));
};

/** The first four bytes of the format's specification. */
export const isParquet: Matches = (_path, head) => head.toString("latin1", 0, 4) === "PAR1";

/** XML of any kind: whether it is a sitemap its root says, which may come later. */
export const isXml: Matches = (_path, head) => /^\s*<(?:\?xml|urlset|sitemapindex)\b/i.test(firstLineOf(head));
