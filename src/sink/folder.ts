// The output folder before a run: made where it is missing, refused where it holds another run, cleared by --force.

import {
  createReadStream,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  unlinkSync,
} from "node:fs";
import { dirname, join, normalize, sep } from "node:path";

export const JOURNAL = "results.jsonl";
export const FAILED = "failed.txt";

/** The folder cannot be used: `usage` if that is for the user to decide, `disk` if the file system says so. */
export class FolderError extends Error {
  readonly kind: "usage" | "disk";
  constructor(kind: "usage" | "disk", message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Makes the folder ready; says whether it is empty. `lists` are what is about to be read. Throws a FolderError. */
export async function prepareFolder(
  folder: string,
  force: boolean,
  lists: readonly string[] = [],
): Promise<{ empty: boolean }> {
  try {
    makeFolder(folder);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const inTheWay = code === "EEXIST" || code === "ENOTDIR";
    throw new FolderError(inTheWay ? "usage" : "disk", `${folder}: the output folder cannot be made: ${message}`);
  }
  if (lstatSync(join(folder, JOURNAL), { throwIfNoEntry: false }) !== undefined) {
    if (!force) {
      const ways = "use another folder (-o), or --force to start over: that removes what the earlier run saved there";
      throw new FolderError("usage", `${folder}: holds an earlier run (${JOURNAL}); ${ways}`);
    }
    const own = lists.find((list) => isInside(folder, list));
    if (own !== undefined) {
      const why = `lies in ${folder}, where --force removes what the earlier run saved; use another folder (-o), or move it`;
      throw new FolderError("usage", `${own}: ${why}`);
    }
    await removeRun(folder);
  }
  try {
    return { empty: readdirSync(folder).length === 0 };
  } catch (error) {
    throw new FolderError("disk", `${folder}: the output folder cannot be read: ${(error as Error).message}`);
  }
}

/** Whether a path, all links followed, lies below a folder. One that does not exist lies nowhere. */
function isInside(folder: string, path: string): boolean {
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
