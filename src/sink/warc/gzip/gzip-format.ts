// The format of gzip members (RFC 1952) as they are in WARC files: their headers, stored blocks (RFC 1951) and trailers.

/** Returns node:zlib, which is loaded when the first record needs it: a run that writes files would load it for nothing. */
export function zlib(): typeof import("node:zlib") {
  loaded ??= process.getBuiltinModule("node:zlib");
  return loaded;
}

let loaded: typeof import("node:zlib") | undefined;

/** No name, no time, unknown system. */
export const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
export const HEADER_BYTES = HEADER.length;

/**
 * The header of a member whose length is known and found nowhere else: with the extra field `sl`, as wget writes it, which has
 * the lengths of the member and of its content. An index is made without inflating whole bodies.
 */
const SIZED_HEADER = Buffer.from([
  ...HEADER.subarray(0, 3),
  4,
  ...HEADER.subarray(4),
  12,
  0,
  0x73,
  0x6c,
  8,
  0,
  ...Buffer.alloc(8),
]);
const LENGTHS_AT = 16;
export const SIZED_HEADER_BYTES = SIZED_HEADER.length;

/**
 * The most content of such a member, in bytes: its fields hold up to 4 GiB, of which 16 MiB are left for the headers of blocks. A
 * piece of 1 MiB that is stored by itself has 85 bytes of them.
 */
const MAX_SIZED_BYTES = 2 ** 32 - 16_777_216;

/** Whether a member with content of this length can have its lengths in its header, however it is encoded. */
export function canBeSized(contentBytes: number): boolean {
  return contentBytes <= MAX_SIZED_BYTES;
}

/** Writes a header with lengths. `bytes`: of the whole member. */
export function writeSizedHeader(into: Buffer, at: number, bytes: number, contentBytes: number): void {
  into.set(SIZED_HEADER, at);
  into.writeUInt32LE(bytes, at + LENGTHS_AT);
  into.writeUInt32LE(contentBytes, at + LENGTHS_AT + 4);
}

/** Where the data of a member begins whose header begins at `at`, and the member's length, if its header has that. Undefined for others. */
export function readHeader(bytes: Buffer, at = 0): { readonly dataAt: number; readonly length?: number } | undefined {
  if (bytes.length < at + HEADER_BYTES || bytes.readUInt32BE(at) >>> 8 !== 0x1f8b08) return undefined;
  if (bytes[at + 3] === 0) return { dataAt: at + HEADER_BYTES };
  if (bytes.length < at + SIZED_HEADER_BYTES) return undefined;
  const isSized = bytes.compare(SIZED_HEADER, 0, LENGTHS_AT, at, at + LENGTHS_AT) === 0;
  return isSized ? { dataAt: at + SIZED_HEADER_BYTES, length: bytes.readUInt32LE(at + LENGTHS_AT) } : undefined;
}

/** CRC-32 and length of the content. */
export const TRAILER_BYTES = 8;

/** The most that a stored block holds (RFC 1951 section 3.2.4), in bytes. */
export const MAX_BLOCK_BYTES = 65_535;

/** The type and the two lengths of a stored block. */
export const BLOCK_HEADER_BYTES = 5;

/** The length of content in stored blocks. */
export function storedBytes(length: number): number {
  return length + BLOCK_HEADER_BYTES * Math.max(1, Math.ceil(length / MAX_BLOCK_BYTES));
}

export function writeStored(to: Buffer, position: number, content: Uint8Array, isLast: boolean): void {
  let at = position;
  let from = 0;
  do {
    const length = Math.min(MAX_BLOCK_BYTES, content.length - from);
    const isEnd = from + length === content.length;
    writeBlockHeader(to, at, length, isEnd && isLast);
    to.set(content.subarray(from, from + length), at + BLOCK_HEADER_BYTES);
    at += BLOCK_HEADER_BYTES + length;
    from += length;
  } while (from < content.length);
}

/** Pieces of content in stored blocks, none of which is copied. No piece may be empty. `isLast`: nothing follows them. */
export function storedPieces(pieces: readonly Uint8Array[], isLast: boolean): readonly Uint8Array[] {
  const blocks: Uint8Array[] = [];
  for (const [i, piece] of pieces.entries()) {
    for (let from = 0; from < piece.length; from += MAX_BLOCK_BYTES) {
      const block = piece.subarray(from, from + MAX_BLOCK_BYTES);
      const header = Buffer.allocUnsafe(BLOCK_HEADER_BYTES);
      const isEnd = i === pieces.length - 1 && from + block.length === piece.length;
      writeBlockHeader(header, 0, block.length, isEnd && isLast);
      blocks.push(header, block);
    }
  }
  return blocks;
}

export function writeBlockHeader(to: Buffer, at: number, length: number, isLast: boolean): void {
  to[at] = isLast ? 1 : 0;
  to.writeUInt16LE(length, at + 1);
  to.writeUInt16LE(length ^ 0xffff, at + 3);
}

export function writeTrailer(to: Buffer, at: number, crc: number, length: number): void {
  to.writeUInt32LE(crc, at);
  to.writeUInt32LE(length % 2 ** 32, at + 4);
}
