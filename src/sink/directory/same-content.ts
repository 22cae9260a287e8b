// Whether two files have the same bytes: a body that has arrived, and a file that may be the same body of an earlier run.

import { closeSync, fstatSync, fsyncSync, read, readSync } from "node:fs";
import { promisify } from "node:util";
import { openToRead } from "../../fs/open-nofollow.ts";
import { syncFile } from "../../fs/sync.ts";

const CHUNK_BYTES = 262_144;

const readOf = promisify(read);

/**
 * Compares a body, an open file of so many bytes, with what lies at a path, no link followed; `durable`: and brings that to
 * the disk, if it is the same. Throws what the file system says.
 */
export function hasSameContent(fd: number, bytes: number, path: string, durable: boolean): boolean {
  const other = opened(path, bytes);
  if (other === undefined) return false;
  try {
    const [one, two] = [Buffer.allocUnsafe(CHUNK_BYTES), Buffer.allocUnsafe(CHUNK_BYTES)];
    for (let at = 0; at < bytes; at += CHUNK_BYTES) {
      const length = Math.min(CHUNK_BYTES, bytes - at);
      const isRead = readSync(fd, one, 0, length, at) === length && readSync(other, two, 0, length, at) === length;
      if (!isRead || one.compare(two, 0, length, 0, length) !== 0) return false;
    }
    if (durable) fsyncSync(other);
    return true;
  } finally {
    closeSync(other);
  }
}

/** The same in the thread pool, for what may be long. */
export async function hasSameContentAsync(fd: number, bytes: number, path: string, durable: boolean): Promise<boolean> {
  const other = opened(path, bytes);
  if (other === undefined) return false;
  try {
    const [one, two] = [Buffer.allocUnsafe(CHUNK_BYTES), Buffer.allocUnsafe(CHUNK_BYTES)];
    for (let at = 0; at < bytes; at += CHUNK_BYTES) {
      const length = Math.min(CHUNK_BYTES, bytes - at);
      const reads = [await readOf(fd, one, 0, length, at), await readOf(other, two, 0, length, at)];
      if (reads.some(({ bytesRead }) => bytesRead !== length)) return false;
      if (one.compare(two, 0, length, 0, length) !== 0) return false;
    }
    if (durable) await syncFile(other);
    return true;
  } finally {
    closeSync(other);
  }
}

/** Opens a file of this length to read it; undefined for anything else. */
function opened(path: string, bytes: number): number | undefined {
  let fd: number;
  try {
    fd = openToRead(path);
  } catch {
    return undefined; // it cannot be read, or is gone
  }
  const stats = fstatSync(fd);
  if (stats.isFile() && stats.size === bytes) return fd;
  closeSync(fd);
  return undefined;
}
