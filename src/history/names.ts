// Which files the journal names: asked only where a killed run may have left one that it does not.

import { closeSync } from "node:fs";
import { entryOf } from "./entry.ts";
import { openJournal } from "./open.ts";
import { eachLine } from "./scan.ts";
import { type TextSet, textSet } from "./text-set.ts";

/** Whether a file is in any record of the journal; read at the first question. */
export function recordedIn(journalPath: string): (file: string) => boolean {
  let names: TextSet | undefined;
  return (file) => {
    names ??= namesIn(journalPath);
    return names.has(file);
  };
}

function namesIn(journalPath: string): TextSet {
  const names = textSet();
  const fd = openJournal(journalPath);
  try {
    const take = (line: Buffer, start: number, end: number) => {
      const file = entryOf(line, start, end)?.file;
      if (file !== undefined) names.add(file);
    };
    const { bytes } = eachLine(fd, take);
    take(bytes, 0, bytes.length);
  } finally {
    closeSync(fd);
  }
  return names;
}
