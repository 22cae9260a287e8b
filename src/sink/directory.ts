// Bodies become files of a folder: written beside their name, and renamed when they are whole.

import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
  writevSync,
  writev as writevWithCallback,
} from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { classify } from "../core/classify.ts";
import { type Failure, isFailure } from "../core/failure.ts";
import type { BodyStream, Sink, Stored } from "../core/ports.ts";
import { makeFolder } from "./folder.ts";
import { MAX_NAME_BYTES, type Names } from "./names.ts";

const writev = promisify(writevWithCallback);

/** New, never through a planted link, with the mode the umask leaves. */
const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
const MODE = 0o666;

export interface DirectoryOptions {
  readonly folder: string;
  readonly names: Names;
  /** The folder held nothing when the run began: a unique name cannot be taken. */
  readonly empty: boolean;
  /** Files from before `sinceMs` (wall clock) may be replaced: --force. */
  readonly replaceBeforeMs?: number;
}

/** A sink into an existing folder. */
export function directory(options: DirectoryOptions): Sink {
  const { folder, names, empty, replaceBeforeMs } = options;
  // A line's own number is nobody else's, as long as the list itself names no file.
  let trusted = empty && names.unique;

  const taken = (path: string): boolean => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return false;
    return replaceBeforeMs === undefined || !stats.isFile() || stats.ctimeMs >= replaceBeforeMs;
  };

  /** Why a file cannot go there, if so. */
  const obstacle = (path: string, file: string): Failure | undefined => {
    try {
      if (!taken(path)) return undefined;
    } catch (error) {
      // A part of the path is a file, this run's or another's.
      if ((error as NodeJS.ErrnoException).code !== "ENOTDIR") return classify(error, "write");
    }
    return { error: "file_exists", detail: `${file} is there already, and not this line's` };
  };

  return {
    write(job, target, answer) {
      const file = names.of(job, target, answer.type);
      const path = `${folder}/${file}`;
      if (job.name !== undefined) trusted = false;
      const tooLong =
        file.length * 3 > MAX_NAME_BYTES && file.split("/").some((part) => Buffer.byteLength(part) > MAX_NAME_BYTES);
      if (tooLong) return given(answer.body, { error: "name_too_long", detail: `over ${MAX_NAME_BYTES} bytes` });
      const inTheWay = trusted ? undefined : obstacle(path, file);
      if (inTheWay !== undefined) return given(answer.body, inTheWay);
      const { body } = answer;
      return "next" in body ? writeStream(path, file, body) : writeWhole(path, file, body);
    },
  };

  /** A small body, in one go: open, write, close, rename. No thread-pool trip; that is where the time goes. */
  function writeWhole(path: string, file: string, pieces: readonly Uint8Array[]): Stored | Failure {
    const part = `${path}.part`;
    let fd: number | undefined;
    let created = false;
    try {
      fd = create(part);
      created = true;
      const bytes = writeAllSync(fd, pieces);
      const closing = fd;
      fd = undefined;
      closeSync(closing);
      renameSync(part, path);
      return { bytes, file };
    } catch (error) {
      return cleanedUp(error, fd, created ? part : undefined);
    }
  }

  async function writeStream(path: string, file: string, body: BodyStream): Promise<Stored | Failure> {
    const part = `${path}.part`;
    let fd: number | undefined;
    let created = false;
    try {
      fd = create(part);
      created = true;
      let bytes = 0;
      for (let pieces = await body.next(); pieces !== undefined; pieces = await body.next()) {
        if (isFailure(pieces)) {
          closeSync(fd);
          unlinkSync(part);
          return pieces;
        }
        bytes += await writeAll(fd, pieces);
      }
      const closing = fd;
      fd = undefined;
      closeSync(closing);
      renameSync(part, path);
      return { bytes, file };
    } catch (error) {
      body.cancel();
      return cleanedUp(error, fd, created ? part : undefined);
    }
  }

  function create(part: string): number {
    try {
      return openSync(part, FLAGS, MODE);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const missing = code === "ENOENT" && dirname(part) !== folder && existsSync(folder);
      if (missing) makeFolder(dirname(part));
      else if (code === "EEXIST" && replaceBeforeMs !== undefined && !taken(part)) unlinkSync(part);
      else throw error;
      return openSync(part, FLAGS, MODE);
    }
  }
}

/** A body that will not be stored is let go. */
function given(body: readonly Uint8Array[] | BodyStream, failure: Failure): Failure {
  if ("cancel" in body) body.cancel();
  return failure;
}

function cleanedUp(error: unknown, fd: number | undefined, part: string | undefined): Failure {
  try {
    if (fd !== undefined) closeSync(fd);
  } catch {
    // The first error is the one that counts.
  }
  try {
    if (part !== undefined) unlinkSync(part);
  } catch {
    // Likewise; what is left has no final name.
  }
  return classify(error, "write");
}

/** Writes all of it. A full disk may take a part without an error: only the next write says so. */
function writeAllSync(fd: number, pieces: readonly Uint8Array[]): number {
  const [first] = pieces;
  if (first === undefined) return 0;
  let written = pieces.length === 1 ? writeSync(fd, first) : writevSync(fd, pieces);
  const bytes = lengthOf(pieces);
  while (written < bytes) written += progress(writevSync(fd, after(pieces, written)));
  return bytes;
}

async function writeAll(fd: number, pieces: readonly Uint8Array[]): Promise<number> {
  const bytes = lengthOf(pieces);
  let { bytesWritten: written } = await writev(fd, pieces);
  while (written < bytes) written += progress((await writev(fd, after(pieces, written))).bytesWritten);
  return bytes;
}

/** A write that takes nothing and says nothing would be tried for ever. */
function progress(written: number): number {
  if (written > 0) return written;
  throw Object.assign(new Error("the disk takes no more bytes"), { code: "ENOSPC" });
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/** What is left of the pieces after the first `bytes`. */
function after(pieces: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skip = bytes;
  return pieces.flatMap((piece) => {
    const skipped = Math.min(skip, piece.length);
    skip -= skipped;
    return skipped === piece.length ? [] : [piece.subarray(skipped)];
  });
}
