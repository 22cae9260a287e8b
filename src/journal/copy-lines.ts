// Lines written to a file in large pieces: a journal that is written anew, and what was found in one and is not ours.

import { closeSync, constants, fstatSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs";

const BATCH_BYTES = 1_048_576;

/** Never through a link that was planted there, and not waiting for whoever reads a pipe. */
const FLAGS = constants.O_WRONLY | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

export interface Copy {
  /** Takes a line without its line feed. */
  line(bytes: Buffer): void;
  /** Writes what is left, and has it on the disk. */
  finish(): void;
  /** Removes it, if it is a new file; never throws. */
  discard(): void;
}

/** A new file in the place of what a killed run has left there. */
export function copyTo(path: string): Copy {
  rmSync(path, { force: true });
  return copy(openSync(path, FLAGS | constants.O_EXCL, 0o666), path);
}

/** Goes on at the end of a file, which may be there. */
export function appendTo(path: string): Copy {
  const fd = openSync(path, FLAGS | constants.O_APPEND, 0o666);
  const stats = fstatSync(fd);
  if (stats.isFile() && stats.nlink === 1) return copy(fd, undefined);
  closeSync(fd);
  throw Object.assign(new Error(`${path}: no file, or one with a second name`), { code: "EEXIST", syscall: "open" });
}

function copy(fd: number, own: string | undefined): Copy {
  const batch = Buffer.allocUnsafe(BATCH_BYTES);
  let filled = 0;
  let isOpen = true;

  const write = (bytes: Uint8Array) => {
    // A full disk may take a part without an error: only the next write says so.
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
  };
  const flush = () => {
    write(batch.subarray(0, filled));
    filled = 0;
  };
  const close = () => {
    if (isOpen) closeSync(fd);
    isOpen = false;
  };

  return {
    line(bytes) {
      if (filled + bytes.length + 1 > BATCH_BYTES) flush();
      if (bytes.length + 1 > BATCH_BYTES) write(bytes);
      else filled += bytes.copy(batch, filled);
      batch[filled++] = 0x0a;
    },
    finish() {
      flush();
      fsyncSync(fd);
      close();
    },
    discard() {
      try {
        close();
        if (own !== undefined) rmSync(own, { force: true });
      } catch {
        // The first error is the one that counts; the next run removes what is left.
      }
    },
  };
}
