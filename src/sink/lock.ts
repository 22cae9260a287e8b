// The lock of an output folder: a socket that the kernel frees whatever happens, and a file that says who it is.

import { createHash, randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fdatasync,
  linkSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  write,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { uptime } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, type Holder, isHeld, look, namespaceOf, ourselves, type Seen, type Times } from "./holder.ts";

/** Another run holds the folder; exit code 5. The message names it. */
export class LockedError extends Error {}

export interface Lock {
  /** Gives it up; never throws. The file is gone when this returns, the rest when its promise is settled. */
  release(): Promise<void>;
}

/** How often a run says that it is alive. */
const TOUCH_MS = 15_000;

/** How long a run that has the socket may take to write its name. */
const NAMELESS_MS = 200;
const NAMELESS_POLL_MS = 10;

/** More often than this a lock does not change hands while we look. */
const ROUNDS = 100;

/**
 * Takes the lock of `stateFolder` (an existing folder, `<output>/.bulkget`), or throws a LockedError at once; a file-system
 * error is thrown as it is. `outputFolder` is for the message. Within one network namespace of Linux a socket decides;
 * beyond that, and elsewhere, the file does. Keeps no process alive.
 */
export async function lockFolder(stateFolder: string, outputFolder: string): Promise<Lock> {
  const path = join(stateFolder, "lock");
  const name = process.platform === "linux" ? socketName(stateFolder) : undefined;
  const untilMs = performance.now() + NAMELESS_MS;
  for (;;) {
    const socket = name === undefined ? undefined : await bind(name);
    if (socket !== "taken") return await lockFile(path, outputFolder, socket);
    const us = ourselves("", new Date());
    const seen = look(path);
    if (seen?.holder !== undefined && isHeld(seen, us, { nowMs: Date.now(), sinceBootMs: uptime() * 1000 }))
      throw locked(outputFolder, seen.holder, us);
    if (performance.now() > untilMs) throw locked(outputFolder, undefined, us);
    await new Promise((resolve) => setTimeout(resolve, NAMELESS_POLL_MS));
  }
}

/** Takes the lock whose file is `path`, as lockFolder does where there is no socket; one that was bound is closed on failure. */
export async function lockFile(path: string, outputFolder: string, socket?: Socket): Promise<Lock> {
  const nonce = randomBytes(8).toString("hex");
  const us = { ...ourselves(nonce, new Date()), ...(socket?.id === undefined ? {} : { socket: socket.id }) };
  const text = `${JSON.stringify(us)}\n`;
  const own = `${path}.${nonce}`;
  try {
    try {
      writeFileSync(own, text, { flag: "wx" });
      take({ path, own, text, us, outputFolder, nowMs: statSync(own).mtimeMs, sinceBootMs: uptime() * 1000 });
    } finally {
      rmSync(own, { force: true });
    }
    return hold(path, text, socket?.server);
  } catch (error) {
    socket?.server.close();
    throw error;
  }
}

interface Taking extends Times {
  readonly path: string;
  /** A file with our text, written at `nowMs`, to be put under other names. */
  readonly own: string;
  readonly text: string;
  readonly us: Holder;
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
    const seen = look(path);
    if (seen === undefined) continue; // given up just now
    if (seen.text === text) return; // NFS may do it and say that it was done already
    if (isHeld(seen, us, taking)) throw locked(outputFolder, seen.holder, us);
    const claim = claimOn(path, seen);
    take({ ...taking, path: claim });
    try {
      const again = look(path);
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
function hold(path: string, text: string, server: Server | undefined): Lock {
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
      server?.close();
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
    return openSync(path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
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
    if (look(path)?.text === text) unlinkSync(path);
  } catch {
    // It is stale as soon as we are gone.
  }
}

/** An abstract socket, bound, and what a lock file says of it. */
interface Socket {
  readonly server: Server;
  /** Its name and the network namespace where that means something; absent where there is no /proc. */
  readonly id?: string;
}

/**
 * The name of the folder's abstract socket, unix(7). 108 bytes, as long as a name can be: libuv 1.46 (Node 20) fills a shorter
 * one with zeros and later ones do not, so that two versions of Node would bind two names.
 */
function socketName(stateFolder: string): string {
  const real = realpathSync(stateFolder);
  const { dev, ino } = statSync(real, { bigint: true });
  const digest = createHash("sha512").update(`${dev} ${ino} ${real}`).digest("hex");
  return `\0bulkget:${digest}`.slice(0, 108);
}

/** Binds an abstract socket; "taken" if another has it, undefined where there are none, or none left for us. */
function bind(name: string): Promise<Socket | "taken" | undefined> {
  return new Promise((resolve) => {
    const server = createServer((connection) => connection.destroy()).unref();
    // Kept afterwards: a connection that cannot be accepted is an error, too.
    server.on("error", (error: NodeJS.ErrnoException) => resolve(error.code === "EADDRINUSE" ? "taken" : undefined));
    // Exclusive: a worker of node:cluster would share it with the others.
    server.listen({ path: name, exclusive: true }, () => {
      const netns = namespaceOf("net");
      resolve(netns === undefined ? { server } : { server, id: `${netns} ${name.slice(1)}` });
    });
  });
}

function locked(outputFolder: string, holder: Holder | undefined, us: Holder): LockedError {
  const who = holder === undefined ? "" : ` (${describe(holder, us)})`;
  return new LockedError(`${outputFolder}: another run holds it${who}: wait for it, or use another folder (-o)`);
}
