// Checks files that records name: whether they exist, their length and their SHA-256 digest.

import { closeSync, constants, fstatSync, lstatSync, openSync, type Stats } from "node:fs";
import type { Failed, Job, Outcome } from "../core/job.ts";
import { isSafePath } from "../sink/directory/file-names.ts";
import { inTheWay } from "../sink/folder/output-folder.ts";
import { digestOf } from "../sink/writing.ts";
import { isOfUrl } from "./record-state.ts";

/** Whether a recorded path is safe (the journal may have been edited) and leads to a regular file without any symbolic link. */
export function isOurs(folder: string, file: string): boolean {
  return isSafePath(file) && statsOf(folder, file)?.isFile() === true;
}

/** Whether a file exists with this length; also below "gone/". */
export function isWholeFile(folder: string, file: string, bytes: number | undefined): boolean {
  const stats = statsOf(folder, file);
  return stats?.isFile() === true && stats.size === bytes;
}

/** The SHA-256 digest of a file; undefined if it cannot be read. */
export function sha256Of(folder: string, file: string): string | undefined {
  try {
    const fd = openSync(`${folder}/${file}`, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    try {
      return digestOf(fd, fstatSync(fd).size).digest("hex");
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}

/** Whether the file kept by a line that failed for its digest or name is what the list requires now. */
export function isAccepted(folder: string, { sha256 }: Job, record: Outcome): record is Failed {
  if (record.outcome !== "failed" || isOfUrl(record) || record.file === undefined) return false;
  if (!isWholeFile(folder, record.file, record.bytes)) return false;
  return sha256 === undefined || sha256 === (record.sha256 ?? sha256Of(folder, record.file));
}

function statsOf(folder: string, file: string): Stats | undefined {
  try {
    if (inTheWay(folder, file) !== undefined) return undefined;
    return lstatSync(`${folder}/${file}`, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
