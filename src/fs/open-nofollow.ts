// Opens files without following links (O_NOFOLLOW): a planted link is an error, never a way out of the folder.

import { closeSync, constants, fstatSync, openSync, type Stats } from "node:fs";

/** Windows has neither flag. */
const NOFOLLOW = constants.O_NOFOLLOW ?? 0;
const NONBLOCK = constants.O_NONBLOCK ?? 0;

/** The mode of new files; the umask applies. */
export const NEW_FILE_MODE = 0o666;

/** A new file, for reading and writing. */
export const CREATE_FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | NOFOLLOW;

/** An existing file, for reading and for writing anywhere. */
export const UPDATE_FLAGS = constants.O_RDWR | NOFOLLOW;

/**
 * For reading. Does not block: opening a pipe without a writer would (fifo(7)). Throws the error of open(2); ELOOP for
 * a link.
 */
export function openToRead(path: string): number {
  return openSync(path, constants.O_RDONLY | NOFOLLOW | NONBLOCK);
}

/** An existing file, for reading and for writing anywhere. Throws the error of open(2). */
export function openToUpdate(path: string): number {
  return openSync(path, UPDATE_FLAGS);
}

/** An existing file, for reading and appending. Throws the error of open(2). */
export function openToAppend(path: string): number {
  return openSync(path, constants.O_RDWR | constants.O_APPEND | NOFOLLOW);
}

/** A new or existing file, for reading and appending. Does not block. Throws the error of open(2). */
export function openOrCreateToAppend(path: string): number {
  return openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | NOFOLLOW | NONBLOCK, NEW_FILE_MODE);
}

/** A new file, for reading and writing. Throws the error of open(2); EEXIST for whatever has the name, a link included. */
export function createNew(path: string): number {
  return openSync(path, CREATE_FLAGS, NEW_FILE_MODE);
}

/** A new file, for reading and appending. Throws the error of open(2). */
export function createToAppend(path: string): number {
  return openSync(path, CREATE_FLAGS | constants.O_APPEND, NEW_FILE_MODE);
}

/** Whether it is a regular file without a second hard link, which would be changed along with it. */
export function isSingleLinkFile(stats: Stats): boolean {
  return stats.isFile() && stats.nlink === 1;
}

/** Runs `check` on the open file, and closes that if it throws. Returns `fd`. */
export function checked(fd: number, check: (stats: Stats) => void): number {
  try {
    check(fstatSync(fd));
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
