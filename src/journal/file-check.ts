// Whether the file that a record names is in its folder, with the length that the record gives; never through a link.

import type { lstatSync } from "node:fs";

/** Looks for a file: `file` relative to the folder, with `/` between folders. Never throws. */
export type FileCheck = (file: string, bytes: number) => boolean;

/** Uses nothing from outside: its own text is what a second thread runs. */
export function fileChecker(lstat: typeof lstatSync, folder: string): FileCheck {
  const quietly = { throwIfNoEntry: false } as const;
  // Records of one folder mostly come together.
  let known: string | undefined;

  /** Undefined for whatever cannot be looked at: then the file is fetched again, and writing it says why. */
  const statsOf = (path: string) => {
    try {
      return lstat(path, quietly);
    } catch {
      return undefined;
    }
  };

  /** Whether all folders above a file are folders of their own, not links to elsewhere. */
  const isWithin = (file: string): boolean => {
    const above = file.slice(0, file.lastIndexOf("/"));
    if (above === known) return true;
    const parts = above.split("/");
    const real = parts.every((part, i) => {
      if (part === "" || part === "." || part === "..") return false; // a journal may have been tampered with
      return statsOf(`${folder}/${parts.slice(0, i + 1).join("/")}`)?.isDirectory() === true;
    });
    if (real) known = above;
    return real;
  };

  return (file, bytes) => {
    if (file.includes("/") && !isWithin(file)) return false;
    const stats = statsOf(`${folder}/${file}`);
    return stats !== undefined && stats.size === bytes && stats.isFile();
  };
}
