// Writes lines to a file in batches of 1 MiB: a rewritten journal, or lines of a journal that are not records.

import { closeSync, fsyncSync, rmSync } from "node:fs";
import { checked, createNew, isSingleLinkFile, openOrCreateToAppend } from "../fs/open-nofollow.ts";
import { writeAllSync } from "../fs/write-all.ts";

const BATCH_BYTES = 1_048_576;

export interface Copy {
  /** Appends a line, passed without its line feed. */
  line(bytes: Buffer): void;
  /** Writes the remaining lines, calls fsync and closes the file. */
  finish(): void;
  /** Closes the file, and removes it if it is new. Never throws. */
  discard(): void;
}

/** Creates the file, and replaces one that a killed run left. */
export function createLineFile(path: string): Copy {
  rmSync(path, { force: true });
  return copy(createNew(path), path);
}

/** Appends to the file, and creates it if it does not exist. */
export function appendLineFile(path: string): Copy {
  const fd = checked(openOrCreateToAppend(path), (stats) => {
    if (isSingleLinkFile(stats)) return;
    throw Object.assign(new Error(`${path}: no file, or one with a second name`), { code: "EEXIST", syscall: "open" });
  });
  return copy(fd, undefined);
}

function copy(fd: number, own: string | undefined): Copy {
  const batch = Buffer.allocUnsafe(BATCH_BYTES);
  let filled = 0;
  let isOpen = true;

  const flush = () => {
    writeAllSync(fd, [batch.subarray(0, filled)]);
    filled = 0;
  };
  const close = () => {
    if (isOpen) closeSync(fd);
    isOpen = false;
  };

  return {
    line(bytes) {
      if (filled + bytes.length + 1 > BATCH_BYTES) flush();
      if (bytes.length + 1 > BATCH_BYTES) writeAllSync(fd, [bytes]);
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
