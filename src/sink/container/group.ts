// What is appended to a shard together: all of a line, or nothing of it.

import type { ShardPlace } from "../../core/job.ts";

/** What is appended together: a later run counts all of it, or cuts it off. */
export type Group = SmallGroup | PiecesGroup | LargeGroup;

/** A group that is composed in memory, straight in the buffer of the next write. */
export interface SmallGroup {
  readonly bytes: number;
  /** Length of what comes before the place that the line's record names. Default 0. */
  readonly leadBytes?: number;
  /** Writes all `bytes`, from position `at`. */
  write(into: Buffer, at: number): void;
}

/** A group in memory that is written from where it is: beyond some size, composing it costs more than another system call. */
export interface PiecesGroup {
  readonly bytes: number;
  /** As that of a small group. */
  readonly leadBytes?: number;
  /** All `bytes`. */
  readonly pieces: readonly Uint8Array[];
}

/** A group whose body is an open file, which is closed by the caller. */
export interface LargeGroup {
  readonly before: Uint8Array;
  /** As that of a small group. */
  readonly leadBytes?: number;
  readonly file: CopiedFile;
  readonly after: Uint8Array;
}

interface CopiedFile {
  readonly fd: number;
  readonly bytes: number;
  /** Encodes the file on its way. Default: its bytes are copied as they are. */
  readonly encoder?: Encoder;
}

export interface Encoder {
  /** Encodes the next piece, which may be overwritten when the result is written. */
  encode(piece: Uint8Array): Promise<readonly Uint8Array[]>;
  /** Returns what follows the last piece; before `after`. */
  end(): Uint8Array;
  /** Returns what replaces a part of `before` when all is written, at that offset in it. Absent: nothing. */
  readonly amend?: (() => { readonly at: number; readonly bytes: Uint8Array }) | undefined;
}

/** Its length in bytes; of a file that is encoded, at least about. */
export function lengthOf(group: Group): number {
  return "file" in group ? group.before.length + group.file.bytes + group.after.length : group.bytes;
}

/** What is written of groups that are no files: their pieces, and in `buffer`, where that is large enough, what is composed. */
export function composed(
  groups: readonly { readonly group: Group; readonly bytes: number }[],
  buffer: Buffer,
): readonly Uint8Array[] {
  let composedBytes = 0;
  for (const { group, bytes } of groups) if ("write" in group) composedBytes += bytes;
  const into = composedBytes > buffer.length ? Buffer.allocUnsafe(composedBytes) : buffer;
  const pieces: Uint8Array[] = [];
  let from = 0;
  let at = 0;
  for (const { group, bytes } of groups) {
    if ("write" in group) {
      group.write(into, at);
      at += bytes;
    } else if ("pieces" in group) {
      if (at > from) pieces.push(into.subarray(from, at));
      from = at;
      pieces.push(...group.pieces);
    }
  }
  if (at > from) pieces.push(into.subarray(from, at));
  return pieces;
}

/** Where a group begins. */
export interface Place {
  readonly shard: string;
  readonly offset: number;
  /** Length of the group. */
  readonly bytes: number;
}

/** The place of a line whose group is at `at`. */
export function behindLead({ leadBytes = 0 }: Group, { shard, offset, bytes }: Place): ShardPlace {
  return { shard, offset: offset + leadBytes, stored_bytes: bytes - leadBytes };
}
