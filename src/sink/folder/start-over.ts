// Removes the files that an earlier run's records name, and nothing else: --force and --prune.

import { createReadStream, lstatSync, rmdirSync, unlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { FolderError, useAnotherFolder, type Wording } from "../../core/errors.ts";
import { indexNameOf, LAYOUT, REMOVED } from "../../core/layout.ts";
import { savedHeaders } from "../../fs/location.ts";
import { checked, openToRead } from "../../fs/open-nofollow.ts";
import type { OwnPaths } from "../../fs/own-paths.ts";
import { isInside, isSafePath } from "../../fs/safe-path.ts";

/**
 * Removes all files that the earlier run recorded (--force), and with `withRemoved` those that it kept of removed
 * lines. `lists`: the lists of this run, which must not lie in the folder. Throws a FolderError.
 */
export async function startOver(
  { folder, journal, failedList: failed }: Pick<OwnPaths, "folder" | "journal" | "failedList">,
  lists: readonly string[],
  withRemoved = false,
): Promise<void> {
  const own = lists.find((list) => isInside(folder, list));
  if (own !== undefined) {
    const whyIn = (words: Wording) =>
      `lies in ${folder}, where ${words.option("force")} removes what the earlier run saved; ${useAnotherFolder(words)}, or move it`;
    throw new FolderError("usage", (words) => `${own}: ${whyIn(words)}`);
  }
  const removed = join(folder, REMOVED);
  try {
    if (withRemoved) await removeRecorded(removed, join(removed, LAYOUT.journal));
    await removeRecorded(folder, journal, () => {
      if (lstatSync(failed, { throwIfNoEntry: false })?.isFile() === true) unlinkSync(failed);
    });
  } catch (error) {
    throw new FolderError("disk", `${folder}: the earlier run cannot be removed: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (!withRemoved) return;
  try {
    rmdirSync(removed);
  } catch {
    // The user has put files there.
  }
}

/** Removes a file that a record names; false if it is not a regular file inside the folder. Throws file-system errors. */
export function removeSavedFile(folder: string, file: string): boolean {
  const path = join(folder, file);
  // A folder of the path may have become a link to elsewhere.
  const isSaved =
    isSafePath(file) && lstatSync(path, { throwIfNoEntry: false })?.isFile() === true && isInside(folder, path);
  if (isSaved) unlinkSync(path);
  return isSaved;
}

/** Removes the head that a record names, as `removeSavedFile`. */
export function removeSavedHeaders(folder: string, record: object): void {
  const file = savedHeaders(folder, record);
  if (file !== undefined && isInside(folder, join(folder, file))) unlinkSync(join(folder, file));
}

/** Removes the files that a journal names, and then the journal. */
async function removeRecorded(folder: string, journal: string, beforeJournal: () => void = () => {}): Promise<void> {
  for await (const line of linesOf(journal)) {
    const record = recordIn(line);
    for (const name of namesIn(record)) removeSavedFile(folder, name);
    removeSavedHeaders(folder, record);
  }
  beforeJournal();
  unlinkSync(journal);
}

/** The files and archives that a journal names, each as often as it does. Throws errno errors. */
export async function* recordedNames(journal: string): AsyncGenerator<string> {
  for await (const line of linesOf(journal)) yield* namesIn(recordIn(line)).filter(isSafePath);
}

function namesIn({ file, shard, refers_to }: FileRecord): readonly string[] {
  const names = [file, shard, refers_to?.shard].filter((name) => typeof name === "string");
  return names.flatMap((name) => [name, indexNameOf(name) ?? []].flat());
}

/** Maximum length of a record: a longer line is not one, and is not kept in memory. */
const MAX_RECORD_CHARS = 16_777_216;

/** The lines of a journal, which must be a regular file. Only LF ends a line: readline also splits at U+2028. */
async function* linesOf(journal: string): AsyncGenerator<string> {
  const fd = checked(openToRead(journal), (stats) => {
    if (!stats.isFile()) throw new Error(`${basename(journal)} is no file`);
  });
  let carry = "";
  for await (const chunk of createReadStream("", { fd, encoding: "utf8" }) as AsyncIterable<string>) {
    const [first = "", ...rest] = chunk.split("\n");
    carry = carry.length > MAX_RECORD_CHARS ? first : carry + first;
    for (const next of rest) {
      yield carry;
      carry = next;
    }
  }
  yield carry;
}

interface FileRecord {
  readonly file?: unknown;
  readonly shard?: unknown;
  readonly refers_to?: { readonly shard?: unknown } | null;
}

/** The record in a line; an empty one if it is incomplete. */
function recordIn(line: string): FileRecord {
  try {
    return Object(JSON.parse(line)) as object;
  } catch {
    return {};
  }
}
