// What has come of a header block that has no end yet: kept until it has, in bounded memory.

/** The longest header block, in bytes: 256 KiB, as in Chromium and over HTTP/2. */
export const MAX_HEAD_BYTES = 262_144;

/** Memory of this size at first, then of twice the size: a block that comes byte by byte is copied twice, not each time. */
const FIRST_BYTES = 4096;

/** What each block may take; beyond that the blocks of all connections together may take 64 MiB. */
const USUAL_BYTES = 32_768;
const SHARED_BYTES = 67_108_864;

/** What is left of those 64 MiB, in bytes. */
export interface HeadRoom {
  bytes: number;
}

export function headRoom(bytes: number = SHARED_BYTES): HeadRoom {
  return { bytes };
}

export class PartialHead {
  bytes: Buffer = Buffer.alloc(0);
  /** How many of them have come. */
  length = 0;
  private readonly room: HeadRoom;
  private borrowed = 0;

  constructor(room: HeadRoom) {
    this.room = room;
  }

  /** Adds what arrived from `from` on, up to one byte more than a block may have. False where there is no room for it. */
  add(arrived: Buffer, from: number): boolean {
    const until = Math.min(arrived.length, from + MAX_HEAD_BYTES + 1 - this.length);
    const needed = this.length + until - from;
    if (needed > this.bytes.length && !this.grow(needed)) return false;
    this.length += arrived.copy(this.bytes, this.length, from, until);
    return true;
  }

  clear(): void {
    this.room.bytes += this.borrowed;
    this.borrowed = 0;
    this.bytes = Buffer.alloc(0);
    this.length = 0;
  }

  private grow(needed: number): boolean {
    const size = Math.max(FIRST_BYTES, Math.min(2 * needed, MAX_HEAD_BYTES + 1));
    const more = Math.max(0, size - USUAL_BYTES) - this.borrowed;
    if (more > this.room.bytes) return false;
    this.room.bytes -= more;
    this.borrowed += more;
    const larger = Buffer.allocUnsafeSlow(size);
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
    return true;
  }
}
