// Hashes the bytes that a file already has, so that a digest can continue with what is appended.

import { createHash, type Hash } from "node:crypto";
import { readSync } from "node:fs";

const CHUNK_BYTES = 1_048_576;

/** A SHA-256 that was fed the first `bytes` of an open file. Throws EIO where the file is shorter. */
export function hashOfStart(fd: number, bytes: number): Hash {
  const hash = createHash("sha256");
  const chunk = Buffer.allocUnsafe(Math.min(bytes, CHUNK_BYTES));
  for (let at = 0; at < bytes; ) {
    const read = readSync(fd, chunk, 0, Math.min(chunk.length, bytes - at), at);
    if (read === 0) throw Object.assign(new Error("the file is shorter than it was"), { code: "EIO" });
    hash.update(chunk.subarray(0, read));
    at += read;
  }
  return hash;
}
