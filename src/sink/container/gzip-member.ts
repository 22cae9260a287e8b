// Makes gzip members (RFC 1952): deflated where that saves bytes, stored where the content is packed already or short.

import { constants, crc32, deflateRawSync } from "node:zlib";

/** No file name, no time, unknown operating system (RFC 1952 section 2.3). */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);

/** The longest stored block of deflate (RFC 1951 section 3.2.4). */
const MAX_STORED_BYTES = 65_535;

/** The last block of a deflate stream, empty: fixed codes and their end-of-block (RFC 1951 section 3.2.6). */
const EMPTY_LAST_BLOCK = Buffer.from([3, 0]);

/** zlib allocates and clears its tables for every call: small ones make level 1 four times as fast on 2 KiB. */
const SMALL = { level: 1, memLevel: 5, windowBits: 12 } as const;

/** A member of these pieces, packed or stored, in pieces. */
export function gzipMember(pieces: readonly Uint8Array[], isPacked: boolean): Uint8Array[] {
  let checksum = 0;
  let bytes = 0;
  for (const piece of pieces) {
    checksum = crc32(piece, checksum);
    bytes += piece.length;
  }
  return [HEADER, ...(isPacked ? stored(pieces, bytes) : deflated(pieces)), trailer(checksum, bytes)];
}

/** Blocks as they are: five bytes more for each 65,535. */
export function stored(pieces: readonly Uint8Array[], bytes: number): Uint8Array[] {
  const out: Uint8Array[] = [];
  let left = bytes;
  let room = 0;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      if (room === 0) {
        room = Math.min(MAX_STORED_BYTES, left);
        left -= room;
        out.push(storedHeader(room, left === 0));
      }
      const end = Math.min(piece.length, at + room);
      out.push(piece.subarray(at, end));
      room -= end - at;
      at = end;
    }
  }
  if (bytes === 0) out.push(storedHeader(0, true));
  return out;
}

function storedHeader(length: number, isLast: boolean): Buffer {
  return Buffer.from([isLast ? 1 : 0, length & 0xff, length >>> 8, ~length & 0xff, (~length >>> 8) & 0xff]);
}

function deflated(pieces: readonly Uint8Array[]): Uint8Array[] {
  return [deflateRawSync(pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces), SMALL)];
}

/** CRC-32 and length of the content (RFC 1952 section 2.3.1). */
export function trailer(checksum: number, bytes: number): Buffer {
  const end = Buffer.alloc(8);
  end.writeUInt32LE(checksum, 0);
  end.writeUInt32LE(bytes % 2 ** 32, 4);
  return end;
}

/**
 * A member of any length, piece by piece, with one piece in memory. Each piece is deflated by itself and ends at a byte
 * (Z_SYNC_FLUSH); together they are one stream.
 */
export interface LongMember {
  readonly header: Uint8Array;
  push(piece: Uint8Array): Uint8Array[];
  end(): Uint8Array[];
}

export function longMember(isPacked: boolean): LongMember {
  let checksum = 0;
  let bytes = 0;
  return {
    header: HEADER,
    push(piece) {
      checksum = crc32(piece, checksum);
      bytes += piece.length;
      if (piece.length === 0) return [];
      if (!isPacked) return [deflateRawSync(piece, { ...SMALL, finishFlush: constants.Z_SYNC_FLUSH })];
      return stored([piece], piece.length).map((part, i) => (i % 2 === 0 ? notLast(part) : part));
    },
    end: () => [EMPTY_LAST_BLOCK, trailer(checksum, bytes)],
  };
}

/** The header of a stored block that others follow. */
function notLast(header: Uint8Array): Uint8Array {
  header[0] = 0;
  return header;
}
