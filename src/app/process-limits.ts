// Limits of this process, read in advance: whether a second thread may start, and how many file descriptors are left.

import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

let isThreadAllowed: boolean | undefined;

/**
 * Whether a second thread may start: there is a second core, and the address space is not limited (`ulimit -v`). V8 reserves up to
 * 2 GiB for a thread, and aborts the process if it cannot.
 */
export function mayStartThread(): boolean {
  isThreadAllowed ??= availableParallelism() > 1 && softLimit("address space") === Number.POSITIVE_INFINITY;
  return isThreadAllowed;
}

/** Number of file descriptors left; Infinity where it is unknown. */
export function descriptorsLeft(): number {
  try {
    return softLimit("open files") - readdirSync("/proc/self/fd").length;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** A soft limit from /proc; Infinity where there is no /proc. */
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
