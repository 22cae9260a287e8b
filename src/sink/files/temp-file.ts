// A temporary file: a body is written to it under a name in the state folder, and it is renamed when it is complete.

import { close, closeSync, futimesSync, open } from "node:fs";
import { promisify } from "node:util";
import { CREATE_FLAGS, createNew, NEW_FILE_MODE } from "../../fs/open-nofollow.ts";

const closeAsync = promisify(close);
const openAsync = promisify(open) as (path: string, flags: number, mode: number) => Promise<number>;

export interface TempFile {
  readonly path: string;
  readonly fd: number;
  /** Sets the time of the file, in milliseconds since 1970, while it is open. A file system may refuse it. */
  setTime(ms: number): void;
  /** Closes the file; does nothing if it is closed. Throws the error of close(2). */
  close(): void;
  /** As `close`, in the thread pool. */
  closeAsync(): Promise<void>;
}

/** A file that is open. */
export function tempFile(path: string, fd: number): TempFile {
  let isOpen = true;
  return {
    path,
    fd,
    setTime(ms) {
      if (!isOpen) return;
      try {
        futimesSync(fd, ms / 1000, ms / 1000);
      } catch {
        // It keeps the time at which it was written.
      }
    },
    close() {
      if (!isOpen) return;
      isOpen = false; // a second close might close another file with the same descriptor
      closeSync(fd);
    },
    async closeAsync() {
      if (!isOpen) return;
      isOpen = false;
      await closeAsync(fd);
    },
  };
}

/** Creates a new file. Throws the error of open(2), EEXIST where the name is taken. */
export function createTempFile(path: string): TempFile {
  return tempFile(path, createNew(path));
}

/** As `createTempFile`, in the thread pool. */
export async function createTempFileAsync(path: string): Promise<TempFile> {
  return tempFile(path, await openAsync(path, CREATE_FLAGS, NEW_FILE_MODE));
}
