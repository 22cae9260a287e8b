// The formats "csv" and "tsv": tables with a row per URL, as spreadsheets and databases write them (RFC 4180).

import type { Job } from "../../core/job.ts";
import { delimiterOf, firstLineOf } from "./detect.ts";
import { encodingOf, toUtf8 } from "./encoding.ts";
import type { Format, FormatContext } from "./format.ts";
import { type Row, rowSplitter, type SplitterOptions } from "./table/delimited.ts";
import {
  brokenRow,
  type ColumnUse,
  columnUses,
  hasNoHeader,
  numberedColumns,
  rowJob,
  valuesOf,
} from "./table/table-jobs.ts";

export const csvJobs: Format["jobs"] = (bytes, context) =>
  delimitedJobs(bytes, context, {
    delimiter: delimiterOf(firstLineOf(context.head), context.table),
    quotes: "rows",
  });

/** A tab is no part of a value there; a line end may be, but then a quote that is not closed would cost the rows that follow. */
export const tsvJobs: Format["jobs"] = (bytes, context) =>
  delimitedJobs(bytes, context, { delimiter: "\t", quotes: "lines" });

async function* delimitedJobs(
  bytes: AsyncGenerator<Buffer>,
  context: FormatContext,
  options: SplitterOptions,
): AsyncGenerator<Job[]> {
  const splitter = rowSplitter(options);
  const table = tableReader(context);
  for await (const chunk of toUtf8(bytes, encodingOf(context.head))) yield table.jobs(splitter.push(chunk));
  yield table.jobs(splitter.end());
}

/** Reads the header, unless columns are named by numbers, and then the rows. */
function tableReader(context: FormatContext) {
  let uses: readonly ColumnUse[] | undefined;
  let width = 0;
  let row = 0;

  /** The job of a row; undefined for the header. */
  const jobOf = (read: Row): Job | undefined => {
    if (uses === undefined && "cells" in read) {
      width = read.cells.length;
      const isData = hasNoHeader(context.table);
      uses = isData ? numberedColumns(width, context.table) : columnUses(read.cells, context.table);
      if (!isData) return undefined;
    }
    row++;
    if ("broken" in read) return brokenRow(read.broken, row, read.line, context);
    const { cells, line } = read;
    if (cells.length > width && cells.slice(width).some((cell) => cell.trim() !== "")) {
      return brokenRow(`it has ${cells.length} cells, and the first row ${width}`, row, line, context);
    }
    return rowJob(valuesOf(isLong(cells) ? cells.map(copied) : cells, uses ?? []), row, line, context);
  };

  return {
    jobs(rows: readonly Row[]): Job[] {
      const jobs = rows.flatMap((read) => jobOf(read) ?? []);
      context.onLines(row);
      return jobs;
    },
  };
}

/** Length in characters from which cells are copied: a substring retains its whole row (v8:2869) while the job waits. */
const LONG_ROW = 1024;

function isLong(cells: readonly string[]): boolean {
  let chars = 0;
  for (const cell of cells) chars += cell.length;
  return chars > LONG_ROW;
}

function copied(text: string): string {
  return Buffer.from(text, "utf8").toString("utf8");
}
