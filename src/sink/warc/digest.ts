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

/** Two letters for each ten bits. */
const PAIRS = Array.from({ length: 1024 }, (_, i) => `${ALPHABET[i >> 5]}${ALPHABET[i & 31]}`);

/** Of bytes as Latin-1. With `=` up to a multiple of eight letters, where the bytes are no multiple of five. */
export function base32(bytes: string): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 5) {
    // What lies behind the end counts as 0: NaN in a bitwise operation.
    const c = bytes.charCodeAt(i + 2);
    const high = (bytes.charCodeAt(i) << 12) | (bytes.charCodeAt(i + 1) << 4) | (c >> 4);
    const low = ((c & 15) << 16) | (bytes.charCodeAt(i + 3) << 8) | bytes.charCodeAt(i + 4);
    text +=
      (PAIRS[high >> 10] ?? "") + (PAIRS[high & 1023] ?? "") + (PAIRS[low >> 10] ?? "") + (PAIRS[low & 1023] ?? "");
  }
  const spare = (5 - (bytes.length % 5)) % 5;
  if (spare === 0) return text;
  const letters = Math.floor((spare * 8) / 5);
  return text.slice(0, text.length - letters) + "=".repeat(letters);
}
