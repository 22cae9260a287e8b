// A small body while it arrives: in memory that is used again if its length is known, else in pieces.

import type { Slab, Slabs } from "./slabs.ts";

/** From this length on, in bytes, a body is worth a slab; smaller ones lie in what Node shares out. */
const SLAB_BYTES = 4096;

export class Gathered {
  private readonly slabs: Slabs;
  private slab: Slab | undefined;
  private filled = 0;
  private some: Buffer[] = [];

  constructor(slabs: Slabs) {
    this.slabs = slabs;
  }

  /** Adds a piece of a body that is to be `wholeBytes` long, if that is known. `isOurs`: nobody else writes to it later. */
  add(piece: Buffer, isOurs: boolean, wholeBytes: number | undefined): void {
    if (isOurs || wholeBytes === undefined || wholeBytes < SLAB_BYTES) {
      this.some.push(isOurs ? piece : Buffer.from(piece));
    } else {
      this.slab ??= this.slabs.take(wholeBytes);
      this.filled += piece.copy(this.slab.bytes, this.filled);
    }
  }

  /** Hands over what there is of it, in order. */
  take(): Buffer[] {
    if (this.slab !== undefined) return [this.slab.bytes.subarray(0, this.filled)];
    const pieces = this.some;
    this.some = [];
    return pieces;
  }

  /** Gives the memory back, where that is of use: for when nobody looks at the pieces any more. */
  get free(): (() => void) | undefined {
    return this.slab?.free;
  }
}
