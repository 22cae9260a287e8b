// Refuses a list that is most likely a mistake on the command line: a misspelt subcommand, or the folder to save into.

import { existsSync, statSync } from "node:fs";
import { LAYOUT } from "../../core/layout.ts";
import { escaped } from "../../core/text/escape.ts";
import { nearest } from "../../options/nearest.ts";
import { SUBCOMMAND_NAMES } from "../subcommands/subcommands.ts";

/** Returns why a path of the command line is no list, and what was meant; undefined if that is not clear. */
export function mistakenList(paths: readonly string[]): string | undefined {
  for (const [index, path] of paths.entries()) {
    const isThere = path !== "-" && existsSync(path);
    if (!isThere && index === 0 && /^[a-z]{2,12}$/.test(path)) {
      const meant = nearest(path, SUBCOMMAND_NAMES);
      if (meant !== undefined) return `there is no file ${path}; did you mean: bulkget ${meant}?`;
    }
    if (isThere && statSync(path).isDirectory()) return folderHint(path, paths.length);
  }
  return undefined;
}

/** A path that can be typed as it is. */
const PLAIN = /^[\w./][\w./-]*$/;

/** A folder as the only list is most likely an earlier run's, and beside a list the one to save into. */
function folderHint(path: string, count: number): string {
  const refusal = `${escaped(path)}: the list cannot be read: it is a folder`;
  if (!PLAIN.test(path)) return refusal;
  const folder = path.replace(/(?<=.)\/+$/, "");
  const failures = `${folder}/${LAYOUT.failedList}`;
  if (count === 1 && existsSync(failures))
    return `${refusal}; to try its failures again: bulkget ${failures} -o ${folder}`;
  return `${refusal}; to save into it: -o ${folder}`;
}
