// The folder "gone", where files of removed lines are kept: whether it is a run's, and whether it can be used.

import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { JournalError } from "../core/errors.ts";
import { LAYOUT, REMOVED } from "../core/layout.ts";
import { journalKind } from "../journal/repair.ts";
import { makeFolder } from "../sink/folder/output-folder.ts";

/** Whether a run has kept files in "gone": the folder has a journal. A folder without one is the user's. */
export function hasRemovedLines(folder: string): boolean {
  const path = join(folder, REMOVED);
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return false;
  try {
    return ["ours", "empty"].includes(journalKind(join(path, LAYOUT.journal)));
  } catch (error) {
    if (error instanceof JournalError) return false;
    throw error;
  }
}

export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Makes the folder if it does not exist. Returns whether it is an empty folder. Throws file-system errors. */
export function isEmptyFolder(path: string): boolean {
  if (!isThere(path)) makeFolder(path);
  return lstatSync(path).isDirectory() && readdirSync(path).length === 0;
}

/** For example ".html" or ".tar.gz"; "" if the file has no extension. */
export function extensionOf(file: string): string {
  return /[^/](\.tar)?(\.[^./]{1,20})$/.exec(file)?.slice(1).join("") ?? "";
}
