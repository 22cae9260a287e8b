// Encodes a WARC record as a gzip member (RFC 1952): deflated where that makes it smaller, otherwise in stored blocks.

import { lengthOf } from "../../../fs/write-all.ts";
import { deflatedBehind, isDeflatable, samplesIn } from "../gzip/deflate.ts";
import {
  BLOCK_HEADER_BYTES,
  HEADER,
  HEADER_BYTES,
  MAX_BLOCK_BYTES,
  SIZED_HEADER_BYTES,
  storedBytes,
  storedPieces,
  TRAILER_BYTES,
  writeBlockHeader,
  writeSizedHeader,
  writeStored,
  writeTrailer,
  zlib,
} from "../gzip/gzip-format.ts";
import { RECORD_END } from "./record-head.ts";

/**
 * A state of zlib that is made anew for each member is mostly memory that is cleared: with windows of 4 KiB, a page of 4 KB costs
 * a third of what the defaults cost, and is 3 % longer.
 */
const DEFLATE = { level: 1, memLevel: 5, windowBits: 12 } as const;

/**
 * Shorter records are stored: deflating saves some 400 bytes of them at most, and costs 14 µs and the memory of a state of zlib, more
 * than all else of a small URL's record. Reading the index of a stored one costs a tenth, too.
 */
export const MIN_DEFLATED_BYTES = 2048;

/** A whole member. */
export interface GzipMember {
  readonly bytes: number;
  /** Writes all `bytes`, from position `at`. */
  write(into: Buffer, at: number): void;
  /** All `bytes`, to be written from where they are. Absent in members that are composed. */
  readonly pieces?: readonly Uint8Array[];
}

/** The member of a record: its head (ASCII), its block, and what follows. `isPacked`: deflating is known not to make it smaller. */
export function gzipMember(head: string, block: Uint8Array, isPacked: boolean): GzipMember {
  const length = head.length + block.length + RECORD_END.length;
  if (length <= MAX_BLOCK_BYTES && (isPacked || length < MIN_DEFLATED_BYTES)) return new OneBlock(head, block, length);
  const content = Buffer.allocUnsafe(length);
  compose(head, block, content, 0);
  const isTried = !isPacked && isDeflatable(samplesIn([block], block.length));
  const packed = isTried ? zlib().deflateRawSync(content, DEFLATE) : undefined;
  const isSmaller = packed !== undefined && packed.length < storedBytes(length);
  return isSmaller ? deflatedMember(packed, content) : storedMember(content);
}

function deflatedMember(packed: Uint8Array, content: Uint8Array): GzipMember {
  const bytes = SIZED_HEADER_BYTES + packed.length + TRAILER_BYTES;
  return {
    bytes,
    write(into, at) {
      writeSizedHeader(into, at, bytes, content.length);
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

/** As `gzipMember`, of a long block in pieces, which stay as they are until the member is written. Deflates in the thread pool. */
export async function memberOfPieces(
  head: string,
  block: readonly Uint8Array[],
  isPacked: boolean,
): Promise<GzipMember> {
  const pieces = [Buffer.from(head, "latin1"), ...block.filter(({ length }) => length > 0), RECORD_END];
  const length = lengthOf(pieces);
  let crc = 0;
  for (const piece of pieces) crc = zlib().crc32(piece, crc);
  const blocks = storedPieces(pieces, true);
  const isTried = !isPacked && isDeflatable(samplesIn(block, lengthOf(block)));
  const packed = isTried ? await deflatedBehind(Buffer.concat(pieces)) : undefined;
  const data = packed !== undefined && packed.length < lengthOf(blocks) ? [packed] : blocks;
  const bytes = SIZED_HEADER_BYTES + lengthOf(data) + TRAILER_BYTES;
  const header = Buffer.allocUnsafe(SIZED_HEADER_BYTES);
  writeSizedHeader(header, 0, bytes, length);
  const trailer = Buffer.allocUnsafe(TRAILER_BYTES);
  writeTrailer(trailer, 0, crc, length);
  const all = [header, ...data, trailer];
  return {
    bytes,
    pieces: all,
    write(into, at) {
      let end = at;
      for (const piece of all) {
        into.set(piece, end);
        end += piece.length;
      }
    },
  };
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
