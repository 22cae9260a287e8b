// Checks whether the body that a record names is still stored: a regular file of its length, reached without links.

import { lstatSync } from "node:fs";
import { isSafeHeadersPath, isSafePath } from "./safe-path.ts";

/** Where a body is stored; every record with a file is one. */
export interface Location {
  /** Path relative to the output folder, with `/` between folders. */
  readonly file: string;
  /** Length of the body in bytes; undefined if it was not recorded: such a body does not count as stored. */
  readonly bytes?: number | undefined;
  /** Where the body begins in the file, in bytes. Undefined, as for all outputs today: the body is the whole file. */
  readonly offset?: number | undefined;
}

/** `file`, `bytes` and `offset` of a Location. Never throws. */
export type LocationCheck = (file: string, bytes: number | undefined, offset?: number) => boolean;

/** Whether the body that a record names is still there. The path is checked too: the record may have been edited. */
export function isStillThere(folder: string, { file, bytes, offset }: Location): boolean {
  return isSafePath(file) && locationChecker(folder)(file, bytes, offset);
}

/** Whether a regular file of any length is there: one to rename, replace or remove. */
export function isSavedFile(folder: string, file: string): boolean {
  return isSafePath(file) && locationChecker(folder, true)(file, undefined);
}

/** Returns the head that a record names, if it is there. The record may have been edited, or may have none. */
export function savedHeaders(folder: string, record: object): string | undefined {
  const { headers_file: file } = record as { readonly headers_file?: unknown };
  if (typeof file !== "string" || !isSafeHeadersPath(file)) return undefined;
  return locationChecker(folder, true)(file, undefined) ? file : undefined;
}

/** The check of many locations, for paths that passed `isSafePath` when their records were parsed. */
export function locationChecker(folder: string, anyLength = false): LocationCheck {
  /** The folder that was checked last: consecutive records mostly have the same one. */
  let checkedFolder: string | undefined;

  /** Undefined if lstat fails: the URL is then fetched again, and the write reports the error. */
  const statsOf = (path: string) => {
    try {
      return lstatSync(path, { throwIfNoEntry: false });
    } catch {
      return undefined;
    }
  };

  /** Whether every folder on the way to the file is a directory and no symbolic link. */
  const isBelowDirectories = (file: string): boolean => {
    const above = file.slice(0, file.lastIndexOf("/"));
    if (above === checkedFolder) return true;
    const parts = above.split("/");
    const areDirectories = parts.every((part, i) => {
      if (part === "" || part === "." || part === "..") return false; // a path that no run writes: the journal was edited
      return statsOf(`${folder}/${parts.slice(0, i + 1).join("/")}`)?.isDirectory() === true;
    });
    if (areDirectories) checkedFolder = above;
    return areDirectories;
  };

  return (file, bytes, offset) => {
    if (file.includes("/") && !isBelowDirectories(file)) return false;
    const stats = statsOf(`${folder}/${file}`);
    if (stats === undefined || !stats.isFile()) return false;
    if (anyLength) return true;
    if (bytes === undefined) return false;
    return offset === undefined ? stats.size === bytes : stats.size >= offset + bytes;
  };
}
