// A pool of buffers for small bodies: allocating new memory costs more than copying the body.

/** A buffer that was acquired from the pool. */
export interface PooledBuffer {
  readonly bytes: Buffer;
  /** Returns the buffer to the pool; later calls do nothing. A buffer that is never returned is garbage-collected. */
  free(): void;
}

export interface BufferPool {
  /** Returns a buffer of at least `minBytes`, with undefined content. */
  acquire(minBytes: number): PooledBuffer;
}

/** Minimum size of a buffer, maximum size of one that is kept, and maximum size of all that are kept, in bytes. */
const MIN_BUFFER_BYTES = 16_384;
const MAX_KEPT_BUFFER_BYTES = 262_144;
const MAX_KEPT_BYTES = 16_777_216;

/** A pool with sizes that are powers of two. */
export function bufferPool(): BufferPool {
  const kept = new Map<number, Buffer[]>();
  let keptBytes = 0;

  const release = (bytes: Buffer) => {
    const { length } = bytes;
    if (length > MAX_KEPT_BUFFER_BYTES || keptBytes + length > MAX_KEPT_BYTES) return;
    keptBytes += length;
    const others = kept.get(length);
    if (others === undefined) kept.set(length, [bytes]);
    else others.push(bytes);
  };

  return {
    acquire(minBytes) {
      const length = Math.max(MIN_BUFFER_BYTES, 2 ** Math.ceil(Math.log2(minBytes)));
      const used = kept.get(length)?.pop();
      if (used !== undefined) keptBytes -= length;
      const bytes = used ?? Buffer.allocUnsafeSlow(length);
      let isOut = true;
      return {
        bytes,
        free() {
          if (!isOut) return;
          isOut = false;
          release(bytes);
        },
      };
    },
  };
}
