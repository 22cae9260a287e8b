// Locks the output folder: a lock file names the process that holds it, and is stale when that process has ended.

import { createHash, randomBytes } from "node:crypto";
import {
  closeSync,
  fdatasync,
  linkSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  write,
  writeFileSync,
} from "node:fs";
import { uptime } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { LockedError, useAnotherFolder, type Wording } from "../../core/errors.ts";
import { LAYOUT, STATE_LAYOUT } from "../../core/layout.ts";
import { openToUpdate } from "../../fs/open-nofollow.ts";
import {
  currentProcess,
  describe,
  isHeld,
  type LockFile,
  type LockOwner,
  readLockOwner,
  type Times,
} from "./lock-owner.ts";

export interface Lock {
  /** Removes the lock file before it returns, and closes it asynchronously. Never throws. */
  release(): Promise<void>;
}

/** Interval at which the lock file is rewritten, as a sign of life for other machines. */
const HEARTBEAT_MS = 15_000;

/** Maximum number of tries to take a lock that other processes take and release meanwhile. */
const MAX_ROUNDS = 100;

/**
 * Acquires the lock in `stateFolder` (an existing folder, such as `<output>/.bulkget`). Throws a LockedError at once if a run
 * holds it, and file-system errors. `outputFolder` and `stateName` are for the message. Only a user who can write to the folder can
 * block a run: the lock does not depend on anything outside, such as a socket that any user could bind. Keeps no
 * process alive.
 */
export async function lockFolder(
  stateFolder: string,
  outputFolder: string,
  stateName: string = LAYOUT.state,
): Promise<Lock> {
  const path = join(stateFolder, STATE_LAYOUT.lock);
  const nonce = randomBytes(8).toString("hex");
  const us = currentProcess(nonce, new Date());
  const text = `${JSON.stringify(us)}\n`;
  const own = `${path}.${nonce}`;
  try {
    writeFileSync(own, text, { flag: "wx" });
    const times = { nowMs: statSync(own).mtimeMs, sinceBootMs: uptime() * 1000 };
    acquire({ path, own, text, us, outputFolder, stateName, ...times });
    removeStale(stateFolder, own, us, times);
  } finally {
    rmSync(own, { force: true });
  }
  return hold(path, text);
}

/** Removes the files of runs that were killed while they acquired the lock. */
function removeStale(stateFolder: string, own: string, us: LockOwner, times: Times): void {
  for (const name of readdirSync(stateFolder)) {
    const path = join(stateFolder, name);
    if (!name.startsWith(`${STATE_LAYOUT.lock}.`) || path === own) continue;
    try {
      const seen = readLockOwner(path);
      if (seen !== undefined && !isHeld(seen, us, times)) unlinkSync(path);
    } catch {
      // It does no harm.
    }
  }
}

interface Acquisition extends Times {
  readonly path: string;
  /** A file with our text, written at `nowMs`, which is linked to other names. */
  readonly own: string;
  readonly text: string;
  readonly us: LockOwner;
  readonly outputFolder: string;
  /** The state folder's path in the output folder. */
  readonly stateName: string;
}

/**
 * Creates the lock file at `path`, or throws a LockedError. Before it replaces a stale lock, it acquires a claim on
 * that very file, which is a lock too, and checks again: of many processes that found it stale, none removes the lock
 * that another has just created.
 */
function acquire(acquisition: Acquisition): void {
  const { path, own, text, us } = acquisition;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if (createAt(own, path, text)) return;
    const seen = readLockOwner(path);
    if (seen === undefined) continue; // released just now
    if (seen.text === text) return; // NFS may create it and return EEXIST, if the first reply was lost (open(2))
    if (isHeld(seen, us, acquisition)) throw locked(acquisition, seen);
    const claim = claimOn(path, seen);
    acquire({ ...acquisition, path: claim });
    try {
      const again = readLockOwner(path);
      if (again?.text !== seen.text || again.mtimeMs !== seen.mtimeMs) continue;
      const next = `${own}.next`;
      createAt(own, next, text);
      try {
        renameSync(next, path);
      } finally {
        rmSync(next, { force: true });
      }
      return;
    } finally {
      rmSync(claim, { force: true });
    }
  }
  throw locked(acquisition, undefined);
}

/** Whether a run holds the lock file at `path`, if there is one. `nowMs`: the time by the file server's clock. */
export function isHeldAt(path: string, nowMs: number): boolean {
  const seen = readLockOwner(path);
  if (seen === undefined) return false;
  return isHeld(seen, currentProcess("", new Date()), { nowMs, sinceBootMs: uptime() * 1000 });
}

/** The path of the claim on a stale lock file: of this one, and of none that replaces it. */
export function claimOn(path: string, { text, mtimeMs }: LockFile): string {
  return `${path}.${createHash("sha256").update(`${mtimeMs} ${text}`).digest("hex").slice(0, 16)}`;
}

/** Creates the file `path` with our text atomically; false if the name is taken, even by a dangling link. */
export function createAt(own: string, path: string, text: string): boolean {
  try {
    try {
      linkSync(own, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      writeFileSync(path, text, { flag: "wx" }); // FAT has no hard links
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Holds an acquired lock. */
function hold(path: string, text: string): Lock {
  const fd = reopen(path, text);
  let refreshing: Promise<void> | undefined;
  let isHeld = true;
  const timer = setInterval(() => {
    // One at a time: a disk may hang.
    refreshing ??= refresh(fd, text).finally(() => {
      refreshing = undefined;
    });
  }, HEARTBEAT_MS).unref();
  return {
    async release() {
      if (!isHeld) return;
      isHeld = false;
      clearInterval(timer);
      removeOwn(path, text);
      await refreshing; // once it is closed, another file may have the descriptor
      try {
        closeSync(fd);
      } catch {
        // The lock file is removed already.
      }
    },
  };
}

function reopen(path: string, text: string): number {
  try {
    return openToUpdate(path);
  } catch (error) {
    removeOwn(path, text);
    throw error;
  }
}

const writeAsync = promisify(write);
const fdatasyncAsync = promisify(fdatasync);

/**
 * Rewrites the lock file, which sets its mtime by the file server's clock; utimes(2) would set this machine's time. It
 * writes to the open file, which is ours even if another file has the name.
 */
async function refresh(fd: number, text: string): Promise<void> {
  try {
    await writeAsync(fd, Buffer.from(text), 0, undefined, 0);
    await fdatasyncAsync(fd); // otherwise an NFS client delays it for up to 30 seconds
  } catch {
    // Only other machines depend on it.
  }
}

/** Removes the lock file if it is still ours. Never throws. */
function removeOwn(path: string, text: string): void {
  try {
    if (readLockOwner(path)?.text === text) unlinkSync(path);
  } catch {
    // It is stale when this process has ended.
  }
}

/** `seen` is undefined where other processes keep acquiring and releasing the lock. */
function locked({ outputFolder, stateName, us }: Acquisition, seen: LockFile | undefined): LockedError {
  if (seen === undefined || seen.holder !== undefined) {
    const who = seen?.holder === undefined ? "" : ` (${describe(seen.holder, us)})`;
    const waysIn = (words: Wording) => `wait for it, or ${useAnotherFolder(words)}`;
    return new LockedError((words) => `${outputFolder}: another run holds it${who}: ${waysIn(words)}`);
  }
  const what = `${stateName}/${STATE_LAYOUT.lock} is no lock, or not whole yet`;
  return new LockedError(`${outputFolder}: ${what}: wait a minute, or remove it if no other run is on`);
}
