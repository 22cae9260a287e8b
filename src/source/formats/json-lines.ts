// The format "jsonl": an object of JSON per line, with the URL, the name, digests and whatever else as its members.

import type { Job } from "../../core/job.ts";
import { encodingOf, toUtf8 } from "./encoding.ts";
import type { Format, FormatContext } from "./format.ts";
import { type Row, rowSplitter } from "./table/delimited.ts";
import { brokenRow, membersOf, rowJob } from "./table/table-jobs.ts";

export const jsonLinesJobs: Format["jobs"] = async function* (bytes, context): AsyncGenerator<Job[]> {
  const splitter = rowSplitter({});
  const read = reader(context);
  for await (const chunk of toUtf8(bytes, encodingOf(context.head))) {
    const jobs = splitter.push(chunk).flatMap(read);
    context.onLines(splitter.lines());
    yield jobs;
  }
  const jobs = splitter.end().flatMap(read);
  context.onLines(splitter.lines());
  yield jobs;
};

function reader(context: FormatContext): (row: Row) => Job | [] {
  const valuesOf = membersOf(context.table);

  return (row) => {
    const { line } = row;
    if ("broken" in row) return brokenRow(row.broken, line, line, context);
    const text = row.cells[0]?.trim() ?? "";
    if (text === "") return [];
    const object = objectIn(text);
    if (object === undefined) return brokenRow("it is not an object of JSON", line, line, context);
    return rowJob(valuesOf(object), line, line, context);
  };
}

function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
