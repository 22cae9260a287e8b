// The interface by which bodies are read back out of archives, and the reader of tar.

import type { ShardPlace } from "../../core/job.ts";
import { readAt } from "../../fs/positioned-io.ts";

/** A line's place in an archive, and the length of its body in bytes. */
export interface BodyPlace extends ShardPlace {
  readonly bytes: number;
}

/**
 * Yields the pieces of a body out of an open archive; a piece is overwritten by the next one. Throws an Error where there is no
 * such body, and errno errors.
 */
export type ShardReader = (fd: number, place: BodyPlace) => AsyncIterable<Uint8Array>;

/** What is read at once, in bytes. */
const PIECE_BYTES = 262_144;

/** Yields `bytes` of an open file from `offset` on. Throws an Error where the file is shorter, and errno errors. */
export async function* bytesAt(fd: number, offset: number, bytes: number): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(Math.min(PIECE_BYTES, bytes));
  for (let at = 0; at < bytes; ) {
    const length = await readAt(fd, buffer.subarray(0, Math.min(buffer.length, bytes - at)), offset + at);
    if (length === 0) throw new Error(`is shorter than its records say: ${offset + at} bytes`);
    yield buffer.subarray(0, length);
    at += length;
  }
}

/** In tar a body is as it was sent, from its first byte on. */
export const tarReader: ShardReader = (fd, { offset, bytes }) => bytesAt(fd, offset, bytes);
