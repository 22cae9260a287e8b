// Reads and writes at positions of an open file, in the thread pool.

import { read, write } from "node:fs";

/** Writes all bytes. Resolves with their number. Rejects with the errno error. */
export function writeAt(fd: number, bytes: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const from = (at: number): void => {
      if (at === bytes.length) return resolve(at);
      write(fd, bytes, at, bytes.length - at, position + at, (error, written) => {
        if (error !== null) reject(error);
        else if (written === 0) reject(Object.assign(new Error("the disk takes no more bytes"), { code: "ENOSPC" }));
        else from(at + written);
      });
    };
    from(0);
  });
}

/** Reads into a buffer. Resolves with the number of bytes; 0 at the end of the file. Rejects with the errno error. */
export function readAt(fd: number, into: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, into, 0, into.length, position, (error, length) => (error === null ? resolve(length) : reject(error)));
  });
}
