// Stops a run before the disk is full, while the journal and other programs can still write (--min-free).

import { statfsSync } from "node:fs";
import type { Failure } from "../../core/failure.ts";

/** statfs(2) is called after 16 MiB or one second, whichever comes first. */
const CHECK_BYTES = 16_777_216;
const CHECK_MS = 1000;
/** Minimum disk space of a file, in bytes: one block. */
const FILE_BYTES = 4096;

/**
 * Returns a function to be called with the bytes of every file, and of every piece of a large one. It returns a Failure
 * once less than `minFreeBytes` are free. It checks after a second or a quarter of `minFreeBytes`, which is divided
 * among the processes that write there.
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
    const freeBytes = freeBytesOf(folder);
    full =
      freeBytes === undefined || freeBytes >= minFreeBytes
        ? undefined
        : { error: "disk_full", detail: `${freeBytes} bytes free, under the minimum (min-free) of ${minFreeBytes}` };
    return full;
  };
}

/** The bytes that are free for this user; undefined where the file system does not report them, as some network ones. */
function freeBytesOf(folder: string): number | undefined {
  try {
    const { bavail, bsize, blocks } = statfsSync(folder);
    return blocks === 0 ? undefined : bavail * bsize;
  } catch {
    return undefined;
  }
}
