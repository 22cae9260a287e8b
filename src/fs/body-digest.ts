// Computes the digests of a body while it is written: SHA-256 for the record, and those that its line requires.

import { type BinaryLike, createHash, type Hash } from "node:crypto";
import { readSync } from "node:fs";
import { DIGEST_NAMES, type DigestName, type Digests, hasDigests, mismatchedDigest } from "../core/digest.ts";
import type { Failure } from "../core/failure.ts";

const CHUNK_BYTES = 1_048_576;

export interface BodyDigest {
  update(piece: Uint8Array): void;
  /** Called once, after the last piece. */
  result(): Digests;
}

/** Starts the digests of a body; undefined if none is required. `hash`: SHA-256 for every body. */
export function bodyDigest(wanted: Digests, hash: boolean): BodyDigest | undefined {
  if (!hash && !hasDigests(wanted)) return undefined;
  return digestBy(DIGEST_NAMES.filter((name) => wanted[name] !== undefined || (hash && name === "sha256")));
}

/** Starts these digests. */
export function digestBy(names: readonly DigestName[]): BodyDigest {
  const hashes = names.map((name): readonly [DigestName, Hash] => [name, createHash(name)]);
  return {
    update(piece) {
      for (const [, hash] of hashes) hash.update(piece as BinaryLike);
    },
    result: () => Object.fromEntries(hashes.map(([name, hash]) => [name, hash.digest("hex")])),
  };
}

/** Adds the first `bytes` of an open file, for a body that is resumed. Throws EIO if the file is shorter. */
export function updateFromFile(digest: BodyDigest, fd: number, bytes: number): void {
  const chunk = Buffer.allocUnsafe(Math.min(bytes, CHUNK_BYTES));
  for (let at = 0; at < bytes; ) {
    const read = readSync(fd, chunk, 0, Math.min(chunk.length, bytes - at), at);
    if (read === 0) throw Object.assign(new Error("the file is shorter than it was"), { code: "EIO" });
    digest.update(chunk.subarray(0, read));
    at += read;
  }
}

/** The failure of a body without a digest that the list requires; undefined if it has all of them. */
export function mismatchOf(wanted: Digests, actual: Digests = {}): Failure | undefined {
  const name = mismatchedDigest(wanted, actual);
  if (name === undefined) return undefined;
  return { error: "checksum_mismatch", detail: `${name} is ${actual[name]}, the list says ${wanted[name]}` };
}
