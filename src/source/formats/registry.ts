// The registry of list formats: a new format is one file in this folder and one entry here.

import { isCsv, isJsonLines, isParquet, isTsv, isXml } from "./detect.ts";
import type { Format } from "./format.ts";
import { lines } from "./lines.ts";
import type { TableOptions } from "./table/table-options.ts";

type Jobs = Format["jobs"];

/** A format whose code is loaded when the first list in it is read. */
function lazy(name: string, matches: Format["matches"], load: () => Promise<Jobs>): Format {
  return {
    name,
    matches,
    async *jobs(bytes, context) {
      const jobs = await load();
      yield* jobs(bytes, context);
    },
  };
}

/** The first format that matches reads the list. `lines` matches every list, so it is the last. */
export const FORMATS: readonly Format[] = [
  lazy("csv", isCsv, async () => (await import("./csv.ts")).csvJobs),
  lazy("tsv", isTsv, async () => (await import("./csv.ts")).tsvJobs),
  lazy("jsonl", isJsonLines, async () => (await import("./json-lines.ts")).jsonLinesJobs),
  lazy("parquet", isParquet, async () => (await import("./parquet.ts")).parquetJobs),
  lazy("sitemap", isXml, async () => (await import("./sitemap.ts")).sitemapJobs),
  lines,
];

/** Returns the format of a list, by its name if that is given, else by the list's path and first bytes; see `Format.matches`. */
export function formatOf(
  path: string,
  head: Buffer,
  { inputFormat, table = {} }: { readonly inputFormat?: string | undefined; readonly table?: TableOptions } = {},
  formats: readonly Format[] = FORMATS,
): Format {
  if (inputFormat !== undefined) return formats.find(({ name }) => name === inputFormat) ?? lines;
  return formats.find((format) => format.matches(path, head, table)) ?? lines;
}
