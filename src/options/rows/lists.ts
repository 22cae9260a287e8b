// Options of lists: their format, the columns of tables, and what of a row goes into its record.

import { COLUMN_ROLES } from "../../source/formats/table/table-options.ts";
import { type Rows, TEXT } from "../row.ts";

const notInLibrary = "the input may be an async generator, which fetches pages as it is pulled";

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
  listUrl: {
    ...TEXT,
    flags: "--list-url <url>",
    summary: "list on the web, or the first page of a listing",
    details: `
      Reads the list from this URL, in the place of files: in any format, while it arrives; or, with --list-kind, page by page. Lists are
      requested with the options and retries of the run, but not counted by --rate, --host-rate and --per-host, and not checked with
      robots.txt.`,
    otherwise: "none",
    notInLibrary,
  },
  listKind: {
    type: "choice",
    flags: "--list-kind <kind>",
    summary: "listing in pages: json, s3 or link",
    details: `
      The list is a listing in pages. The next page is asked for when the URLs of the one before are read. A run that is killed goes on at
      the first page with an open line.

      - json: --list-items is the path of the items, --list-next that of the marker of the next page
      - s3: ListObjectsV2 of Amazon S3 and what is like it
      - link: the next page is in the header "Link" with rel="next"; pages are JSON, or text with one URL per line`,
    choices: ["json", "s3", "link"],
    otherwise: "no pages",
    notInLibrary,
  },
  listItems: {
    ...TEXT,
    flags: "--list-items <path>",
    summary: "items of a JSON page, such as $.FileNames[*]",
    details: `
      Where a page of JSON has its items: a path of RFC 9535 with names, ['names'], [n] and [*]. A text is a URL, or a name for --list-base;
      an object is a row as in JSON lines, with --column and --keep.`,
    otherwise: "$[*] with link",
    notInLibrary,
  },
  listNext: {
    ...TEXT,
    flags: "--list-next <path>",
    summary: "next page in a JSON page, such as $.NextFile",
    details: `
      Where a page of JSON has the marker of the next page, or its URL. The last page has none there, null, false or "".`,
    otherwise: "one page",
    notInLibrary,
  },
  listParam: {
    ...TEXT,
    flags: "--list-param <name>",
    summary: "query parameter that takes the marker",
    details: `
      The parameter of --list-url that takes the marker of --list-next: "next-marker".`,
    otherwise: "the marker is a URL",
    notInLibrary,
  },
  listBase: {
    ...TEXT,
    flags: "--list-base <url>",
    summary: "URL that goes before names in a listing",
    details: `
      Goes before the names of items, which are percent-encoded, except for slashes: "https://example.org/get/". Without it an item of JSON is a
      URL, absolute or relative to its page, a key of S3 is below --list-url without its query, and a line of text is a URL.`,
    otherwise: "that of the page",
    notInLibrary,
  },
} as const satisfies Rows;
