// All of it or an error: writes that a full disk cannot shorten in silence, and the digest of what was written.

import { createHash, type Hash } from "node:crypto";
import { close, closeSync, fsync, fsyncSync, open, openSync, readSync, writeSync, writev, writevSync } from "node:fs";
import { promisify } from "node:util";

const writevLater = promisify(writev);
const opened = promisify(open) as (path: string, flags: string) => Promise<number>;
const closed = promisify(close);

/** `fsync` off the event loop. */
export const sync = promisify(fsync);

/** Brings a folder's names to the disk. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** The same in the thread pool. */
export async function syncAsync(folder: string): Promise<void> {
  const fd = await opened(folder, "r");
  try {
    await sync(fd);
  } finally {
    await closed(fd);
  }
}

/** The same at once. */
export function syncFolderAsync(folder: string): void {
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Writes all of it. A full disk may take a part without an error: only the next write says so. Gives the bytes. */
export function writeAllSync(fd: number, pieces: readonly Uint8Array[]): number {
  const [first] = pieces;
  if (first === undefined) return 0;
  let written = pieces.length === 1 ? writeSync(fd, first) : writevSync(fd, pieces);
  const bytes = lengthOf(pieces);
  while (written < bytes) written += progress(writevSync(fd, after(pieces, written)));
  return bytes;
}

/** The same in the thread pool. */
export async function writeAll(fd: number, pieces: readonly Uint8Array[]): Promise<number> {
  const bytes = lengthOf(pieces);
  let { bytesWritten: written } = await writevLater(fd, pieces);
  while (written < bytes) written += progress((await writevLater(fd, after(pieces, written))).bytesWritten);
  return bytes;
}

/** Starts a SHA-256 with the first `bytes` of a file that is there already. */
export function digestOf(fd: number, bytes: number): Hash {
  const hash = createHash("sha256");
  const chunk = Buffer.allocUnsafe(Math.min(bytes, 1_048_576));
  for (let at = 0; at < bytes; ) {
    const read = readSync(fd, chunk, 0, Math.min(chunk.length, bytes - at), at);
    if (read === 0) throw Object.assign(new Error("the file is shorter than it was"), { code: "EIO" });
    hash.update(chunk.subarray(0, read));
    at += read;
  }
  return hash;
}

/** A write that takes nothing and says nothing would be tried for ever. */
function progress(written: number): number {
  if (written > 0) return written;
  throw Object.assign(new Error("the disk takes no more bytes"), { code: "ENOSPC" });
}

export function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/** What is left of the pieces after the first `bytes`. */
function after(pieces: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skip = bytes;
  return pieces.flatMap((piece) => {
    const skipped = Math.min(skip, piece.length);
    skip -= skipped;
    return skipped === piece.length ? [] : [piece.subarray(skipped)];
  });
}
