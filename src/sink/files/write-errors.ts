// Classifies file-system errors: the failure of one line (its file's name or size), or a disk error that ends the run.

import { accessSync, constants, lstatSync, statSync } from "node:fs";
import { constants as os } from "node:os";
import { dirname } from "node:path";
import { classify } from "../../core/classify.ts";
import type { Failure, FailureKind } from "../../core/failure.ts";

/** System calls on final names. All others are on numbered parts in the state folder. */
const CALLS_ON_NAMES = new Set(["rename", "link", "mkdir", "lstat", "stat", "access"]);

/** Errors that a name can cause, by rename(2), link(2), mkdir(2), stat(2) and path_resolution(7). */
const NAME_ERRORS: Readonly<Record<string, FailureKind>> = {
  // Something else has the name, or is a part of its path: a file, a folder, a link, a mount point, a running program.
  EEXIST: "file_exists",
  ENOTEMPTY: "file_exists",
  EISDIR: "file_exists",
  ENOTDIR: "file_exists",
  ELOOP: "file_exists",
  EBUSY: "file_exists",
  ETXTBSY: "file_exists",
  ENAMETOOLONG: "name_too_long",
  // FAT and NTFS refuse some characters; other file systems require valid UTF-8.
  EINVAL: "name_refused",
  EILSEQ: "name_refused",
  EOVERFLOW: "name_refused",
  // The folder has the maximum number of subfolders.
  EMLINK: "name_refused",
  // May concern one subfolder or file only, and not the others.
  EXDEV: "name_refused",
  EACCES: "name_refused",
  EPERM: "name_refused",
  EROFS: "name_refused",
};

/** These concern all names, unless the output folder itself is writable. */
const OFTEN_FOR_ALL = new Set(["EXDEV", "EACCES", "EPERM", "EROFS"]);

/** The failure that an error means for the file at `path`, in `folder` or below it. */
export function failureOfWrite(thrown: unknown, folder: string, path: string): Failure {
  const error = withCode(thrown);
  const { code = "", syscall = "", errno } = error as NodeJS.ErrnoException;
  const failure = classify(error, "write");
  // Out of file descriptors: the disk is fine, and the try is repeated with fewer open files.
  if (code === "EMFILE" || code === "ENFILE") return { ...failure, fdsExhausted: true };
  if (failure.error === "file_too_large") return { ...failure, detail: `${failure.detail}: ${FILE_SIZE_LIMIT}` };
  const kind = CALLS_ON_NAMES.has(syscall) && Object.hasOwn(NAME_ERRORS, code) ? NAME_ERRORS[code] : undefined;
  if (kind !== undefined && concernsOneName(code, folder, path)) return { error: kind, detail: firstLineOf(error) };
  // An error for every name is the disk's; so is a system error that Node has no code for.
  const isSystemError = syscall !== "" && errno !== undefined;
  if (kind === undefined && !(failure.error === "internal" && isSystemError)) return failure;
  return { error: "write_failed", detail: firstLineOf(error) };
}

const FILE_SIZE_LIMIT = "larger than this system lets a file be (ulimit -f, or the file system)";

/** Whether only this name is refused, so that other lines can still be saved. */
function concernsOneName(code: string, folder: string, path: string): boolean {
  if (!isFolder(folder)) return false;
  if (!OFTEN_FOR_ALL.has(code)) return true;
  // In the output folder itself, only an existing file can be refused alone: immutable, or another user's.
  if (dirname(path) === folder) return code !== "EXDEV" && exists(path) && isWritable(folder);
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

function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** Adds the code of an error that libuv does not map, such as EDQUOT: "Unknown system error -122" (libuv/libuv#3795). */
function withCode(error: unknown): unknown {
  const { code, errno = 0, message, syscall } = error as NodeJS.ErrnoException;
  if (code?.startsWith("Unknown system error") !== true) return error;
  const [name] = Object.entries(os.errno).find(([, number]) => number === -errno) ?? [];
  return name === undefined ? error : Object.assign(new Error(message), { code: name, errno, syscall });
}

function firstLineOf(error: unknown): string {
  return (error as Error).message.split("\n", 1)[0] ?? "";
}
