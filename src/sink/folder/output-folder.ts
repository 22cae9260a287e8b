// Prepares the output folder for a run, creates and removes folders in it, and compares paths.

import {
  existsSync,
  lstatSync,
  mkdirSync,
  opendirSync,
  readlinkSync,
  realpathSync,
  rmdirSync,
  statSync,
  unlinkSync,
} from "node:fs";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { FolderError, useAnotherFolder, type Wording } from "../../core/errors.ts";
import { LAYOUT, type Layout, STATE_FOLDER } from "../../core/layout.ts";
import { isInside } from "../../fs/safe-path.ts";

/** Codes of a file system or a quota without room. */
const FULL = new Set(["ENOSPC", "EDQUOT"]);

/** A file-system error as a FolderError; any other error unchanged. */
export function asFolderError(error: unknown, folder: string): unknown {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return error;
  const advice = FULL.has(code) ? "; make room, and run it again to go on" : "";
  return new FolderError("disk", `${folder}: cannot be used: ${message}${advice}`, { cause: error });
}

export interface Folder {
  /** The folder of the lock and of incomplete bodies. */
  readonly state: string;
  /** The output folder holds nothing else, and no other run may write there. */
  readonly empty: boolean;
  /** The journal of an earlier run exists. */
  readonly earlier: boolean;
}

/** Codes where no folder can have the path: something else has it, or the file system refuses the name. */
const UNUSABLE = new Set(["EEXIST", "ENOTDIR", "ELOOP", "EINVAL", "EILSEQ"]);

/** Creates the output folder and the state folder of a run. `claim`: called between them. Throws a FolderError. */
export function prepareFolder(folder: string, layout: Layout = LAYOUT, claim: () => void = () => {}): Folder {
  const state = join(folder, layout.state);
  try {
    makeFolder(folder);
    for (const path of foldersOf(layout.state)) {
      makeFolder(join(folder, path));
      if (!lstatSync(join(folder, path)).isDirectory())
        throw Object.assign(new Error(`${path} is a link`), { code: "ENOTDIR" });
      if (path === STATE_FOLDER) claim();
    }
  } catch (error) {
    if (error instanceof FolderError) throw error;
    const { code = "", message } = error as NodeJS.ErrnoException;
    const kind = UNUSABLE.has(code) ? "usage" : "disk";
    const adviceIn = (words: Wording) => (kind === "usage" ? `; ${useAnotherFolder(words)}` : "");
    const inWords = (words: Wording) => `${folder}: ${what(words)} cannot be made: ${message}${adviceIn(words)}`;
    throw new FolderError(kind, inWords, { cause: error });
  }
  try {
    const earlier = lstatSync(join(folder, layout.journal), { throwIfNoEntry: false }) !== undefined;
    return { state, empty: !earlier && !layout.isShared && isEmpty(folder), earlier };
  } catch (error) {
    const why = `cannot be read: ${(error as Error).message}`;
    throw new FolderError("disk", (words) => `${folder}: ${what(words)} ${why}`, { cause: error });
  }
}

/** A relative path and the folders above it, outermost first: `a`, `a/b`. */
function foldersOf(path: string): readonly string[] {
  const parts = path.split("/");
  return parts.map((_, i) => parts.slice(0, i + 1).join("/"));
}

/** Throws a FolderError where `prepareFolder` would, since what is there is no folder. */
export function refuseFileAsFolder(folder: string): void {
  let path = folder;
  while (!existsSync(path) && dirname(path) !== path) path = dirname(path);
  if (statSync(path).isDirectory()) return;
  const why = `cannot be made: ${path} is a file`;
  throw new FolderError("usage", (words) => `${folder}: ${what(words)} ${why}; ${useAnotherFolder(words)}`);
}

function what({ isInStore = false }: Wording): string {
  return isInStore ? "the folder of the state" : "the output folder";
}

/** Whether a folder holds nothing but the state folder. Reads at most two names: it may hold a million files. */
function isEmpty(folder: string): boolean {
  const names = opendirSync(folder);
  try {
    for (let entry = names.readSync(); entry !== null; entry = names.readSync()) {
      if (entry.name !== STATE_FOLDER) return false;
    }
    return true;
  } finally {
    names.closeSync();
  }
}

/** Removes the state folder of a run if it is empty, and those above it that are empty then. Never throws. */
export function removeState(folder: string, { state }: Layout): void {
  for (const path of foldersOf(state).toReversed()) removeIfEmpty(join(folder, path));
}

/** Removes an empty folder; leaves any other. Never throws. */
export function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // The next run resumes the parts in it.
  }
}

/** Removes a file of length 0; leaves any other. */
export function removeEmptyFile(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.size === 0) unlinkSync(path);
}

/** Whether two paths lead to one file, after following all links. */
export function sameFile(one: string, other: string): boolean {
  try {
    return realpathSync(one) === realpathSync(other);
  } catch {
    return false;
  }
}

/**
 * The folder's path from the working directory if it has fewer parts, otherwise the given one: the kernel resolves it
 * three times per file.
 */
export function shortestPath(folder: string): string {
  if (!isAbsolute(folder)) return folder;
  try {
    const short = relative(process.cwd(), folder) || ".";
    const parts = folder.split(sep).filter((part) => part !== "");
    if (isAbsolute(short) || short.split(sep).length >= parts.length) return folder;
    const [one, other] = [statSync(short, { bigint: true }), statSync(folder, { bigint: true })];
    return one.ino === other.ino && one.dev === other.dev ? short : folder;
  } catch {
    return folder; // the folder or the working directory does not exist
  }
}

/**
 * Makes a folder and those above it. Not `mkdirSync` with `recursive`: that loops for ever where a file system, such as
 * /proc, returns ENOENT below an existing folder (observed with Node 20 on Linux; openclaw/openclaw#130807).
 */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") {
      if (isFolder(folder)) return;
      throw danglingLinkError(folder) ?? error;
    }
    const above = dirname(folder);
    if (code !== "ENOENT" || existsSync(above)) throw error;
    makeFolder(above);
    try {
      mkdirSync(folder);
    } catch (late) {
      // Another process made it meanwhile.
      if ((late as NodeJS.ErrnoException).code !== "EEXIST" || !isFolder(folder)) throw late;
    }
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ELOOP") return false; // a dangling link
    throw error;
  }
}

/** The error for a dangling link in the place of a folder: `ls` shows its owner no existing file. */
function danglingLinkError(path: string): Error | undefined {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return undefined;
  return Object.assign(new Error(`${path} is a link to ${readlinkSync(path)}, which is no folder`), { code: "EEXIST" });
}

/** Removes a line's file of an earlier run, whose new file has another name. Never throws. */
export function removePrevious(folder: string, file: string): void {
  const old = `${folder}/${file}`;
  try {
    if (isInside(folder, old)) unlinkSync(old);
  } catch {
    // It does not exist.
  }
}
