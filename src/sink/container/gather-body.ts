// Gathers a body of up to 1 MiB in memory while it arrives: no shorter one is ever resumed, so that a file would be for nothing.

import { type Failure, isFailure } from "../../core/failure.ts";
import type { BodyStream } from "../../core/ports.ts";
import { MIN_KEPT_BYTES } from "../files/partial-files.ts";

/** A whole body. */
export interface GatheredBody {
  readonly pieces: readonly Uint8Array[];
  /** Returns its memory for the next body. To be called once. */
  free(): void;
}

export interface BodyGathering {
  /**
   * Gathers a body, whose length is `wholeBytes` where that is known. Resolves with a stream of all of it where it is longer than
   * expected. Undefined where there is no room for it.
   */
  gather(body: BodyStream, wholeBytes: number | undefined): Promise<GatheredBody | BodyStream | Failure> | undefined;
}

/** The unit of memory, in bytes: memory that is allocated anew for each body costs as much as the body's write. */
const CHUNK_BYTES = 262_144;

/** The most that all gathered bodies take, in bytes: 64 of unknown length. Further ones go through files. */
const MAX_GATHERED_BYTES = 67_108_864;

export function bodyGathering(maxBytes = MAX_GATHERED_BYTES): BodyGathering {
  const spare: Buffer[] = [];
  let gatheredBytes = 0;

  return {
    gather(body, wholeBytes = MIN_KEPT_BYTES) {
      const reservedBytes = Math.ceil(wholeBytes / CHUNK_BYTES) * CHUNK_BYTES;
      if (wholeBytes > MIN_KEPT_BYTES || gatheredBytes + reservedBytes > maxBytes) return undefined;
      gatheredBytes += reservedBytes;
      const chunks: Buffer[] = [];
      let bytes = 0;
      const add = (piece: Uint8Array) => {
        for (let from = 0; from < piece.length; ) {
          const at = bytes % CHUNK_BYTES;
          if (at === 0) chunks.push(spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES));
          const part = piece.subarray(from, from + CHUNK_BYTES - at);
          chunks.at(-1)?.set(part, at);
          from += part.length;
          bytes += part.length;
        }
      };
      const free = () => {
        gatheredBytes -= reservedBytes;
        // A body of unknown length may have taken more than was reserved.
        for (const chunk of chunks.splice(0)) if (spare.length < maxBytes / CHUNK_BYTES) spare.push(chunk);
      };
      const pieces = () => chunks.map((chunk, i) => chunk.subarray(0, bytes - i * CHUNK_BYTES));
      return gathered(body, add, { bytes: () => bytes, pieces, free });
    },
  };
}

interface Chunks {
  bytes(): number;
  pieces(): readonly Uint8Array[];
  free(): void;
}

async function gathered(
  body: BodyStream,
  add: (piece: Uint8Array) => void,
  { bytes, pieces, free }: Chunks,
): Promise<GatheredBody | BodyStream | Failure> {
  try {
    await body.pour?.((piece) => {
      add(piece);
      return bytes() <= MIN_KEPT_BYTES;
    });
    while (bytes() <= MIN_KEPT_BYTES) {
      const next = await body.next();
      if (next === undefined) return { pieces: pieces(), free };
      if (isFailure(next)) {
        free();
        return next;
      }
      for (const piece of next) add(piece);
    }
  } catch (error) {
    free();
    throw error;
  }
  return withBeginning(pieces(), body, free);
}

/** A stream whose first pieces have been read already. `free`: called when those are not needed any more. */
function withBeginning(beginning: readonly Uint8Array[], body: BodyStream, free: () => void): BodyStream {
  const { receivedBytes } = body;
  let left: readonly Uint8Array[] = beginning;
  let isFree = false;
  const release = () => {
    if (!isFree) free();
    isFree = true;
  };
  return {
    async next() {
      const first = left;
      left = [];
      if (first.length > 0) return first;
      release();
      return await body.next();
    },
    async pour(take) {
      for (let [piece] = left; piece !== undefined; [piece] = left) {
        left = left.slice(1);
        if (!take(piece)) return;
      }
      release();
      await body.pour?.(take);
    },
    ...(receivedBytes && { receivedBytes: () => receivedBytes() }),
    cancel() {
      release();
      body.cancel();
    },
  };
}
