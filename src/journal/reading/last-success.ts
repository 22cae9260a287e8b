// Finds the last run in runs.jsonl that ended with exit code 0.

import { closeSync, fstatSync, readSync } from "node:fs";
import { openToRead } from "../../fs/open-nofollow.ts";

/** What is read of the end of the file: a few dozen runs with -c auto, a thousand others. */
const TAIL_BYTES = 1_048_576;

/** When that run ended, in milliseconds since 1970; undefined where there is none among the last ones. Never throws. */
export function lastSuccess(path: string): number | undefined {
  try {
    const fd = openToRead(path);
    try {
      const stats = fstatSync(fd);
      if (!stats.isFile()) return undefined;
      const bytes = Buffer.alloc(Math.min(stats.size, TAIL_BYTES));
      const text = bytes.toString("utf8", 0, readSync(fd, bytes, 0, bytes.length, stats.size - bytes.length));
      return text.split("\n").reduce(endOf, undefined);
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}

function endOf(before: number | undefined, line: string): number | undefined {
  try {
    const row = Object(JSON.parse(line)) as { readonly end?: unknown; readonly exit_code?: unknown };
    const endMs = typeof row.end === "string" && row.exit_code === 0 ? Date.parse(row.end) : Number.NaN;
    return Number.isNaN(endMs) ? before : endMs;
  } catch {
    return before; // the line that the tail begins with, or one of an editor
  }
}
