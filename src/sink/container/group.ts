// What is appended to a shard together: all of a line, or nothing of it.

import type { ShardPlace } from "../../core/job.ts";

/** What is appended together: a later run counts all of it, or cuts it off. */
export type Group = SmallGroup | LargeGroup;

/** A group that is composed in memory, straight in the buffer of the next write. */
export interface SmallGroup {
  readonly bytes: number;
  /** Length of what comes before the place that the line's record names. Default 0. */
  readonly leadBytes?: number;
  /** Writes all `bytes`, from position `at`. */
  write(into: Buffer, at: number): void;
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
  /** Encodes the next piece, which may be overwritten afterwards. */
  encode(piece: Uint8Array): Promise<Uint8Array>;
  /** Returns what follows the last piece; before `after`. */
  end(): Uint8Array;
}

/** Its length in bytes; of a file that is encoded, at least about. */
export function lengthOf(group: Group): number {
  return "file" in group ? group.before.length + group.file.bytes + group.after.length : group.bytes;
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
