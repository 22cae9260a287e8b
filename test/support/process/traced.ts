// Runs the command under strace, which injects errors and delays into its system calls, as bad disks do.

import { spawnSync } from "node:child_process";
import { BIN } from "../command.ts";

/** The reason why strace cannot be used here; undefined if it can. */
export const noStrace: string | undefined = (() => {
  const trial = spawnSync("strace", ["-f", "-e", "trace=none", "true"], { encoding: "utf8" });
  return trial.status === 0 ? undefined : (trial.error?.message ?? trial.stderr);
})();

/**
 * The start of a line of bash: `bulkget` with this injection into its renames, such as "error=EIO:when=3". `log` is a file for the
 * calls, where one that is delayed is seen from its start on.
 */
export function renames(injected: string, log?: string): string {
  return traced("?rename,?renameat,?renameat2", injected, log);
}

/** The start of a line of bash with an injection into any system calls; a leading `?` marks calls that may not exist. */
export function traced(calls: string, injected: string, log = "/dev/null"): string {
  const what = `-o ${log} -e signal=none -e 'trace=${calls}' -e 'inject=${calls}:${injected}'`;
  return `strace -f -qqq ${what} "${process.execPath}" "${BIN}"`;
}
