// The files that records name: whether they are there, whole, and what their digest is.

import { closeSync, constants, fstatSync, lstatSync, openSync, type Stats } from "node:fs";
import type { Failed, Job, Outcome } from "../core/job.ts";
import { isSafePath } from "../sink/directory/file-names.ts";
import { inTheWay } from "../sink/folder/output-folder.ts";
import { digestOf } from "../sink/writing.ts";
import { isOfUrl } from "./record-state.ts";

/** Whether a file can be a run's, and is there: no link, and no link on its way. A journal may have been tampered with. */
export function isOurs(folder: string, file: string): boolean {
  return isSafePath(file) && statsOf(folder, file)?.isFile() === true;
}

/** Whether a file is there with this length; "gone/…" as well. */
export function isWholeFile(folder: string, file: string, bytes: number | undefined): boolean {
  const stats = statsOf(folder, file);
  return stats?.isFile() === true && stats.size === bytes;
}

/** The SHA-256 of a whole file; undefined where it cannot be read. */
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

/** Whether a file that was kept where the line failed for its digest or its name is what the list wants by now. */
export function isRight(folder: string, { sha256 }: Job, record: Outcome): record is Failed {
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
