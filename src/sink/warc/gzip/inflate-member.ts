// Inflates one member of a WARC file, of any length, in pieces.

import { Readable } from "node:stream";
import { readAt } from "../../../fs/positioned-io.ts";
import { HEADER_BYTES, readHeader, SIZED_HEADER_BYTES, TRAILER_BYTES, zlib } from "./gzip-format.ts";

export interface InflatedMember {
  /** The content. Throws an Error where that is damaged or cut short, and errno errors. */
  readonly pieces: AsyncIterable<Buffer>;
  /** The length of the member in the file, in bytes; known after the last piece. */
  length(): number;
}

/** What is read at once, in bytes. */
const PIECE_BYTES = 262_144;

/** `end`: where the file ends, or at least the member. */
export function inflatedMember(fd: number, offset: number, end: number): InflatedMember {
  const inflate = zlib().createInflateRaw();
  let dataAt = HEADER_BYTES;
  const file = Readable.from(dataOf());
  async function* dataOf(): AsyncGenerator<Buffer> {
    for await (const piece of piecesOf(fd, offset, end)) {
      if (piece.length < SIZED_HEADER_BYTES && offset + piece.length < end)
        throw new Error(`no member at byte ${offset}`);
      const header = readHeader(piece);
      if (header === undefined) throw new Error(`no member that a run has written at byte ${offset}`);
      dataAt = header.dataAt;
      yield piece.subarray(dataAt);
      return yield* piecesOf(fd, offset + piece.length, end);
    }
  }
  async function* pieces(): AsyncGenerator<Buffer> {
    file.on("error", (error) => inflate.destroy(error));
    try {
      yield* file.pipe(inflate) as AsyncIterable<Buffer>;
    } finally {
      file.destroy();
      inflate.destroy();
    }
  }
  return { pieces: pieces(), length: () => dataAt + inflate.bytesWritten + TRAILER_BYTES };
}

async function* piecesOf(fd: number, from: number, end: number): AsyncGenerator<Buffer> {
  for (let at = from; at < end; ) {
    const buffer = Buffer.allocUnsafe(Math.min(PIECE_BYTES, end - at)); // not reused: the stream may hold two
    const length = await readAt(fd, buffer, at);
    if (length === 0) return;
    yield buffer.subarray(0, length);
    at += length;
  }
}
