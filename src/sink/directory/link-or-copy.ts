// A second name for a file that is there: a hard link, or a copy where the file system has no links, or no more of them.

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

/** What systems say that have no link to give: another file system, none at all, too many, not allowed (link(2)). */
const NO_LINK = new Set(["EXDEV", "EPERM", "EMLINK", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "EACCES"]);

/** Gives the file `from` the name `to`, which must be free; a copy is on the disk then, if `durable`. Rejects with what the system says. */
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

/** Gives a file another name; false if somebody has that already, whenever they took it. Throws what the system says. */
export function renameInto(from: string, to: string): boolean {
  try {
    linkSync(from, to);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code === "EEXIST") return false;
    if (!NO_LINK.has(code)) throw error;
    if (lstatSync(to, { throwIfNoEntry: false }) !== undefined) return false;
    renameSync(from, to); // no links here: what comes between the look and this is lost
    return true;
  }
  unlinkSync(from);
  return true;
}

/** The same in the thread pool; false also where that cannot be told by a link: then `moved` has to look. */
export async function renameIntoAsync(from: string, to: string): Promise<boolean> {
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
