// Encodes a WARC record as a gzip member whose content comes in pieces: each is deflated by itself, or stored.

import { lengthOf } from "../../../fs/write-all.ts";
import { deflatedBehind } from "./deflate.ts";
import {
  canBeSized,
  HEADER,
  SIZED_HEADER_BYTES,
  storedBytes,
  storedPieces,
  TRAILER_BYTES,
  writeSizedHeader,
  writeStored,
  writeTrailer,
  zlib,
} from "./gzip-format.ts";

/** A member whose content comes in pieces. */
export interface PiecewiseMember {
  /** Comes first. */
  readonly header: Uint8Array;
  /** Encodes the next piece of the content, without deflating it. */
  store(piece: Uint8Array): Uint8Array;
  /** Encodes the next piece of the content, which may be overwritten when the result is written. */
  encode(piece: Uint8Array): Promise<readonly Uint8Array[]>;
  /** Encodes the last piece, and ends the member. */
  end(piece: Uint8Array): Uint8Array;
  /** Returns the header that replaces the first one when the member has ended: with the lengths. Absent where it has no room for them. */
  readonly endedHeader?: () => Uint8Array;
}

/** Starts a member. `contentBytes`: the length of all pieces. Pieces are stored where deflating does not make them smaller. */
export function piecewiseMember(contentBytes: number, isPacked: boolean): PiecewiseMember {
  const isSized = canBeSized(contentBytes);
  let crc = 0;
  let length = 0;
  let bytes = 0;
  const add = (piece: Uint8Array) => {
    crc = zlib().crc32(piece, crc);
    length += piece.length;
  };
  const counted = (encoded: readonly Uint8Array[]) => {
    bytes += lengthOf(encoded);
    return encoded;
  };
  const sizedHeader = () => {
    const header = Buffer.allocUnsafe(SIZED_HEADER_BYTES);
    writeSizedHeader(header, 0, bytes, length);
    return header;
  };
  const header = isSized ? sizedHeader() : HEADER;
  counted([header]);
  return {
    header,
    store(piece) {
      add(piece);
      const blocks = Buffer.allocUnsafe(storedBytes(piece.length));
      writeStored(blocks, 0, piece, false);
      counted([blocks]);
      return blocks;
    },
    async encode(piece) {
      add(piece);
      if (isPacked) return counted(storedPieces([piece], false));
      // Ends with an empty stored block, at a whole byte: any other block may follow.
      const packed = await deflatedBehind(piece, true);
      return counted(packed.length < storedBytes(piece.length) ? [packed] : storedPieces([piece], false));
    },
    end(piece) {
      add(piece);
      const blockBytes = storedBytes(piece.length);
      const last = Buffer.allocUnsafe(blockBytes + TRAILER_BYTES);
      writeStored(last, 0, piece, true);
      writeTrailer(last, blockBytes, crc, length);
      counted([last]);
      return last;
    },
    ...(isSized && { endedHeader: sizedHeader }),
  };
}
