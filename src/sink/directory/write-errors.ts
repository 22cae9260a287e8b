// What the file system refuses: a file of that size or name, which is its line's failure; or anything, which ends the run.

import { accessSync, constants, lstatSync, statSync } from "node:fs";
import { constants as os } from "node:os";
import { dirname } from "node:path";
import { classify } from "../../core/classify.ts";
import type { Failure, FailureKind } from "../../core/failure.ts";

/** What is said of a final name. Everything else is done to a part, in the state folder, under a number. */
const OF_A_NAME = new Set(["rename", "link", "mkdir", "lstat", "stat", "access"]);

/** A name can be at fault: by the manual pages rename(2), link(2), mkdir(2), stat(2) and path_resolution(7). */
const NAMES: Readonly<Record<string, FailureKind>> = {
  // Something else has it, or a part of its path: a file, a folder, a link, what is mounted or runs there.
  EEXIST: "file_exists",
  ENOTEMPTY: "file_exists",
  EISDIR: "file_exists",
  ENOTDIR: "file_exists",
  ELOOP: "file_exists",
  EBUSY: "file_exists",
  ETXTBSY: "file_exists",
  ENAMETOOLONG: "name_too_long",
  // No file system takes every name: FAT and NTFS, some by their characters; others want valid UTF-8.
  EINVAL: "name_refused",
  EILSEQ: "name_refused",
  EOVERFLOW: "name_refused",
  // As many folders as a folder can have.
  EMLINK: "name_refused",
  // What may hold for one folder of several, or one file, and then says nothing of the others.
  EXDEV: "name_refused",
  EACCES: "name_refused",
  EPERM: "name_refused",
  EROFS: "name_refused",
};

/** These hold for all names, unless the folder itself proves that they do not. */
const OFTEN_OF_ALL = new Set(["EXDEV", "EACCES", "EPERM", "EROFS"]);

/** What an error says of the file at `path`, which goes into `folder` or below it. */
export function refusalOf(thrown: unknown, folder: string, path: string): Failure {
  const error = named(thrown);
  const { code = "", syscall = "", errno } = error as NodeJS.ErrnoException;
  const failure = classify(error, "write");
  // Without a descriptor to be had the disk is not at fault: it is tried again, with fewer open.
  if (code === "EMFILE" || code === "ENFILE") return { ...failure, scarce: true };
  if (failure.error === "file_too_large") return { ...failure, detail: `${failure.detail}: ${LIMIT}` };
  const kind = OF_A_NAME.has(syscall) && Object.hasOwn(NAMES, code) ? NAMES[code] : undefined;
  if (kind !== undefined && isOfThis(code, folder, path)) return { error: kind, detail: lineOf(error) };
  // What holds for every name is the disk's; so is what the system says, and has no name for in Node.
  const isSystems = syscall !== "" && errno !== undefined;
  if (kind === undefined && !(failure.error === "internal" && isSystems)) return failure;
  return { error: "write_failed", detail: lineOf(error) };
}

const LIMIT = "larger than this system lets a file be (ulimit -f, or the file system)";

/** Whether it is this name that is refused, and others go on. */
function isOfThis(code: string, folder: string, path: string): boolean {
  if (!isFolder(folder)) return false;
  if (!OFTEN_OF_ALL.has(code)) return true;
  // In the folder itself only what is there already may be special: immutable, or another user's.
  if (dirname(path) === folder) return code !== "EXDEV" && isThere(path) && isWritable(folder);
  return isWritable(folder);
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** libuv has no name for some of what a disk says, such as EDQUOT: Node says "Unknown system error -122" then. */
function named(error: unknown): unknown {
  const { code, errno = 0, message, syscall } = error as NodeJS.ErrnoException;
  if (code?.startsWith("Unknown system error") !== true) return error;
  const [name] = Object.entries(os.errno).find(([, number]) => number === -errno) ?? [];
  return name === undefined ? error : Object.assign(new Error(message), { code: name, errno, syscall });
}

function lineOf(error: unknown): string {
  return (error as Error).message.split("\n", 1)[0] ?? "";
}
