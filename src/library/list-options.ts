// The options of a list whose path is the library's input.

import type { TableOptions } from "../source/formats/table/table-options.ts";

export interface ListOptions extends TableOptions {
  /** The format of the list. Default: found by its first bytes and its extension. */
  readonly inputFormat?: "lines" | "csv" | "tsv" | "jsonl" | "parquet" | "sitemap" | undefined;
}
