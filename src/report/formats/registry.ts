// The registry of report formats: a new format is one file beside this one and one entry here.

import { jsonl } from "./jsonl.ts";
import type { ReportFormat } from "./report-format.ts";

/** The first is the default. */
export const REPORT_FORMATS: readonly [ReportFormat, ...ReportFormat[]] = [jsonl];

/** The value of `--report [format:]file`. */
export interface ReportRequest {
  readonly format: ReportFormat;
  /** `-` for standard output. */
  readonly path: string;
}

/** Two or more lower-case letters and digits: `C:\x`, `a:b.jsonl`, `./run:1.jsonl` and `Run:1.jsonl` are paths. */
const PREFIX = /^([a-z][a-z0-9]+):(.*)$/s;

/** Undefined for a text without a path, or with the prefix of an unknown format. */
export function parseReport(text: string): ReportRequest | undefined {
  const [, prefix, rest = ""] = PREFIX.exec(text) ?? [];
  const format = prefix === undefined ? REPORT_FORMATS[0] : REPORT_FORMATS.find(({ name }) => name === prefix);
  const path = prefix === undefined ? text : rest;
  return format === undefined || path.trim() === "" ? undefined : { format, path };
}
