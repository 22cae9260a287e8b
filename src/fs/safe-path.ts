// Path traversal guard: whether a recorded file name stays inside the output folder and is not reserved.

import { lstatSync, realpathSync } from "node:fs";
import { join, sep } from "node:path";
import { HEADERS_ENDING, OWN_ENDING, OWN_FILES, REMOVED } from "../core/layout.ts";

/** Empty, absolute, hidden, `..`, a separator or drive of Windows, NUL, an own file of the folder, an incomplete body, a head. */
const UNSAFE_PATH = new RegExp(
  `^$|(^|/)(\\.|/|$)|[\\\\:\\0]|^(${OWN_FILES})$|^${REMOVED}($|/)|${OWN_ENDING.source}`,
  "i",
);

/** Whether `file`, relative to the output folder, can be a body that a run has saved. Looks at the text alone. */
export function isSafePath(file: string): boolean {
  return !UNSAFE_PATH.test(file);
}

/** Whether `file`, relative to the output folder, can be a head that a run has saved. Looks at the text alone. */
export function isSafeHeadersPath(file: string): boolean {
  return file.endsWith(HEADERS_ENDING) && isSafePath(`${file}_`);
}

/**
 * The first folder on the path of `file` below `folder` that exists and is not a folder: a link, a file. Undefined
 * where there is none. The last part of the path is not looked at. Throws the error of lstat(2).
 */
export function nonFolderOnPath(folder: string, file: string): string | undefined {
  for (let slash = file.indexOf("/"); slash >= 0; slash = file.indexOf("/", slash + 1)) {
    const above = file.slice(0, slash);
    const stats = lstatSync(`${folder}/${above}`, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    if (!stats.isDirectory()) return above;
  }
  return undefined;
}

/** Whether a path, after following all links, lies below a folder. False for a path that does not exist. */
export function isInside(folder: string, path: string): boolean {
  try {
    return realpathSync(path).startsWith(join(realpathSync(folder), sep));
  } catch {
    return false;
  }
}
