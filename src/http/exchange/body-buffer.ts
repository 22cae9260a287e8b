// A small body while it arrives, in memory of about its own size: a piece may be one byte out of a large read.

import type { BufferPool, PooledBuffer } from "./buffer-pool.ts";

/** From this length on, in bytes, a body is worth a slab; smaller ones lie in what Node shares out. */
const SLAB_BYTES = 4096;

/** So far, in bytes, a body of unknown length gets twice what it needs, so that it is moved a few times only. */
const MAX_SPARE = 262_144;

const NOTHING = Buffer.alloc(0);

export class BodyBuffer {
  private readonly slabs: BufferPool;
  private slab: PooledBuffer | undefined;
  private bytes: Buffer = NOTHING;
  private filled = 0;

  constructor(slabs: BufferPool) {
    this.slabs = slabs;
  }

  /** Copies a piece of a body that is to be `wholeBytes` long, if that is known. */
  add(piece: Buffer, wholeBytes: number | undefined): void {
    const needed = this.filled + piece.length;
    if (needed > this.bytes.length) this.grow(needed, wholeBytes);
    this.filled += piece.copy(this.bytes, this.filled);
  }

  /** Hands over what there is of it. */
  take(): Buffer[] {
    const { bytes, filled } = this;
    if (filled === 0) return [];
    return [filled === bytes.length ? bytes : bytes.subarray(0, filled)];
  }

  /** Gives the memory back, where that is of use: for when nobody looks at the bytes any more. */
  get free(): (() => void) | undefined {
    return this.slab?.free;
  }

  private grow(needed: number, wholeBytes: number | undefined): void {
    // The first piece may be all of it.
    const spare = this.filled === 0 ? needed : Math.min(2 * needed, MAX_SPARE);
    const length = Math.max(needed, wholeBytes ?? spare);
    const { slab, bytes, filled } = this;
    this.slab = length < SLAB_BYTES ? undefined : this.slabs.take(length);
    this.bytes = this.slab?.bytes ?? Buffer.allocUnsafe(length);
    bytes.copy(this.bytes, 0, 0, filled);
    slab?.free();
  }
}
