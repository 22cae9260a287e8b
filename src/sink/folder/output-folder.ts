// The output folder before and after a run: made where it is missing, cleared by --force, tidied at the end.

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
import { LAYOUT } from "../../core/layout.ts";
import { isInside } from "../../fs/safe-path.ts";

/** What the file system says of the folder, as such; anything else as it is. */
export function asFolderError(error: unknown, folder: string): unknown {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return error;
  return new FolderError("disk", `${folder}: cannot be used: ${message}`, { cause: error });
}

export interface Folder {
  /** For what is of use only to a run: its lock, and bodies that are not whole yet. */
  readonly state: string;
  /** Nothing else is there. */
  readonly empty: boolean;
  /** An earlier run's journal is there. */
  readonly earlier: boolean;
}

/** A path that no folder can have: something else is there, or the file system takes no such name. */
const UNUSABLE = new Set(["EEXIST", "ENOTDIR", "ELOOP", "EINVAL", "EILSEQ"]);

/** Makes the folder, and in it the one for the run's state. Throws a FolderError. */
export function prepareFolder(folder: string): Folder {
  const state = join(folder, LAYOUT.state);
  try {
    makeFolder(folder);
    makeFolder(state);
    if (!lstatSync(state).isDirectory())
      throw Object.assign(new Error(`${LAYOUT.state} is a link`), { code: "ENOTDIR" });
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    const kind = UNUSABLE.has(code) ? "usage" : "disk";
    const adviceIn = (words: Wording) => (kind === "usage" ? `; ${useAnotherFolder(words)}` : "");
    const why = `${folder}: the output folder cannot be made: ${message}`;
    throw new FolderError(kind, (words) => `${why}${adviceIn(words)}`, { cause: error });
  }
  try {
    const earlier = lstatSync(join(folder, LAYOUT.journal), { throwIfNoEntry: false }) !== undefined;
    return { state, empty: !earlier && isEmpty(folder), earlier };
  } catch (error) {
    const why = `the output folder cannot be read: ${(error as Error).message}`;
    throw new FolderError("disk", `${folder}: ${why}`, { cause: error });
  }
}

/** Whether a folder holds nothing but the state's. It may hold a million files: two names are enough to tell. */
function isEmpty(folder: string): boolean {
  const names = opendirSync(folder);
  try {
    for (let entry = names.readSync(); entry !== null; entry = names.readSync()) {
      if (entry.name !== LAYOUT.state) return false;
    }
    return true;
  } finally {
    names.closeSync();
  }
}

/** Removes a folder, such as the state's, unless something is kept in it. */
export function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Kept bodies are gone on with by the next run.
  }
}

/** Removes a file that has no content. */
export function removeEmptyFile(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.size === 0) unlinkSync(path);
}

/** Whether two paths lead to one file, links followed. */
export function sameFile(one: string, other: string): boolean {
  try {
    return realpathSync(one) === realpathSync(other);
  } catch {
    return false;
  }
}

/**
 * The way to a folder from the working directory, if that has fewer parts and leads there: the system walks it three times
 * for every file.
 */
export function shortestPath(folder: string): string {
  if (!isAbsolute(folder)) return folder;
  try {
    const way = relative(process.cwd(), folder) || ".";
    const parts = folder.split(sep).filter((part) => part !== "");
    if (isAbsolute(way) || way.split(sep).length >= parts.length) return folder;
    const [one, other] = [statSync(way, { bigint: true }), statSync(folder, { bigint: true })];
    return one.ino === other.ino && one.dev === other.dev ? way : folder;
  } catch {
    return folder; // nothing is there, or the working directory itself is gone
  }
}

/**
 * Makes a folder and those above it. Not `mkdir` with `recursive`: Node then tries for ever where a file system, such as
 * /proc, says ENOENT below a folder that is there.
 */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") {
      if (isFolder(folder)) return;
      throw linkToNone(folder) ?? error;
    }
    const above = dirname(folder);
    if (code !== "ENOENT" || existsSync(above)) throw error;
    makeFolder(above);
    try {
      mkdirSync(folder);
    } catch (late) {
      // Another process was faster.
      if ((late as NodeJS.ErrnoException).code !== "EEXIST" || !isFolder(folder)) throw late;
    }
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ELOOP") return false; // a link that leads nowhere
    throw error;
  }
}

/** What to say of a link in the place of a folder: "file already exists" is not what its owner sees. */
function linkToNone(path: string): Error | undefined {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return undefined;
  return Object.assign(new Error(`${path} is a link to ${readlinkSync(path)}, which is no folder`), { code: "EEXIST" });
}

/** Removes a line's file of an earlier run, where this one's has another name. */
export function removeOld(folder: string, file: string): void {
  const old = `${folder}/${file}`;
  try {
    if (isInside(folder, old)) unlinkSync(old);
  } catch {
    // It is gone already.
  }
}
