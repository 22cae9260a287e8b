// Digests of WARC records: a label and base32 (RFC 4648), as in `sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ`.

import { createHash, type Hash, hash } from "node:crypto";

export type DigestLabel = "sha1" | "sha256";

export interface Digest {
  /** Its bytes as Latin-1 (which Node also calls binary): a text takes half of the time of a buffer, and less memory. */
  readonly bytes: string;
  /** As a record has it. */
  readonly text: string;
}

/** Returns the digest of these bytes. */
export function digestOf(label: DigestLabel, bytes: Uint8Array): Digest {
  return labelled(label, hash(label, bytes, "binary"));
}

/** Returns the digest of these bytes, one piece after the other. */
export function digestOfPieces(label: DigestLabel, pieces: readonly Uint8Array[]): Digest {
  const { update, result } = startDigest(label);
  for (const piece of pieces) update(piece);
  return result();
}

/** Starts a digest of bytes that come in pieces. */
export function startDigest(label: DigestLabel): { update(piece: Uint8Array): void; result(): Digest } {
  const running: Hash = createHash(label);
  return {
    update: (piece) => void running.update(piece),
    result: () => labelled(label, running.digest("binary")),
  };
}

function labelled(label: DigestLabel, bytes: string): Digest {
  return { bytes, text: `${label}:${base32(bytes)}` };
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const LETTERS = Uint8Array.from(ALPHABET, (letter) => letter.charCodeAt(0));

/** Of bytes as Latin-1. With `=` up to a multiple of eight letters, where the bytes are no multiple of five. */
export function base32(bytes: string): string {
  const into = Buffer.alloc(Math.ceil(bytes.length / 5) * 8, "=");
  writeBase32(bytes, into, 0);
  return into.toString("latin1");
}

/** Writes the letters of base32, without `=` at its end. */
export function writeBase32(bytes: string, into: Uint8Array, at: number): void {
  const end = at + Math.ceil((bytes.length * 8) / 5);
  let bits = 0;
  let bitCount = 0;
  let next = 0;
  for (let i = at; i < end; i++) {
    if (bitCount < 5) {
      bits = ((bits & 31) << 8) | bytes.charCodeAt(next++); // behind the end, NaN counts as 0
      bitCount += 8;
    }
    bitCount -= 5;
    into[i] = LETTERS[(bits >> bitCount) & 31] ?? 0;
  }
}

/** The digest of zeros, which is as long as any other. */
export function blankDigest(label: DigestLabel): string {
  return `${label}:${base32("\0".repeat(BYTES[label]))}`;
}

const BYTES: Readonly<Record<DigestLabel, number>> = { sha1: 20, sha256: 32 };
