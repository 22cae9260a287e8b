// Checks whether a recorded file exists in its folder with the recorded length, without following symbolic links.

import type { lstatSync } from "node:fs";

/** Whether `file`, a path relative to the folder with `/` between folders, has this length. Never throws. */
export type FileCheck = (file: string, bytes: number) => boolean;

/** Refers to nothing outside itself: the second thread runs its source text. */
export function fileChecker(lstat: typeof lstatSync, folder: string): FileCheck {
  const quietly = { throwIfNoEntry: false } as const;
  /** The folder that was checked last: consecutive records mostly have the same one. */
  let checkedFolder: string | undefined;

  /** Undefined if lstat fails: the URL is then fetched again, and the write reports the error. */
  const statsOf = (path: string) => {
    try {
      return lstat(path, quietly);
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

  return (file, bytes) => {
    if (file.includes("/") && !isBelowDirectories(file)) return false;
    const stats = statsOf(`${folder}/${file}`);
    return stats !== undefined && stats.size === bytes && stats.isFile();
  };
}
