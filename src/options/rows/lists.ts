// Options of lists: their format, the columns of tables, and what of a row goes into its record.

import { COLUMN_ROLES } from "../../source/formats/table-options.ts";
import type { Rows } from "../row.ts";

/** Options of how lists are read. */
export const READING = {
  inputFormat: {
    type: "choice",
    flags: "--input-format <name>",
    summary: "format of all lists, such as csv or jsonl",
    details: `
      Format of all lists, whatever their names and first bytes. A sitemap index needs the network for the sitemaps that it names.

      - lines: one URL per line, with columns after tabs
      - csv, tsv: tables with a header, or without one if --column has numbers
      - jsonl: one JSON object per line
      - parquet: a file, read group by group
      - sitemap: a sitemap or a sitemap index`,
    choices: ["lines", "csv", "tsv", "jsonl", "parquet", "sitemap"],
    otherwise: "by first bytes and extension",
  },
  column: {
    type: "columns",
    flags: "--column <role=column>",
    summary: "columns of tables: url=URL,name=key",
    details: `
      Says which columns of a table are used for what, where they are not called so: "url=URL,name=key,sha256=hash". The roles are url,
      name, n (the line's number), headers (a JSON object), md5, sha1, sha256 and sha512. Names of columns are found in any case. Numbers ("url=2") are for
      tables without a header, whose first row is a URL then. "name=" uses no column for the name. May be repeated.`,
    choices: COLUMN_ROLES,
    otherwise: "those of the same name",
  },
} as const satisfies Rows;

export const LISTS = {
  ...READING,
  keep: {
    type: "names",
    flags: "--keep <columns>",
    summary: "columns of tables to copy into records, or all",
    details: `
      Copies columns of a table into the records, under "extra": "--keep caption,width", or "--keep all" for every column that has no
      other role. A row with more than 64 KiB of them fails as "invalid_row". May be repeated.`,
    otherwise: "none",
  },
  text: {
    type: "text",
    noun: "column",
    flags: "--text <column>",
    summary: "column of tables that tar archives hold as text",
    details: `
      With "--format tar": puts the text of this column into a member of its own beside each body, such as "000001.txt" beside
      "000001.jpg"; empty where a row has none. A body that is itself ".txt" is called "000001.body.txt". A row with more than 64 KiB of
      text fails as "invalid_row".`,
    otherwise: "none",
  },
} as const satisfies Rows;
