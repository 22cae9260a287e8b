// Opens a journal for reading, and refuses links, special files and outcomes of a newer version.

import { JournalError, useAnotherFolder, type Wording } from "../../core/errors.ts";
import { checked, isSingleLinkFile, openToRead } from "../../fs/open-nofollow.ts";
import { MOVED } from "./parse-record.ts";

/** Opens a regular file without following links. Throws a JournalError for anything else. */
export function openJournal(path: string): number {
  let fd: number;
  try {
    fd = openToRead(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ELOOP") throw error;
    throw new JournalError((words) => `${path}: is a link: remove it, or ${useAnotherFolder(words)}`, { cause: error });
  }
  return checked(fd, (stats) => {
    if (isSingleLinkFile(stats)) return;
    // Records would also be appended to the file under its other name.
    const what = stats.isFile() ? "has a second name (a hard link): put a copy in its place" : "is no file: remove it";
    throw new JournalError((words) => `${path}: ${what}, or ${useAnotherFolder(words)}`);
  });
}

const KNOWN_OUTCOMES = new Set(["saved", "unchanged", "failed", "skipped", MOVED]);

/** Whether this version knows an outcome. */
export function isKnownOutcome(outcome: string): boolean {
  return KNOWN_OUTCOMES.has(outcome);
}

/** Throws a JournalError for an outcome that this version does not know; `place` is "path:line" for the message. */
export function refuseNewer(outcome: string, place: string): void {
  if (isKnownOutcome(outcome)) return;
  const word = JSON.stringify(outcome.slice(0, 40));
  const waysIn = (words: Wording) =>
    `take that version, or ${useAnotherFolder(words)}, or ${words.option("force")} to start over`;
  throw new JournalError((words) => `${place}: outcome ${word}, which only a newer bulkget knows: ${waysIn(words)}`);
}
