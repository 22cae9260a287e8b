// Reads a lock file and decides whether the run that it names still holds the output folder.

import { closeSync, fstatSync, lstatSync, readFileSync, readlinkSync, readSync } from "node:fs";
import { hostname } from "node:os";
import { openToRead } from "../../fs/open-nofollow.ts";

/** The content of a lock file, one line of JSON: the run that holds it. */
export interface LockOwner {
  readonly pid: number;
  /** The process's start in clock ticks since boot: field 22 of /proc/<pid>/stat (proc(5)). Absent without /proc. */
  readonly started?: number;
  /**
   * The boot's id, and the process's pid and time namespaces: pids and start times are comparable where these are
   * equal. Absent without /proc.
   */
  readonly boot?: string;
  readonly pidns?: string;
  readonly host: string;
  /** When the lock was acquired: ISO 8601, UTC. */
  readonly since: string;
  /** Makes every lock file unique. */
  readonly nonce: string;
}

/** A lock file that exists. */
export interface LockFile {
  readonly text: string;
  /** Its mtime, by the file server's clock. */
  readonly mtimeMs: number;
  /** Its owner. */
  readonly uid: number;
  /** Absent where the file is incomplete, or not a lock file. */
  readonly holder?: LockOwner;
}

export interface Times {
  /** The current time, by the file server's clock. */
  readonly nowMs: number;
  /** Time since this machine booted. */
  readonly sinceBootMs: number;
}

/** Age of a lock file at which its run counts as ended, where its process cannot be checked: four heartbeats. */
const STALE_MS = 60_000;

/** The format of `toISOString`, for years of four digits. */
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Maximum length of a host name in a message, in characters. */
const MAX_HOST_CHARS = 64;

/** Maximum length of a lock file; a longer file is not one. */
const MAX_LOCK_BYTES = 4096;

/** The lock file's content for this process. */
export function currentProcess(nonce: string, since: Date): LockOwner {
  const started = processOf("self")?.started;
  const boot = optional(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
  const pidns = namespaces();
  return {
    pid: process.pid,
    ...(started === undefined ? {} : { started }),
    ...(boot === undefined ? {} : { boot }),
    ...(pidns === undefined ? {} : { pidns }),
    host: hostname(),
    since: since.toISOString(),
    nonce,
  };
}

/** This process's namespaces (namespaces(7)): "pid:[4026531836] time:[4026531834]". Undefined without /proc. */
function namespaces(): string | undefined {
  const all = ["pid", "time"].map((kind) => optional(() => readlinkSync(`/proc/self/ns/${kind}`)));
  return all[0] === undefined ? undefined : all.filter((one) => one !== undefined).join(" ");
}

/** Reads a lock file; links are not followed. Undefined if nothing is there. Throws file-system errors. */
export function readLockOwner(path: string): LockFile | undefined {
  try {
    const stats = lstatSync(path);
    if (!stats.isFile()) return { text: "", mtimeMs: stats.mtimeMs, uid: stats.uid };
    // It may have become a link or a pipe meanwhile.
    const file = openToRead(path);
    try {
      const bytes = Buffer.alloc(MAX_LOCK_BYTES);
      const text = bytes.toString("utf8", 0, readSync(file, bytes));
      const holder = parse(text);
      const { mtimeMs, uid } = fstatSync(file);
      return { text, mtimeMs, uid, ...(holder === undefined ? {} : { holder }) };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Whether the run that a lock file names may still be running. */
export function isHeld({ holder, mtimeMs, uid }: LockFile, us: LockOwner, { nowMs, sinceBootMs }: Times): boolean {
  // A time in the future is from before the clock was set back: a running process would have rewritten it.
  const ageMs = Math.abs(nowMs - mtimeMs);
  if (holder === undefined) return ageMs < STALE_MS;
  if (isComparable(holder, us)) {
    // Without a boot id, the pid may be from an earlier boot.
    return (holder.boot !== undefined || ageMs < sinceBootMs) && isAlive(holder, uid);
  }
  // Not rewritten since this machine booted, and of its host name: the run was before the reboot. Another boot id alone
  // may be that of a second machine with this host name, on a shared disk.
  return ageMs < (holder.host === us.host ? Math.min(STALE_MS, sinceBootMs) : STALE_MS);
}

/** "pid 1234, since 2026-01-01 10:00:00" in local time; with the host name where the pid is another machine's. */
export function describe(holder: LockOwner, us: LockOwner): string {
  const at = new Date(holder.since);
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString();
  const where = isComparable(holder, us) ? "" : ` on ${holder.host.slice(0, MAX_HOST_CHARS).replace(/\p{C}/gu, "?")}`;
  return `pid ${holder.pid}${where}, since ${local.slice(0, 19).replace("T", " ")}`;
}

/** Whether the holder's pid and start time are comparable with this process's. */
function isComparable(holder: LockOwner, us: LockOwner): boolean {
  if (holder.boot !== us.boot || holder.pidns !== us.pidns) return false;
  return holder.boot !== undefined || holder.host === us.host;
}

/** `uid`: the owner of the lock file. */
function isAlive({ pid, started }: LockOwner, uid: number): boolean {
  const now = processOf(pid);
  // A killed process is a zombie until its parent waits for it; another process may also have its pid by now.
  if (now !== undefined && (/[ZX]/.test(now.state) || (started !== undefined && now.started !== started))) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // The process is another user's. If the lock file is ours, that process got the pid later.
    return (error as NodeJS.ErrnoException).code === "EPERM" && uid !== process.geteuid?.();
  }
}

/** A process's state and start time (proc(5)). The name in parentheses before them may contain any character. */
function processOf(pid: number | "self"): { readonly state: string; readonly started: number } | undefined {
  const stat = optional(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? [];
  const [state] = fields;
  const started = Number(fields[19]);
  return state === undefined || Number.isNaN(started) ? undefined : { state, started };
}

function parse(text: string): LockOwner | undefined {
  const value = optional(() => JSON.parse(text) as Partial<Record<keyof LockOwner, unknown>> | null);
  if (value === null || value === undefined) return undefined;
  const { pid, started, boot, pidns, host, since, nonce } = value;
  // Not below 1: kill(2) takes that as a process group.
  if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid < 1) return undefined;
  if (typeof host !== "string" || typeof nonce !== "string") return undefined;
  if (typeof since !== "string" || !ISO_TIME.test(since) || Number.isNaN(Date.parse(since))) return undefined;
  return {
    pid,
    host,
    since,
    nonce,
    ...(typeof started === "number" ? { started } : {}),
    ...(typeof boot === "string" ? { boot } : {}),
    ...(typeof pidns === "string" ? { pidns } : {}),
  };
}

/** The result of `read`; undefined where it throws: not every system has or shows these files. */
function optional<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
