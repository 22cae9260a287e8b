// A saved file counts only as a regular file inside the folder, with its recorded length, and behind no link.

import { lstatSync } from "node:fs";
import { locationChecker } from "./location.ts";

/** Whether a regular file of this length is there; the name may be any. False for a length that is not known. */
export function isWholeFile(folder: string, file: string, bytes: number | undefined): boolean {
  return locationChecker(lstatSync, folder)(file, bytes);
}
