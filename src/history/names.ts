// Which files the journal names: asked only where a killed run may have left one that it does not.

import { closeSync } from "node:fs";
import { entryOf } from "./entry.ts";
import { openJournal } from "./open.ts";
import { eachLine } from "./scan.ts";

/** More names than this are not kept in memory: then every file counts as recorded. */
const MAX_NAMES = 4_000_000;

/** Whether a file is in any record of the journal; read at the first question. */
export function recordedIn(journalPath: string): (file: string) => boolean {
  let names: ReadonlySet<string> | undefined;
  return (file) => {
    names ??= namesIn(journalPath);
    return names.size >= MAX_NAMES || names.has(file);
  };
}

function namesIn(journalPath: string): ReadonlySet<string> {
  const names = new Set<string>();
  const fd = openJournal(journalPath);
  try {
    eachLine(fd, (line, start, end) => {
      const file = entryOf(line, start, end)?.file;
      if (file !== undefined && names.size < MAX_NAMES) names.add(file);
    });
  } finally {
    closeSync(fd);
  }
  return names;
}
