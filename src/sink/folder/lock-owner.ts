// Who holds an output folder: what a lock file says of a run, and whether that run is still there.

import { closeSync, fstatSync, lstatSync, readFileSync, readlinkSync, readSync } from "node:fs";
import { hostname } from "node:os";
import { openToRead } from "../../fs/open-nofollow.ts";

/** One run, as its lock file has it: one line of JSON. */
export interface LockOwner {
  readonly pid: number;
  /** When the process started, in clock ticks since boot: field 22 of /proc/<pid>/stat. Absent where there is no /proc. */
  readonly started?: number;
  /**
   * The machine's boot, and the process's pid and time namespaces: where a pid and a start mean something. Absent where there
   * is no /proc.
   */
  readonly boot?: string;
  readonly pidns?: string;
  readonly host: string;
  /** When the lock was taken: ISO 8601, UTC. */
  readonly since: string;
  /** Makes every lock file another one. */
  readonly nonce: string;
}

/** A lock file that is there. */
export interface Seen {
  readonly text: string;
  /** When it was written last, by the clock of whoever keeps the files. */
  readonly mtimeMs: number;
  /** Whose file it is. */
  readonly uid: number;
  /** Absent where the file is torn, or is no lock file at all. */
  readonly holder?: LockOwner;
}

export interface Times {
  /** The time by the clock of whoever keeps the files, which need not be ours. */
  readonly nowMs: number;
  /** How long ago this machine started. */
  readonly sinceBootMs: number;
}

/** A run that has said nothing for so long is gone, where its process cannot be looked at. */
const SILENT_MS = 60_000;

/** As `toISOString` makes it, of a year that has four digits. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** So much of a host's name is shown, in characters. */
const MAX_HOST = 64;

/** No lock file is longer; what is, is somebody else's. */
const MAX_BYTES = 4096;

/** This process. */
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

/** The namespaces that this process is in, namespaces(7): "pid:[4026531836] time:[4026531834]". Undefined where there is no /proc. */
function namespaces(): string | undefined {
  const all = ["pid", "time"].map((kind) => optional(() => readlinkSync(`/proc/self/ns/${kind}`)));
  return all[0] === undefined ? undefined : all.filter((one) => one !== undefined).join(" ");
}

/** What lies at a path, no link followed; undefined if nothing does. Throws what the file system says. */
export function readLockOwner(path: string): Seen | undefined {
  try {
    const stats = lstatSync(path);
    if (!stats.isFile()) return { text: "", mtimeMs: stats.mtimeMs, uid: stats.uid };
    // It may have become a link or a pipe since.
    const file = openToRead(path);
    try {
      const bytes = Buffer.alloc(MAX_BYTES);
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

/** Whether the run that a lock file speaks of may still be there. */
export function isHeld({ holder, mtimeMs, uid }: Seen, us: LockOwner, { nowMs, sinceBootMs }: Times): boolean {
  // A time that lies ahead is from before a clock was set back: a run that is there writes it anew.
  const ageMs = Math.abs(nowMs - mtimeMs);
  if (holder === undefined) return ageMs < SILENT_MS;
  if (isNear(holder, us)) {
    // Where no boot has a name, a pid may be from before this one.
    return (holder.boot !== undefined || ageMs < sinceBootMs) && isAlive(holder, uid);
  }
  // Silent since before this machine started, and of its name: that was before a reboot. Another boot alone may be that of
  // a second machine of the same name, on a shared disk.
  return ageMs < (holder.host === us.host ? Math.min(SILENT_MS, sinceBootMs) : SILENT_MS);
}

/** "pid 1234, since 2026-01-01 10:00:00" in local time; with the host where that pid means nothing here. */
export function describe(holder: LockOwner, us: LockOwner): string {
  const at = new Date(holder.since);
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString();
  const where = isNear(holder, us) ? "" : ` on ${holder.host.slice(0, MAX_HOST).replace(/\p{C}/gu, "?")}`;
  return `pid ${holder.pid}${where}, since ${local.slice(0, 19).replace("T", " ")}`;
}

/** Whether the holder's pid means the same here as there. */
function isNear(holder: LockOwner, us: LockOwner): boolean {
  if (holder.boot !== us.boot || holder.pidns !== us.pidns) return false;
  return holder.boot !== undefined || holder.host === us.host;
}

/** `uid`: whose file says so. */
function isAlive({ pid, started }: LockOwner, uid: number): boolean {
  const now = processOf(pid);
  // A process that was killed stays in the table until its parent asks; its pid may also be another's by now.
  if (now !== undefined && (/[ZX]/.test(now.state) || (started !== undefined && now.started !== started))) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is somebody else's. If the file is ours, that is a process that has got the pid since.
    return (error as NodeJS.ErrnoException).code === "EPERM" && uid !== process.geteuid?.();
  }
}

/** A process's state and start, from proc(5): the name in parentheses before them may hold anything. */
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
  // Not below 1: to `kill`, that is a whole group of processes.
  if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid < 1) return undefined;
  if (typeof host !== "string" || typeof nonce !== "string") return undefined;
  if (typeof since !== "string" || !TIME.test(since) || Number.isNaN(Date.parse(since))) return undefined;
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

/** What a system may not have, or not show us. */
function optional<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
