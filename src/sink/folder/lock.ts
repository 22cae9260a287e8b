// The lock of an output folder: a file that says which process has it, and counts for as long as that is there.

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
  type LockOwner,
  readLockOwner,
  type Seen,
  type Times,
} from "./lock-owner.ts";

export interface Lock {
  /** Gives it up; never throws. The file is gone when this returns, the rest when its promise is settled. */
  release(): Promise<void>;
}

/** How often a run says that it is alive. */
const TOUCH_MS = 15_000;

/** More often than this a lock does not change hands while we look. */
const ROUNDS = 100;

/**
 * Takes the lock of `stateFolder` (an existing folder, `<output>/.bulkget`), or throws a LockedError at once; a file-system
 * error is thrown as it is. `outputFolder` is for the message. Only who can write there can keep anybody out: nothing that
 * has a name outside the folder decides, such as a socket, which any user of the machine could take. Keeps no process alive.
 */
export async function lockFolder(stateFolder: string, outputFolder: string): Promise<Lock> {
  const path = join(stateFolder, STATE_LAYOUT.lock);
  const nonce = randomBytes(8).toString("hex");
  const us = currentProcess(nonce, new Date());
  const text = `${JSON.stringify(us)}\n`;
  const own = `${path}.${nonce}`;
  try {
    writeFileSync(own, text, { flag: "wx" });
    const times = { nowMs: statSync(own).mtimeMs, sinceBootMs: uptime() * 1000 };
    take({ path, own, text, us, outputFolder, ...times });
    sweep(stateFolder, own, us, times);
  } finally {
    rmSync(own, { force: true });
  }
  return hold(path, text);
}

/** Removes what runs have left that were killed while they took the lock. */
function sweep(stateFolder: string, own: string, us: LockOwner, times: Times): void {
  for (const name of readdirSync(stateFolder)) {
    const path = join(stateFolder, name);
    if (!name.startsWith(`${STATE_LAYOUT.lock}.`) || path === own) continue;
    try {
      const seen = readLockOwner(path);
      if (seen !== undefined && !isHeld(seen, us, times)) unlinkSync(path);
    } catch {
      // Nobody needs it to be gone.
    }
  }
}

interface Taking extends Times {
  readonly path: string;
  /** A file with our text, written at `nowMs`, to be put under other names. */
  readonly own: string;
  readonly text: string;
  readonly us: LockOwner;
  readonly outputFolder: string;
}

/**
 * Puts our text at `path`, or throws a LockedError. Who replaces a stale lock holds a claim on that very file first, which is
 * a lock of the same kind, and looks again: of many who found it stale, none removes what another has just put there.
 */
function take(taking: Taking): void {
  const { path, own, text, us, outputFolder } = taking;
  for (let round = 0; round < ROUNDS; round++) {
    if (put(own, path, text)) return;
    const seen = readLockOwner(path);
    if (seen === undefined) continue; // given up just now
    if (seen.text === text) return; // NFS may do it and say that it was done already
    if (isHeld(seen, us, taking)) throw locked(outputFolder, seen, us);
    const claim = claimOn(path, seen);
    take({ ...taking, path: claim });
    try {
      const again = readLockOwner(path);
      if (again?.text !== seen.text || again.mtimeMs !== seen.mtimeMs) continue;
      const next = `${own}.next`;
      put(own, next, text);
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
  throw locked(outputFolder, undefined, us);
}

/** The name of the claim on a stale lock: of this very file, and of none that comes after it. */
export function claimOn(path: string, { text, mtimeMs }: Seen): string {
  return `${path}.${createHash("sha256").update(`${mtimeMs} ${text}`).digest("hex").slice(0, 16)}`;
}

/** Gives our text another name, at once and whole; false if that is taken, be it by a link to nowhere. */
function put(own: string, path: string, text: string): boolean {
  try {
    try {
      linkSync(own, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      writeFileSync(path, text, { flag: "wx" }); // FAT has no links
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Holds a lock whose file is there. */
function hold(path: string, text: string): Lock {
  const fd = reopened(path, text);
  let touching: Promise<void> | undefined;
  let isHeld = true;
  const timer = setInterval(() => {
    // One at a time: a disk may hang.
    touching ??= touch(fd, text).finally(() => {
      touching = undefined;
    });
  }, TOUCH_MS).unref();
  return {
    async release() {
      if (!isHeld) return;
      isHeld = false;
      clearInterval(timer);
      removeOwn(path, text);
      await touching; // its number may be another file's, once it is closed
      try {
        closeSync(fd);
      } catch {
        // There is nothing in it that would be missed.
      }
    },
  };
}

function reopened(path: string, text: string): number {
  try {
    return openToUpdate(path);
  } catch (error) {
    removeOwn(path, text);
    throw error;
  }
}

const writeOf = promisify(write);
const datasyncOf = promisify(fdatasync);

/**
 * Says that we are alive. Written, since the time that utimes(2) sets is this machine's, and the one that counts is the
 * file server's; and by the open file, which is ours even if the name no longer is.
 */
async function touch(fd: number, text: string): Promise<void> {
  try {
    await writeOf(fd, Buffer.from(text), 0, undefined, 0);
    await datasyncOf(fd); // an NFS client keeps it for half a minute otherwise
  } catch {
    // Only another machine would miss it.
  }
}

/** Removes the lock file if it is still ours. */
function removeOwn(path: string, text: string): void {
  try {
    if (readLockOwner(path)?.text === text) unlinkSync(path);
  } catch {
    // It is stale as soon as we are gone.
  }
}

/** `seen` is undefined where the lock changes hands all the time. */
function locked(outputFolder: string, seen: Seen | undefined, us: LockOwner): LockedError {
  if (seen === undefined || seen.holder !== undefined) {
    const who = seen?.holder === undefined ? "" : ` (${describe(seen.holder, us)})`;
    const waysIn = (words: Wording) => `wait for it, or ${useAnotherFolder(words)}`;
    return new LockedError((words) => `${outputFolder}: another run holds it${who}: ${waysIn(words)}`);
  }
  const what = `${LAYOUT.state}/${STATE_LAYOUT.lock} is no lock, or not whole yet`;
  return new LockedError(`${outputFolder}: ${what}: wait a minute, or remove it if no other run is on`);
}
