// What --force does, and --prune: removes what an earlier run saved, by its records, and nothing else.

import { createReadStream, lstatSync, rmdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { FolderError, useAnotherFolder, type Wording } from "../../core/errors.ts";
import { LAYOUT } from "../../core/layout.ts";
import { checked, openToRead } from "../../fs/open-nofollow.ts";
import { isInside, isSafePath } from "../../fs/safe-path.ts";

/**
 * What --force does: removes what the earlier run recorded, and with `withGone` what it kept of lines that were gone. `lists`
 * are what is about to be read. Throws a FolderError.
 */
export async function startOver(folder: string, lists: readonly string[], withGone = false): Promise<void> {
  const own = lists.find((list) => isInside(folder, list));
  if (own !== undefined) {
    const whyIn = (words: Wording) =>
      `lies in ${folder}, where ${words.option("force")} removes what the earlier run saved; ${useAnotherFolder(words)}, or move it`;
    throw new FolderError("usage", (words) => `${own}: ${whyIn(words)}`);
  }
  const failed = join(folder, LAYOUT.failedList);
  try {
    if (withGone) await removeRecorded(join(folder, LAYOUT.removed));
    await removeRecorded(folder, () => {
      if (lstatSync(failed, { throwIfNoEntry: false })?.isFile() === true) unlinkSync(failed);
    });
  } catch (error) {
    throw new FolderError("disk", `${folder}: the earlier run cannot be removed: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (!withGone) return;
  try {
    rmdirSync(join(folder, LAYOUT.removed));
  } catch {
    // Something else lies there.
  }
}

/** Removes a file that a record names, if it is a file of the folder; false if not. Throws what the file system says. */
export function removeSavedFile(folder: string, file: string): boolean {
  const path = join(folder, file);
  // A folder of the path may be a link by now, to somewhere else.
  const isOurs =
    isSafePath(file) && lstatSync(path, { throwIfNoEntry: false })?.isFile() === true && isInside(folder, path);
  if (isOurs) unlinkSync(path);
  return isOurs;
}

/** Removes what a journal names, and then itself: nothing else. */
async function removeRecorded(folder: string, beforeJournal: () => void = () => {}): Promise<void> {
  const journal = join(folder, LAYOUT.journal);
  for await (const line of linesOf(journal)) {
    const file = recordedFile(line);
    if (file !== undefined) removeSavedFile(folder, file);
  }
  beforeJournal();
  unlinkSync(journal);
}

/** No record is longer, in characters: of a longer line only the end is kept, which is none. */
const MAX_RECORD = 16_777_216;

/** The lines of a journal, which must be a file and no link; only a line feed ends one: a record may have U+2028 in it. */
async function* linesOf(journal: string): AsyncGenerator<string> {
  const fd = checked(openToRead(journal), (stats) => {
    if (!stats.isFile()) throw new Error(`${LAYOUT.journal} is no file`);
  });
  let carry = "";
  for await (const chunk of createReadStream("", { fd, encoding: "utf8" }) as AsyncIterable<string>) {
    const [first = "", ...rest] = chunk.split("\n");
    carry = carry.length > MAX_RECORD ? first : carry + first;
    for (const next of rest) {
      yield carry;
      carry = next;
    }
  }
  yield carry;
}

/** The file a record names. */
function recordedFile(line: string): string | undefined {
  try {
    const { file } = JSON.parse(line) as { file?: unknown };
    return typeof file === "string" ? file : undefined;
  } catch {
    return undefined; // a torn record
  }
}
