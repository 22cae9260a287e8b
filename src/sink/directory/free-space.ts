// Stops in time: while there is still room on the disk for the journal and for everybody else.

import { statfsSync } from "node:fs";
import type { Failure } from "../../core/failure.ts";

const CHECK_BYTES = 16_777_216;
const CHECK_MS = 1000;
/** What a small file takes at least, in its folder and on the disk. */
const FILE_BYTES = 4096;

/**
 * Gives a function that is told of every file, and of every piece of a large one, in bytes; it says why nothing more may
 * be written. The disk is asked once in a while only: after a second, or a quarter of the bytes to be left free; of which
 * each of several processes that write there has its part.
 */
export function freeSpaceCheck(
  folder: string,
  minFreeBytes: number,
  processes = 1,
): (bytes: number) => Failure | undefined {
  if (minFreeBytes === 0) return () => undefined;
  const checkBytes = Math.min(CHECK_BYTES, minFreeBytes / 4) / processes;
  let written = Number.POSITIVE_INFINITY;
  let checkedMs = 0;
  let full: Failure | undefined;
  return (bytes) => {
    written += bytes + FILE_BYTES;
    const nowMs = performance.now();
    if (written < checkBytes && nowMs - checkedMs < CHECK_MS) return full;
    written = 0;
    checkedMs = nowMs;
    const freeBytes = free(folder);
    full =
      freeBytes === undefined || freeBytes >= minFreeBytes
        ? undefined
        : { error: "disk_full", detail: `${freeBytes} bytes free, under the minimum (min-free) of ${minFreeBytes}` };
    return full;
  };
}

/** The bytes that are free for this user; undefined where the file system does not say, as some network ones. */
function free(folder: string): number | undefined {
  try {
    const { bavail, bsize, blocks } = statfsSync(folder);
    return blocks === 0 ? undefined : bavail * bsize;
  } catch {
    return undefined;
  }
}
