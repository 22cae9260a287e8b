// Writes all bytes or throws: a full disk may accept a part of a write without an error, and only the next write fails.

import { writeSync, writev, writevSync } from "node:fs";
import { promisify } from "node:util";

const writevAsync = promisify(writev);

/**
 * Writes all bytes at the file's position. Returns their number. `onProgress` is called with the number of bytes
 * written so far, also before a write that throws.
 */
export function writeAllSync(
  fd: number,
  pieces: readonly Uint8Array[],
  onProgress?: (writtenBytes: number) => void,
): number {
  const [first] = pieces;
  if (first === undefined) return 0;
  let written = pieces.length === 1 ? writeSync(fd, first) : writevSync(fd, pieces);
  onProgress?.(written);
  const bytes = lengthOf(pieces);
  while (written < bytes) {
    written += progress(writevSync(fd, after(pieces, written)));
    onProgress?.(written);
  }
  return bytes;
}

/** As `writeAllSync`, in the thread pool. */
export async function writeAll(fd: number, pieces: readonly Uint8Array[]): Promise<number> {
  const bytes = lengthOf(pieces);
  let { bytesWritten: written } = await writevAsync(fd, pieces);
  while (written < bytes) written += progress((await writevAsync(fd, after(pieces, written))).bytesWritten);
  return bytes;
}

/** The sum of the pieces' lengths, in bytes. */
export function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/** Throws where a write accepted nothing and reported no error: repeating it would never end. */
function progress(writtenBytes: number): number {
  if (writtenBytes > 0) return writtenBytes;
  throw Object.assign(new Error("the disk takes no more bytes"), { code: "ENOSPC" });
}

/** The pieces without their first `bytes`. */
export function after(pieces: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skip = bytes;
  return pieces.flatMap((piece) => {
    const skipped = Math.min(skip, piece.length);
    skip -= skipped;
    return skipped === piece.length ? [] : [piece.subarray(skipped)];
  });
}
