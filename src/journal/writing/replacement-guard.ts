// Detects that the journal file was replaced, removed or truncated during a run, and saves the run's records in another file.

import { closeSync, fstatSync, fsyncSync, lstatSync, readSync, type Stats, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { createToAppend, isSingleLinkFile, openToAppend } from "../../fs/open-nofollow.ts";
import { writeAllSync } from "../../fs/write-all.ts";

export interface ReplacementGuard {
  /** Checks the file; call it after a flush. Returns a description of what has happened since the last check, if anything. */
  check(): string | undefined;
  /** Description of everything that has happened; undefined if nothing has. */
  readonly problem: string | undefined;
  /** The file that has the records now; undefined if there is none. */
  readonly recordsPath: string | undefined;
  close(): void;
}

export interface ReplacementGuardOptions {
  /** The journal's open file, readable. The run keeps writing it, whatever file has its name. */
  readonly fd: number;
  readonly path: string;
  /** Offset of this run's first record. */
  readonly startBytes: number;
  /** Expected length of the file in bytes. */
  readonly bytes: () => number;
  /** Whether the file that replaced the journal is a journal too, for example an edited copy. */
  readonly isJournal: (path: string) => boolean;
}

const COPY_BYTES = 1_048_576;
const LF = 0x0a;

/** Suffix of the file for the records if another program's file has the journal's name. */
const RESCUE_SUFFIX = ".rescued";

/** A second file, to which each check appends the new records. */
interface RescueCopy {
  readonly path: string;
  readonly fd: number;
  /** Bytes of the journal that are in it. */
  bytes: number;
}

/** Throws file-system errors, also from `check`. */
export function replacementGuard({
  fd,
  path,
  startBytes,
  bytes,
  isJournal,
}: ReplacementGuardOptions): ReplacementGuard {
  const folder = dirname(path);
  const folderIdentity = identityOf(folderAt(folder));
  const problems: string[] = [];
  let copy: RescueCopy | undefined;
  let keptPath = path;
  /** Difference between actual and expected length that was already reported, in bytes. */
  let reportedDiffBytes = 0;
  let isFolderGone = false;

  const check = (): string | undefined => {
    const before = problems.length;
    if (!isFolderGone) inspect();
    if (copy !== undefined) extend(copy);
    return problems.length === before ? undefined : problems.slice(before).join("; ");
  };
  const inspect = () => {
    if (identityOf(folderAt(folder)) !== folderIdentity) {
      isFolderGone = true;
      problems.push(`${folder} was moved or removed while the run was on`);
      return;
    }
    const { size } = fstatSync(fd);
    if (size !== bytes() + reportedDiffBytes) {
      const isCut = size < bytes() + reportedDiffBytes;
      const what = isCut
        ? "cut off: what records are lost is found again by their files"
        : "written to by another program";
      problems.push(`${path} was ${what}`);
      reportedDiffBytes = size - bytes();
    }
    const own = identityOf(fstatSync(copy?.fd ?? fd));
    const now = statsOf(path);
    if (now !== undefined && identityOf(now) === own) return;
    // The records stay beside another program's file while their own file exists.
    if (copy !== undefined && copy.path !== path && identityOf(statsOf(copy.path)) === own) return;
    const what = now === undefined ? "removed" : "replaced";
    copy = newCopy(now);
    keptPath = copy.path;
    problems.push(`${path} was ${what} while the run was on: ${describeCopy(copy.path, now === undefined)}`);
  };
  const describeCopy = (to: string, isNew: boolean): string => {
    if (to !== path) return `its records are in ${to}: give it that name before the next run`;
    return isNew ? "it was written again" : "this run's records were added to what is there now";
  };
  const newCopy = (now: Stats | undefined): RescueCopy => {
    if (copy !== undefined) closeSync(copy.fd);
    copy = undefined;
    if (now === undefined) return { path, fd: createToAppend(path), bytes: 0 };
    if (isSingleLinkFile(now) && isJournal(path)) {
      // An empty file has lost the records of earlier runs too.
      return { path, fd: appended(path), bytes: now.size === 0 ? 0 : startBytes };
    }
    for (let i = 1; ; i++) {
      const free = `${path}${RESCUE_SUFFIX}${i === 1 ? "" : i}`;
      if (statsOf(free) === undefined) return { path: free, fd: createToAppend(free), bytes: 0 };
    }
  };
  const extend = (to: RescueCopy) => {
    const { size } = fstatSync(fd);
    if (to.bytes === size) return;
    const buffer = Buffer.allocUnsafe(COPY_BYTES);
    while (to.bytes < size) {
      const read = readSync(fd, buffer, 0, COPY_BYTES, to.bytes);
      if (read === 0) break;
      writeAllSync(to.fd, [buffer.subarray(0, read)]);
      to.bytes += read;
    }
    fsyncSync(to.fd);
    to.bytes = size; // if it was truncated, the next records begin here
  };

  return {
    check,
    get problem() {
      return problems.length === 0 ? undefined : problems.join("; ");
    },
    get recordsPath() {
      return isFolderGone ? undefined : keptPath;
    },
    close() {
      if (copy !== undefined) closeSync(copy.fd);
      copy = undefined;
    },
  };
}

/** Opens a journal to add to it, and ends its last line where that has no end. */
function appended(path: string): number {
  const fd = openToAppend(path);
  const { size } = fstatSync(fd);
  const last = Buffer.alloc(1);
  if (size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== LF) writeSync(fd, "\n");
  return fd;
}

function identityOf(stats: Stats | undefined): string | undefined {
  return stats && `${stats.dev} ${stats.ino}`;
}

function folderAt(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // a parent is no longer a folder
  }
}
