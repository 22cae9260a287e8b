// A second name for a file: a hard link, or a copy where the file system has no links; and rename without replacing.

import {
  closeSync,
  constants,
  copyFile,
  link,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  unlink,
  unlinkSync,
} from "node:fs";
import { promisify } from "node:util";
import { syncFile } from "../../fs/sync.ts";

/** Codes of link(2) where no link can be made: other file system, none supported, too many, not permitted. */
const NO_LINK = new Set(["EXDEV", "EPERM", "EMLINK", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "EACCES"]);

/**
 * Makes `to` a second name of the file `from`; `to` must not exist. `durable`: syncs a copy. Rejects with the error of
 * link(2) or the copy.
 */
export async function linkOrCopy(from: string, to: string, durable: boolean): Promise<void> {
  try {
    return linkSync(from, to);
  } catch (error) {
    if (!NO_LINK.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
  await promisify(copyFile)(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  if (!durable) return;
  const fd = openSync(to, "r");
  try {
    await syncFile(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Renames a file; false if `to` exists. Node has no RENAME_NOREPLACE (renameat2(2)): link and unlink do the same
 * atomically, and where there are no links, a file that is created between lstat and rename is replaced. Throws the
 * error of the system call.
 */
export function renameNoReplace(from: string, to: string): boolean {
  try {
    linkSync(from, to);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code === "EEXIST") return false;
    if (!NO_LINK.has(code)) throw error;
    if (lstatSync(to, { throwIfNoEntry: false }) !== undefined) return false;
    renameSync(from, to);
    return true;
  }
  unlinkSync(from);
  return true;
}

/** As `renameNoReplace`, in the thread pool. False also where no link can be made, or a folder is missing. */
export async function renameNoReplaceAsync(from: string, to: string): Promise<boolean> {
  try {
    await promisify(link)(from, to);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code === "EEXIST" || code === "ENOENT" || NO_LINK.has(code)) return false;
    throw error;
  }
  await promisify(unlink)(from);
  return true;
}
