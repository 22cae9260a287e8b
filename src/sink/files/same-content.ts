// Compares the content of two files: a received body, and an existing file that may be the same body from an earlier run.

import { closeSync, fstatSync, fsyncSync, read, readSync } from "node:fs";
import { promisify } from "node:util";
import { openToRead } from "../../fs/open-nofollow.ts";
import { syncFile } from "../../fs/sync.ts";

const CHUNK_BYTES = 262_144;

const readAsync = promisify(read);

/**
 * Compares an open file of `bytes` bytes with the file at `path`; links are not followed. `durable`: syncs the file at
 * `path` if it is equal. Throws the error of read(2) or fsync(2).
 */
export function hasSameContent(fd: number, bytes: number, path: string, durable: boolean): boolean {
  const other = openIfLength(path, bytes);
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

/** As `hasSameContent`, in the thread pool. */
export async function hasSameContentAsync(fd: number, bytes: number, path: string, durable: boolean): Promise<boolean> {
  const other = openIfLength(path, bytes);
  if (other === undefined) return false;
  try {
    const [one, two] = [Buffer.allocUnsafe(CHUNK_BYTES), Buffer.allocUnsafe(CHUNK_BYTES)];
    for (let at = 0; at < bytes; at += CHUNK_BYTES) {
      const length = Math.min(CHUNK_BYTES, bytes - at);
      const reads = [await readAsync(fd, one, 0, length, at), await readAsync(other, two, 0, length, at)];
      if (reads.some(({ bytesRead }) => bytesRead !== length)) return false;
      if (one.compare(two, 0, length, 0, length) !== 0) return false;
    }
    if (durable) await syncFile(other);
    return true;
  } finally {
    closeSync(other);
  }
}

/** Opens a regular file of this length for reading; undefined for anything else, or what cannot be read. */
function openIfLength(path: string, bytes: number): number | undefined {
  let fd: number;
  try {
    fd = openToRead(path);
  } catch {
    return undefined;
  }
  const stats = fstatSync(fd);
  if (stats.isFile() && stats.size === bytes) return fd;
  closeSync(fd);
  return undefined;
}
