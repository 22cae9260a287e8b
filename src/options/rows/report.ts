// Options of `bulkget report` only.

import { FILE, FLAG, type Rows } from "../row.ts";

const notInLibrary = "only the command has `report`";

export const REPORT = {
  html: {
    ...FILE,
    flags: "--html <file>",
    summary: "also write the report as a page with charts",
    details: `
      Also writes the report as an HTML page: charts of the run over time, of each request, of times, failures and hosts, with
      their numbers as tables. It is one file that loads nothing. An earlier page is replaced, any other file is not.`,
    notInLibrary,
  },
  json: {
    ...FLAG,
    flags: "--json",
    summary: "print the numbers as one line of JSON",
    details: `
      Prints JSON instead of text: all numbers of the report, with samples of the records, as docs/report.md describes them.`,
    notInLibrary,
  },
  parquet: {
    ...FILE,
    flags: "--parquet <file>",
    summary: "also write the records as Parquet",
    details: `
      Also writes the records to this file, as columns in Parquet: the last record of each line, in groups of 20,000 rows. An
      earlier such file is replaced, any other file is not.`,
    notInLibrary,
  },
  verify: {
    ...FLAG,
    flags: "--verify",
    summary: "compare a store's objects with the records",
    details: `
      For a run into an object store: lists the objects of its prefix, and names those that are missing or have another size than
      their records say; then the exit code is 1. The operand is the state folder of the run, or its address: "s3://bucket/prefix".`,
    notInLibrary,
  },
} as const satisfies Rows;
