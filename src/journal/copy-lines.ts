// Writes lines to a file in batches of 1 MiB: a rewritten journal, or lines of a journal that are not records.

import { closeSync, constants, fstatSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs";

const BATCH_BYTES = 1_048_576;

/** O_NOFOLLOW: a planted symbolic link is not followed. O_NONBLOCK: opening a FIFO does not wait for a reader. */
const FLAGS = constants.O_WRONLY | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

export interface Copy {
  /** Appends a line, passed without its line feed. */
  line(bytes: Buffer): void;
  /** Writes the remaining lines, calls fsync and closes the file. */
  finish(): void;
  /** Closes the file, and removes it if it is new. Never throws. */
  discard(): void;
}

/** Creates the file, and replaces one that a killed run left. */
export function copyTo(path: string): Copy {
  rmSync(path, { force: true });
  return copy(openSync(path, FLAGS | constants.O_EXCL, 0o666), path);
}

/** Appends to the file, and creates it if it does not exist. */
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
        // The caller reports the first error; the next run removes the file.
      }
    },
  };
}
