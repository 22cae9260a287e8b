// Brings files and the names in a folder to the disk (fsync), so that they survive a power loss.

import { close, closeSync, fsync, fsyncSync, open, openSync } from "node:fs";
import { promisify } from "node:util";

const openAsync = promisify(open) as (path: string, flags: string) => Promise<number>;
const closeAsync = promisify(close);

/** fsync(2) of an open file, in the thread pool. */
export const syncFile = promisify(fsync);

/** fsync(2) of a folder: its names are on the disk when this returns. Throws the error of open(2) or fsync(2). */
export function syncFolderSync(folder: string): void {
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** As `syncFolderSync`, in the thread pool. */
export async function syncFolder(folder: string): Promise<void> {
  const fd = await openAsync(folder, "r");
  try {
    await syncFile(fd);
  } finally {
    await closeAsync(fd);
  }
}

/** Codes of pipes, devices and file systems that cannot be synced (fsync(2)). */
const NOT_SYNCABLE = new Set(["EINVAL", "ENOSYS", "ENOTSUP", "EOPNOTSUPP"]);

/** Whether an error of fsync(2) means that the file cannot be synced at all, so that nothing is lost. */
export function isNotSyncable(error: unknown): boolean {
  return NOT_SYNCABLE.has((error as NodeJS.ErrnoException).code ?? "");
}
