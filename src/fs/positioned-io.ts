// Reads and writes at positions of an open file.

import { read, write, writeSync, writev, writevSync } from "node:fs";
import { after, lengthOf } from "./write-all.ts";

/** Writes all bytes, in the calling thread. Throws the errno error. */
export function writeAtSync(fd: number, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.length; ) {
    const written = writeSync(fd, bytes, at, bytes.length - at, position + at);
    if (written === 0) throw noProgress();
    at += written;
  }
}

/** Writes all bytes, in the thread pool. Resolves with their number. Rejects with the errno error. */
export function writeAt(fd: number, bytes: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const from = (at: number): void => {
      if (at === bytes.length) return resolve(at);
      write(fd, bytes, at, bytes.length - at, position + at, (error, written) => {
        if (error !== null) reject(error);
        else if (written === 0) reject(noProgress());
        else from(at + written);
      });
    };
    from(0);
  });
}

/** As `writeAtSync`, from several buffers in one system call, as far as possible. */
export function writePiecesAtSync(fd: number, pieces: readonly Uint8Array[], position: number): void {
  const bytes = lengthOf(pieces);
  for (let at = 0; at < bytes; ) {
    const written = writevSync(fd, at === 0 ? pieces : after(pieces, at), position + at);
    if (written === 0) throw noProgress();
    at += written;
  }
}

/** As `writeAt`, from several buffers in one system call, as far as possible. */
export function writePiecesAt(fd: number, pieces: readonly Uint8Array[], position: number): Promise<number> {
  const bytes = lengthOf(pieces);
  return new Promise((resolve, reject) => {
    const from = (at: number): void => {
      if (at === bytes) return resolve(at);
      writev(fd, at === 0 ? pieces : after(pieces, at), position + at, (error, written) => {
        if (error !== null) reject(error);
        else if (written === 0) reject(noProgress());
        else from(at + written);
      });
    };
    from(0);
  });
}

/** Reads into a buffer, in the thread pool. Resolves with the number of bytes; 0 at the end of the file. Rejects with the errno error. */
export function readAt(fd: number, into: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, into, 0, into.length, position, (error, length) => (error === null ? resolve(length) : reject(error)));
  });
}

function noProgress(): Error {
  return Object.assign(new Error("the disk takes no more bytes"), { code: "ENOSPC" });
}
