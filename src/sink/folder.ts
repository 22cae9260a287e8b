// The output folder before and after a run: made where it is missing, cleared by --force, tidied at the end.

import {
  createReadStream,
  existsSync,
  lstatSync,
  mkdirSync,
  opendirSync,
  realpathSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
} from "node:fs";
import { dirname, join, normalize, sep } from "node:path";

export const JOURNAL = "results.jsonl";
export const FAILED = "failed.txt";
export const STATE = ".bulkget";

/** The folder cannot be used: `usage` if that is for the user to decide, `disk` if the file system says so. */
export class FolderError extends Error {
  readonly kind: "usage" | "disk";
  constructor(kind: "usage" | "disk", message: string) {
    super(message);
    this.kind = kind;
  }
}

export interface Folder {
  /** For what is of use only to a run: its lock, and bodies that are not whole yet. */
  readonly state: string;
  /** Nothing else is there. */
  readonly empty: boolean;
  /** An earlier run's journal is there. */
  readonly earlier: boolean;
}

/** Makes the folder, and in it the one for the run's state. Throws a FolderError. */
export function prepareFolder(folder: string): Folder {
  const state = join(folder, STATE);
  try {
    makeFolder(folder);
    makeFolder(state);
    if (!lstatSync(state).isDirectory()) throw Object.assign(new Error(`${STATE} is a link`), { code: "ENOTDIR" });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const inTheWay = code === "EEXIST" || code === "ENOTDIR";
    throw new FolderError(inTheWay ? "usage" : "disk", `${folder}: the output folder cannot be made: ${message}`);
  }
  try {
    const earlier = lstatSync(join(folder, JOURNAL), { throwIfNoEntry: false }) !== undefined;
    return { state, empty: !earlier && isEmpty(folder), earlier };
  } catch (error) {
    throw new FolderError("disk", `${folder}: the output folder cannot be read: ${(error as Error).message}`);
  }
}

/** Whether a folder holds nothing but the state's. It may hold a million files: two names are enough to tell. */
function isEmpty(folder: string): boolean {
  const names = opendirSync(folder);
  try {
    for (let entry = names.readSync(); entry !== null; entry = names.readSync()) {
      if (entry.name !== STATE) return false;
    }
    return true;
  } finally {
    names.closeSync();
  }
}

/** Removes the state folder, unless something is kept in it. */
export function tidy(state: string): void {
  try {
    rmdirSync(state);
  } catch {
    // Kept bodies are gone on with by the next run.
  }
}

/** What --force does: removes what the earlier run recorded. `lists` are what is about to be read. Throws a FolderError. */
export async function startOver(folder: string, lists: readonly string[]): Promise<void> {
  const own = lists.find((list) => isInside(folder, list));
  if (own !== undefined) {
    const why = `lies in ${folder}, where --force removes what the earlier run saved; use another folder (-o), or move it`;
    throw new FolderError("usage", `${own}: ${why}`);
  }
  await removeRun(folder);
}

/** Whether a path, all links followed, lies below a folder. One that does not exist lies nowhere. */
export function isInside(folder: string, path: string): boolean {
  try {
    return realpathSync(path).startsWith(join(realpathSync(folder), sep));
  } catch {
    return false;
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
    if (code === "EEXIST" && statSync(folder).isDirectory()) return;
    const above = dirname(folder);
    if (code !== "ENOENT" || existsSync(above)) throw error;
    makeFolder(above);
    mkdirSync(folder);
  }
}

/** Removes what a run recorded: its files, then its reports. Nothing that the journal does not name. */
async function removeRun(folder: string): Promise<void> {
  const { createInterface } = await import("node:readline"); // start-up counts, and --force is rare
  const journal = join(folder, JOURNAL);
  try {
    for await (const line of createInterface({ input: createReadStream(journal) })) {
      const file = recordedFile(line);
      if (file === undefined) continue;
      const path = join(folder, file);
      // A folder of the path may be a link by now, to somewhere else.
      const ours = lstatSync(path, { throwIfNoEntry: false })?.isFile() === true && isInside(folder, path);
      if (ours) unlinkSync(path);
    }
    rmSync(join(folder, FAILED), { force: true });
    unlinkSync(journal);
  } catch (error) {
    throw new FolderError("disk", `${folder}: the earlier run cannot be removed: ${(error as Error).message}`);
  }
}

/** The file a record names, if it lies in the folder; a journal may have been tampered with. */
function recordedFile(line: string): string | undefined {
  try {
    const { file } = JSON.parse(line) as { file?: unknown };
    if (typeof file !== "string" || file === "") return undefined;
    const inside = normalize(file);
    return inside.startsWith("..") || inside.startsWith(sep) ? undefined : inside;
  } catch {
    return undefined; // a torn record
  }
}
