// Writes WARC 1.1 records (ISO 28500:2017): the header fields, the block, and the digests over it.

import { type BinaryLike, createHash, randomUUID } from "node:crypto";

export type WarcType = "metadata" | "request" | "response" | "revisit" | "warcinfo";

export interface WarcRecord {
  readonly type: WarcType;
  /** A URI: `recordId()`. */
  readonly id: string;
  /** WARC-Date. The records of one capture have the same. */
  readonly date: string;
  readonly contentType: string;
  /** Further fields by their names, in this order. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** The content, in pieces. */
  readonly block: readonly Uint8Array[];
}

/** What follows a block (section 4 of the standard). */
const END = Buffer.from("\r\n\r\n");

export function recordId(): string {
  return `<urn:uuid:${randomUUID()}>`;
}

/** The record in pieces, not compressed. Field values must not have line breaks. */
export function warcRecord({ type, id, date, contentType, fields, block }: WarcRecord): Uint8Array[] {
  let bytes = 0;
  for (const piece of block) bytes += piece.length;
  const lines = [
    "WARC/1.1",
    `WARC-Type: ${type}`,
    `WARC-Record-ID: ${id}`,
    `WARC-Date: ${date}`,
    ...fields.map(([name, value]) => `${name}: ${value}`),
    `WARC-Block-Digest: ${digestOf(block)}`,
    `Content-Type: ${contentType}`,
    `Content-Length: ${bytes}`,
  ];
  return [Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), ...block, END];
}

/** A labelled digest as archives have it: SHA-1 in base32 (section 5.8 of the standard leaves the algorithm open). */
export function digestOf(pieces: readonly Uint8Array[]): string {
  const digest = createHash("sha1");
  for (const piece of pieces) digest.update(piece as BinaryLike);
  return `sha1:${base32(digest.digest())}`;
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Base32 without padding (RFC 4648 section 6); SHA-1 has a multiple of five bytes, which needs none. */
export function base32(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += ALPHABET[(value >>> (bits - 5)) & 31];
    value &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + ALPHABET[(value << (5 - bits)) & 31];
}
