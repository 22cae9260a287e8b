// Writes lines to a file in batches of 1 MiB: a rewritten journal, or lines of a journal that are not records.

import { closeSync, fsyncSync, rmSync } from "node:fs";
import { checked, createNew, isSingleLinkFile, openOrCreateToAppend } from "../../fs/open-nofollow.ts";
import { writeAllSync } from "../../fs/write-all.ts";

const BATCH_BYTES = 1_048_576;

const LF = 0x0a;

export interface LineFile {
  /** Appends a line, passed without its line feed. */
  write(line: Buffer): void;
  /** Writes the remaining lines, calls fsync and closes the file. */
  finish(): void;
  /** Closes the file, and removes it if it is new. Never throws. */
  discard(): void;
}

/** Creates the file, and replaces one that a killed run left. */
export function createLineFile(path: string): LineFile {
  rmSync(path, { force: true });
  return lineFile(createNew(path), path);
}

/** Appends to the file, and creates it if it does not exist. */
export function appendLineFile(path: string): LineFile {
  const fd = checked(openOrCreateToAppend(path), (stats) => {
    if (isSingleLinkFile(stats)) return;
    throw Object.assign(new Error(`${path}: no file, or one with a second name`), { code: "EEXIST", syscall: "open" });
  });
  return lineFile(fd, undefined);
}

/** `newPath`: the path of a new file. */
function lineFile(fd: number, newPath: string | undefined): LineFile {
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
    write(line) {
      if (filled + line.length + 1 > BATCH_BYTES) flush();
      if (line.length + 1 > BATCH_BYTES) writeAllSync(fd, [line]);
      else filled += line.copy(batch, filled);
      batch[filled++] = LF;
    },
    finish() {
      flush();
      fsyncSync(fd);
      close();
    },
    discard() {
      try {
        close();
        if (newPath !== undefined) rmSync(newPath, { force: true });
      } catch {
        // The caller reports the first error; the next run removes the file.
      }
    },
  };
}
