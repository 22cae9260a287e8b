// Buffers a small body while it arrives, in memory of about its own size.

import type { BufferPool, PooledBuffer } from "./buffer-pool.ts";

/** Minimum length of a body that gets a buffer of the pool, in bytes; smaller ones use Node's own (half of `Buffer.poolSize`). */
const MIN_POOLED_BYTES = 4096;

/** Maximum size to which the buffer of a body of unknown length is doubled, in bytes: doubling keeps copies few. */
const MAX_DOUBLED_BYTES = 262_144;

const EMPTY = Buffer.alloc(0);

export class BodyBuffer {
  private readonly buffers: BufferPool;
  private pooled: PooledBuffer | undefined;
  private bytes: Buffer = EMPTY;
  private filled = 0;

  constructor(buffers: BufferPool) {
    this.buffers = buffers;
  }

  /** Copies a piece: it may be one byte out of a large read. `wholeBytes`: length of the body, if known. */
  add(piece: Buffer, wholeBytes: number | undefined): void {
    const needed = this.filled + piece.length;
    if (needed > this.bytes.length) this.grow(needed, wholeBytes);
    this.filled += piece.copy(this.bytes, this.filled);
  }

  /** Returns what was added so far, without a copy. */
  pieces(): Buffer[] {
    const { bytes, filled } = this;
    if (filled === 0) return [];
    return [filled === bytes.length ? bytes : bytes.subarray(0, filled)];
  }

  /** Returns the memory to its pool; undefined if it is not of a pool. To be called when the bytes are not used any more. */
  get free(): (() => void) | undefined {
    return this.pooled?.free;
  }

  private grow(needed: number, wholeBytes: number | undefined): void {
    // The first piece may be the whole body.
    const spare = this.filled === 0 ? needed : Math.min(2 * needed, MAX_DOUBLED_BYTES);
    const length = Math.max(needed, wholeBytes ?? spare);
    const { pooled, bytes, filled } = this;
    this.pooled = length < MIN_POOLED_BYTES ? undefined : this.buffers.acquire(length);
    this.bytes = this.pooled?.bytes ?? Buffer.allocUnsafe(length);
    bytes.copy(this.bytes, 0, 0, filled);
    pooled?.free();
  }
}
