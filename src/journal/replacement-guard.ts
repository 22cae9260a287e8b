// A journal whose file is replaced, removed or cut while it is written: that is noticed, and its records are kept in another.

import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readSync,
  type Stats,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

export interface ReplacementGuard {
  /** Looks at the file; all that was taken must have been written. Returns what has happened, if anything has since the last look. */
  check(): string | undefined;
  /** All that has happened; undefined where nothing has. */
  readonly problem: string | undefined;
  /** The file with the records, where that is another one by now; undefined where there is none. */
  readonly kept: string | undefined;
  close(): void;
}

export interface ReplacementGuardOptions {
  /** The journal's own file, open for reading: it goes on being written, whoever has its name. */
  readonly fd: number;
  readonly path: string;
  /** Where this run's records begin. */
  readonly startBytes: number;
  /** The file's length by what was written. */
  readonly bytes: () => number;
  /** Whether another file that has the journal's name is a journal as well, one that was edited. */
  readonly isJournal: (path: string) => boolean;
}

const COPY_BYTES = 1_048_576;
const LF = 0x0a;
const NOFOLLOW = constants.O_NOFOLLOW ?? 0;

/** Where the records go when the file that has the name is somebody else's. */
const RESCUED = ".rescued";

/** Another file that gets all that is written from now on, at every look. */
interface Copy {
  readonly path: string;
  readonly fd: number;
  /** How much of the journal is in it. */
  bytes: number;
}

/** Throws what the file system says, in `check` as well. */
export function replacementGuard({
  fd,
  path,
  startBytes,
  bytes,
  isJournal,
}: ReplacementGuardOptions): ReplacementGuard {
  const folder = dirname(path);
  const home = identityOf(folderAt(folder));
  const problems: string[] = [];
  let copy: Copy | undefined;
  let keptPath = path;
  /** What the file's length lacks or has too much, since that was last said. */
  let skew = 0;
  let isHomeless = false;

  const check = (): string | undefined => {
    const before = problems.length;
    if (!isHomeless) look();
    if (copy !== undefined) extend(copy);
    return problems.length === before ? undefined : problems.slice(before).join("; ");
  };
  const look = () => {
    if (identityOf(folderAt(folder)) !== home) {
      isHomeless = true;
      problems.push(`${folder} was moved or removed while the run was on`);
      return;
    }
    const { size } = fstatSync(fd);
    if (size !== bytes() + skew) {
      const isCut = size < bytes() + skew;
      const what = isCut
        ? "cut off: what records are lost is found again by their files"
        : "written to by another program";
      problems.push(`${path} was ${what}`);
      skew = size - bytes();
    }
    const own = identityOf(fstatSync(copy?.fd ?? fd));
    const now = statsOf(path);
    if (now !== undefined && identityOf(now) === own) return;
    // Beside the file that is somebody else's it stays as long as nobody takes it away.
    if (copy !== undefined && copy.path !== path && identityOf(statsOf(copy.path)) === own) return;
    const what = now === undefined ? "removed" : "replaced";
    copy = another(now);
    keptPath = copy.path;
    problems.push(`${path} was ${what} while the run was on: ${whereNow(copy.path, now === undefined)}`);
  };
  const whereNow = (to: string, isNew: boolean): string => {
    if (to !== path) return `its records are in ${to}: give it that name before the next run`;
    return isNew ? "it was written again" : "this run's records were added to what is there now";
  };
  const another = (now: Stats | undefined): Copy => {
    if (copy !== undefined) closeSync(copy.fd);
    copy = undefined;
    if (now === undefined) return { path, fd: created(path), bytes: 0 };
    if (now.isFile() && now.nlink === 1 && isJournal(path)) {
      // What is empty has lost the records of earlier runs, too.
      return { path, fd: appended(path), bytes: now.size === 0 ? 0 : startBytes };
    }
    for (let i = 1; ; i++) {
      const free = `${path}${RESCUED}${i === 1 ? "" : i}`;
      if (statsOf(free) === undefined) return { path: free, fd: created(free), bytes: 0 };
    }
  };
  const extend = (to: Copy) => {
    const { size } = fstatSync(fd);
    if (to.bytes === size) return;
    const buffer = Buffer.allocUnsafe(COPY_BYTES);
    while (to.bytes < size) {
      const read = readSync(fd, buffer, 0, COPY_BYTES, to.bytes);
      if (read === 0) break;
      for (let done = 0; done < read; ) done += writeSync(to.fd, buffer, done, read - done);
      to.bytes += read;
    }
    fsyncSync(to.fd);
    to.bytes = size; // where it was cut off, what comes next begins here
  };

  return {
    check,
    get problem() {
      return problems.length === 0 ? undefined : problems.join("; ");
    },
    get kept() {
      return isHomeless ? undefined : keptPath;
    },
    close() {
      if (copy !== undefined) closeSync(copy.fd);
      copy = undefined;
    },
  };
}

function created(path: string): number {
  return openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND | NOFOLLOW, 0o666);
}

/** Opens a journal to add to it, and ends its last line where that has no end. */
function appended(path: string): number {
  const fd = openSync(path, constants.O_RDWR | constants.O_APPEND | NOFOLLOW);
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
    return undefined; // a part of the way is no folder any more
  }
}
