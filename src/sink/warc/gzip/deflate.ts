// Deflates long content in the thread pool, where samples of it show that this makes it smaller.

import { promisify } from "node:util";
import type { ZlibOptions } from "node:zlib";
import { zlib } from "./gzip-format.ts";

/** Content that is as long as this costs far more than a state of zlib, which is as large as the format allows. */
const DEFLATE = { level: 1, chunkSize: 262_144 } as const;

/** Samples are taken of longer content, in bytes: of all else, deflating costs little more than they do. */
const MIN_SAMPLED_BYTES = 32_768;

const SAMPLES = 4;
export const SAMPLE_BYTES = 2048;

/** The most that samples may be of their length, where deflating pays: random bytes take as long as text of twice their length. */
const MAX_RATIO = 0.97;

/** Deflates content in the thread pool. It may be overwritten afterwards. `isOpen`: other blocks follow, from a whole byte on. */
export function deflatedBehind(content: Uint8Array, isOpen = false): Promise<Buffer> {
  const { constants, deflateRaw } = zlib();
  return promisify<Uint8Array, ZlibOptions, Buffer>(deflateRaw)(content, {
    ...DEFLATE,
    finishFlush: isOpen ? constants.Z_SYNC_FLUSH : constants.Z_FINISH,
  });
}

/** Where to take samples of content of this length; nowhere in short content. */
export function samplePositions(length: number): readonly number[] {
  if (length < MIN_SAMPLED_BYTES) return [];
  return Array.from({ length: SAMPLES }, (_, i) => Math.floor(((i + 0.5) * length) / SAMPLES));
}

/** Samples of content in pieces. */
export function samplesIn(pieces: readonly Uint8Array[], length: number): readonly Uint8Array[] {
  const positions = samplePositions(length);
  const samples: Uint8Array[] = [];
  let begin = 0;
  let next = 0;
  for (const piece of pieces) {
    for (let at = positions[next]; at !== undefined && at < begin + piece.length; at = positions[next]) {
      samples.push(piece.subarray(at - begin, at - begin + SAMPLE_BYTES));
      next++;
    }
    begin += piece.length;
  }
  return samples;
}

/** Whether deflating makes content smaller of which these are samples. True of none. */
export function isDeflatable(samples: readonly Uint8Array[]): boolean {
  if (samples.length === 0) return true;
  const sample = Buffer.concat(samples);
  return zlib().deflateRawSync(sample, { level: 1 }).length < sample.length * MAX_RATIO;
}
