// Buffers a header block that arrives in pieces, in bounded memory.

/** Maximum length of a header block, in bytes: 256 KiB, as in Chromium and as over HTTP/2. */
export const MAX_HEAD_BYTES = 262_144;

/** Initial size of the buffer, in bytes. It doubles, so that each byte is copied about twice even if a block arrives byte by byte. */
const INITIAL_BYTES = 4096;

/** Memory that each block may take without asking; beyond it all connections together may take 64 MiB. */
const FREE_BYTES = 32_768;
const SHARED_BYTES = 67_108_864;

/** The rest of those 64 MiB, in bytes. */
export interface HeadMemory {
  bytes: number;
}

export function headMemory(bytes: number = SHARED_BYTES): HeadMemory {
  return { bytes };
}

export class PartialHead {
  bytes: Buffer = Buffer.alloc(0);
  /** The number of bytes that have arrived. */
  length = 0;
  private readonly memory: HeadMemory;
  private borrowed = 0;

  constructor(memory: HeadMemory) {
    this.memory = memory;
  }

  /** Adds bytes from `from` on, up to one more than the maximum length. Returns false if there is no memory left. */
  add(arrived: Buffer, from: number): boolean {
    const until = Math.min(arrived.length, from + MAX_HEAD_BYTES + 1 - this.length);
    const needed = this.length + until - from;
    if (needed > this.bytes.length && !this.grow(needed)) return false;
    this.length += arrived.copy(this.bytes, this.length, from, until);
    return true;
  }

  clear(): void {
    this.memory.bytes += this.borrowed;
    this.borrowed = 0;
    this.bytes = Buffer.alloc(0);
    this.length = 0;
  }

  private grow(needed: number): boolean {
    const size = Math.max(INITIAL_BYTES, Math.min(2 * needed, MAX_HEAD_BYTES + 1));
    const more = Math.max(0, size - FREE_BYTES) - this.borrowed;
    if (more > this.memory.bytes) return false;
    this.memory.bytes -= more;
    this.borrowed += more;
    const larger = Buffer.allocUnsafeSlow(size);
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
    return true;
  }
}
