// What the system allows this process: a second thread, file descriptors. Known beforehand, since to try is to be aborted.

import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

let isThreadAllowed: boolean | undefined;

/**
 * Whether a second thread may be started: another core is there for it, and the address space is not limited (`ulimit -v`).
 * V8 reserves up to 2 GiB for a thread, and aborts the process where it cannot.
 */
export function mayStartThread(): boolean {
  isThreadAllowed ??= availableParallelism() > 1 && softLimit("address space") === Number.POSITIVE_INFINITY;
  return isThreadAllowed;
}

/** How many more file descriptors there may be; Infinity where nobody knows. */
export function descriptorsLeft(): number {
  try {
    return softLimit("open files") - readdirSync("/proc/self/fd").length;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** Where there is no /proc, there is none that we know of. */
function softLimit(name: string): number {
  let limits: string;
  try {
    limits = readFileSync("/proc/self/limits", "latin1");
  } catch {
    return Number.POSITIVE_INFINITY;
  }
  const [, limit] = new RegExp(`^Max ${name}\\s+(\\d+)`, "m").exec(limits) ?? [];
  return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
}
