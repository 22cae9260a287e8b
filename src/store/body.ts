// The body of a request to a store: bytes in memory, or a part of an open file, which can be read again for another try.

import { createHash } from "node:crypto";
import { readAt } from "../fs/positioned-io.ts";

export interface RequestBody {
  readonly bytes: number;
  /** The bytes, from the first one on. A piece is overwritten when the next one is asked for. Throws errno errors. */
  pieces(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** The unit in which files are read: 64 of them are 16 MiB. */
const READ_BYTES = 262_144;

export const NO_BODY: RequestBody = { bytes: 0, pieces: () => [] };

/** A body in memory. */
export function memoryBody(pieces: readonly Uint8Array[]): RequestBody {
  return { bytes: pieces.reduce((sum, { length }) => sum + length, 0), pieces: () => pieces };
}

/** The bytes of an open file from `from` on. */
export function fileBody(fd: number, from: number, bytes: number): RequestBody {
  return {
    bytes,
    async *pieces() {
      const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, bytes));
      for (let at = 0; at < bytes; ) {
        const length = await readAt(fd, buffer.subarray(0, bytes - at), from + at);
        if (length === 0) throw Object.assign(new Error("a file is shorter than it was"), { code: "EIO" });
        at += length;
        yield buffer.subarray(0, length);
      }
    },
  };
}

/** SHA-256 of a body, in hexadecimal digits. Rejects with errno errors. */
export async function sha256Of(body: RequestBody): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of body.pieces()) hash.update(piece);
  return hash.digest("hex");
}
