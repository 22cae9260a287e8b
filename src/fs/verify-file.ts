// Verifies that a saved file exists with its recorded length, and that neither it nor a folder on its path is a link.

import { lstatSync, type Stats } from "node:fs";
import { isSafePath, nonFolderOnPath } from "./safe-path.ts";

/** The status of a file below `folder`; undefined where it is missing, cannot be read, or lies behind a link. */
function statsOf(folder: string, file: string): Stats | undefined {
  try {
    if (nonFolderOnPath(folder, file) !== undefined) return undefined;
    return lstatSync(`${folder}/${file}`, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Whether `file` can be a saved body, and a regular file is there. A journal may have been tampered with. */
export function isSavedFile(folder: string, file: string): boolean {
  return isSafePath(file) && statsOf(folder, file)?.isFile() === true;
}

/** Whether a regular file of this length is there; the name may be any. False for a length that is not known. */
export function isWholeFile(folder: string, file: string, bytes: number | undefined): boolean {
  const stats = statsOf(folder, file);
  return stats?.isFile() === true && stats.size === bytes;
}
