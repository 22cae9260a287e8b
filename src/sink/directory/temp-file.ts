// A file that is being written under a name nobody looks at: opened as a new one, closed once.

import { close, closeSync, open } from "node:fs";
import { promisify } from "node:util";
import { CREATE_FLAGS, createNew, NEW_FILE_MODE } from "../../fs/open-nofollow.ts";

const closed = promisify(close);
const opened = promisify(open) as (path: string, flags: number, mode: number) => Promise<number>;

export interface TempFile {
  readonly path: string;
  readonly fd: number;
  /** Closes it, the first time. Throws what the file system says. */
  close(): void;
  /** The same in the thread pool. */
  closeLater(): Promise<void>;
}

/** What is open already. */
export function tempFile(path: string, fd: number): TempFile {
  let isOpen = true;
  return {
    path,
    fd,
    close() {
      if (!isOpen) return;
      isOpen = false; // a second close might hit another file of the same number
      closeSync(fd);
    },
    async closeLater() {
      if (!isOpen) return;
      isOpen = false;
      await closed(fd);
    },
  };
}

/** Throws what the file system says, if there is such a file. */
export function createTempFile(path: string): TempFile {
  return tempFile(path, createNew(path));
}

/** The same in the thread pool. */
export async function createTempFileAsync(path: string): Promise<TempFile> {
  return tempFile(path, await opened(path, CREATE_FLAGS, NEW_FILE_MODE));
}
