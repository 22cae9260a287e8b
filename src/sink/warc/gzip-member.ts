// Encodes a WARC record as a gzip member (RFC 1952): deflated where that makes it smaller, otherwise in stored blocks.

import { promisify } from "node:util";
import type { ZlibOptions } from "node:zlib";
import { RECORD_END } from "./record-head.ts";

/** Returns node:zlib, which is loaded when the first record needs it: a run that writes files would load it for nothing. */
export const zlib = (): typeof import("node:zlib") => process.getBuiltinModule("node:zlib");

/** No name, no time, unknown system. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
export const HEADER_BYTES = HEADER.length;

/**
 * The header of a deflated member whose length is known: with the extra field `sl`, as wget writes it, which has the lengths of the
 * member and of its content. An index is made without inflating whole bodies.
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
const MAX_BLOCK_BYTES = 65_535;

/** The type and the two lengths of a stored block. */
const BLOCK_HEADER_BYTES = 5;

/**
 * A state of zlib that is made anew for each member is mostly memory that is cleared: with windows of 4 KiB, a page of 4 KB costs
 * a third of what the defaults cost, and is 3 % longer.
 */
const DEFLATE = { level: 1, memLevel: 5, windowBits: 12 } as const;

/** Deflates a piece in the thread pool. */
function deflated(piece: Uint8Array): Promise<Buffer> {
  const { constants, deflateRaw } = zlib();
  return promisify<Uint8Array, ZlibOptions, Buffer>(deflateRaw)(piece, {
    ...DEFLATE,
    finishFlush: constants.Z_SYNC_FLUSH,
  });
}

/**
 * Shorter records are stored: deflating saves some 400 bytes of them at most, and costs 14 µs and the memory of a state of zlib, more
 * than all else of a small URL's record. Reading the index of a stored one costs a tenth, too.
 */
const MIN_DEFLATED_BYTES = 2048;

/** A whole member. */
export interface GzipMember {
  readonly bytes: number;
  /** Writes all `bytes`, from position `at`. */
  write(into: Buffer, at: number): void;
}

/** The member of a record: its head (ASCII), its block, and what follows. `isPacked`: deflating is known not to make it smaller. */
export function gzipMember(head: string, block: Uint8Array, isPacked: boolean): GzipMember {
  const length = head.length + block.length + RECORD_END.length;
  if (length <= MAX_BLOCK_BYTES && (isPacked || length < MIN_DEFLATED_BYTES)) return new OneBlock(head, block, length);
  const content = Buffer.allocUnsafe(length);
  compose(head, block, content, 0);
  const packed = isPacked ? undefined : zlib().deflateRawSync(content, DEFLATE);
  const isSmaller = packed !== undefined && packed.length < storedBytes(length);
  return isSmaller ? deflatedMember(packed, content) : storedMember(content);
}

function deflatedMember(packed: Uint8Array, content: Uint8Array): GzipMember {
  const bytes = SIZED_HEADER_BYTES + packed.length + TRAILER_BYTES;
  return {
    bytes,
    write(into, at) {
      into.set(SIZED_HEADER, at);
      into.writeUInt32LE(bytes, at + LENGTHS_AT);
      into.writeUInt32LE(content.length, at + LENGTHS_AT + 4);
      into.set(packed, at + SIZED_HEADER_BYTES);
      writeTrailer(into, at + bytes - TRAILER_BYTES, zlib().crc32(content), content.length);
    },
  };
}

function storedMember(content: Uint8Array): GzipMember {
  const bytes = HEADER_BYTES + storedBytes(content.length) + TRAILER_BYTES;
  return {
    bytes,
    write(into, at) {
      into.set(HEADER, at);
      writeStored(into, at + HEADER_BYTES, content, true);
      writeTrailer(into, at + bytes - TRAILER_BYTES, zlib().crc32(content), content.length);
    },
  };
}

/** A member of one stored block, whose content is composed where it is to be. A class: two are made per URL. */
class OneBlock implements GzipMember {
  readonly bytes: number;
  private readonly head: string;
  private readonly block: Uint8Array;
  private readonly length: number;

  constructor(head: string, block: Uint8Array, length: number) {
    this.head = head;
    this.block = block;
    this.length = length;
    this.bytes = HEADER_BYTES + BLOCK_HEADER_BYTES + length + TRAILER_BYTES;
  }

  write(into: Buffer, at: number): void {
    const { length } = this;
    into.set(HEADER, at);
    writeBlockHeader(into, at + HEADER_BYTES, length, true);
    const from = at + HEADER_BYTES + BLOCK_HEADER_BYTES;
    compose(this.head, this.block, into, from);
    writeTrailer(into, from + length, zlib().crc32(into.subarray(from, from + length)), length);
  }
}

function compose(head: string, block: Uint8Array, into: Buffer, at: number): void {
  into.write(head, at, "latin1");
  into.set(block, at + head.length);
  into.set(RECORD_END, at + head.length + block.length);
}

/** The bytes of members, one after the other. */
export function joined(members: readonly GzipMember[]): Buffer {
  const bytes = Buffer.allocUnsafe(bytesOf(members));
  writeAll(members, bytes, 0);
  return bytes;
}

export function bytesOf(members: readonly GzipMember[]): number {
  let bytes = 0;
  for (const member of members) bytes += member.bytes;
  return bytes;
}

export function writeAll(members: readonly GzipMember[], into: Buffer, at: number): void {
  let end = at;
  for (const member of members) {
    member.write(into, end);
    end += member.bytes;
  }
}

/** A member whose content comes in pieces. */
export interface PiecewiseMember {
  /** Comes first. */
  readonly header: Uint8Array;
  /** Encodes the next piece of the content, without deflating it. */
  store(piece: Uint8Array): Uint8Array;
  /** Encodes the next piece of the content, which may be overwritten afterwards. */
  encode(piece: Uint8Array): Promise<Uint8Array>;
  /** Encodes the last piece, and ends the member. */
  end(piece: Uint8Array): Uint8Array;
}

/** Starts a member. Pieces are deflated in the thread pool, each by itself, and stored where that does not make them smaller. */
export function piecewiseMember(isPacked: boolean): PiecewiseMember {
  let crc = 0;
  let length = 0;
  const add = (piece: Uint8Array) => {
    crc = zlib().crc32(piece, crc);
    length += piece.length;
  };
  const stored = (piece: Uint8Array) => {
    const blocks = Buffer.allocUnsafe(storedBytes(piece.length));
    writeStored(blocks, 0, piece, false);
    return blocks;
  };
  return {
    header: HEADER,
    store(piece) {
      add(piece);
      return stored(piece);
    },
    async encode(piece) {
      add(piece);
      if (!isPacked) {
        // Ends with an empty stored block, at a whole byte: any other block may follow.
        const packed = await deflated(piece);
        if (packed.length < storedBytes(piece.length)) return packed;
      }
      return stored(piece);
    },
    end(piece) {
      add(piece);
      const bytes = storedBytes(piece.length);
      const last = Buffer.allocUnsafe(bytes + TRAILER_BYTES);
      writeStored(last, 0, piece, true);
      writeTrailer(last, bytes, crc, length);
      return last;
    },
  };
}

/** The length of content in stored blocks. */
function storedBytes(length: number): number {
  return length + BLOCK_HEADER_BYTES * Math.max(1, Math.ceil(length / MAX_BLOCK_BYTES));
}

function writeStored(to: Buffer, position: number, content: Uint8Array, isLast: boolean): void {
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

function writeBlockHeader(to: Buffer, at: number, length: number, isLast: boolean): void {
  to[at] = isLast ? 1 : 0;
  to.writeUInt16LE(length, at + 1);
  to.writeUInt16LE(length ^ 0xffff, at + 3);
}

function writeTrailer(to: Buffer, at: number, crc: number, length: number): void {
  to.writeUInt32LE(crc, at);
  to.writeUInt32LE(length % 2 ** 32, at + 4);
}
