// Writes a file that the user named, atomically; replaces only an earlier file of the same kind, and follows no symbolic link.

import { randomBytes } from "node:crypto";
import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
} from "node:fs";
import { dirname } from "node:path";
import { CREATE_FLAGS, NEW_FILE_MODE, openToRead } from "../fs/open-nofollow.ts";

/** A kind of file that bulkget writes. */
export interface FileKind {
  /** For the message about another file: "chart of bulkget tune". */
  readonly noun: string;
  /** Whether a file of this kind begins and ends so: at most 4 KiB each, as Latin-1. */
  readonly matches: (head: string, tail: string) => boolean;
}

/** What is read of the beginning and of the end. */
const END_BYTES = 4096;

/** Why a file cannot be written to a path; undefined if it can. Does not block on a named pipe. */
export function objectionTo(path: string, kind: FileKind): string | undefined {
  if (path === "-") return "is no name of a file; name one (./- is one)";
  try {
    accessSync(dirname(path), constants.W_OK);
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
    return isOfKind(path, kind) ? undefined : `exists and is no ${kind.noun}; name another file`;
  } catch (error) {
    return cannot(error);
  }
}

/** Writes a file by `write`; returns the reason if it cannot. Checks the path again, because measuring takes minutes. */
export function writeOwnFile(path: string, kind: FileKind, write: (fd: number) => void): string | undefined {
  const objection = objectionTo(path, kind);
  if (objection !== undefined) return objection;
  const part = `${path}.${randomBytes(4).toString("hex")}.part`;
  try {
    const fd = openSync(part, CREATE_FLAGS, NEW_FILE_MODE);
    try {
      write(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(part, path);
    return undefined;
  } catch (error) {
    rmSync(part, { force: true });
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error; // not about this file
    return cannot(error);
  }
}

function cannot(error: unknown): string {
  return `cannot be written: ${(error as Error).message}`;
}

function isOfKind(path: string, { matches }: FileKind): boolean {
  if (!lstatSync(path).isFile()) return false;
  const fd = openToRead(path);
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) return false;
    const bytes = Buffer.alloc(END_BYTES);
    const textAt = (position: number) => bytes.toString("latin1", 0, readSync(fd, bytes, 0, END_BYTES, position));
    return matches(textAt(0), textAt(Math.max(0, stats.size - END_BYTES)));
  } finally {
    closeSync(fd);
  }
}
