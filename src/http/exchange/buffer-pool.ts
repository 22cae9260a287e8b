// Memory that bodies are gathered in, and that is used again once they are written: fresh memory costs more than the copy.

/** A piece of memory on loan. */
export interface PooledBuffer {
  readonly bytes: Buffer;
  /** Gives it back, the first time: from then on others write to it. One that is never given back is garbage like any other. */
  free(): void;
}

export interface BufferPool {
  /** At least so many bytes, in whatever state the last user left them. */
  take(bytes: number): PooledBuffer;
}

/** In bytes: smaller ones are not worth keeping, larger ones are not kept; nor is more than so many in all. */
const SMALLEST = 16_384;
const LARGEST = 262_144;
const KEPT_IN_ALL = 16_777_216;

/** Keeps what comes back, by sizes that are powers of two. */
export function bufferPool(): BufferPool {
  const kept = new Map<number, Buffer[]>();
  let keptBytes = 0;

  const giveBack = (bytes: Buffer) => {
    const { length } = bytes;
    if (length > LARGEST || keptBytes + length > KEPT_IN_ALL) return;
    keptBytes += length;
    const others = kept.get(length);
    if (others === undefined) kept.set(length, [bytes]);
    else others.push(bytes);
  };

  return {
    take(atLeast) {
      const length = Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(atLeast)));
      const used = kept.get(length)?.pop();
      if (used !== undefined) keptBytes -= length;
      const bytes = used ?? Buffer.allocUnsafeSlow(length);
      let isOut = true;
      return {
        bytes,
        free() {
          if (!isOut) return;
          isOut = false;
          giveBack(bytes);
        },
      };
    },
  };
}
