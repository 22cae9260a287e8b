// Runs the command under strace, which makes its system calls fail or wait: what a real disk does once in a while.

import { spawnSync } from "node:child_process";
import { BIN } from "./command.ts";

/** Why nothing can be traced here, if so. */
export const noStrace: string | undefined = (() => {
  const trial = spawnSync("strace", ["-f", "-e", "trace=none", "true"], { encoding: "utf8" });
  return trial.status === 0 ? undefined : (trial.error?.message ?? trial.stderr);
})();

/** The beginning of a line for bash: `bulkget` with this done to its renames, such as "error=EIO:when=3". */
export function renames(injected: string): string {
  return traced("?rename,?renameat,?renameat2", injected);
}

/** The same with other system calls; those that begin with `?` need not be there on every machine. */
export function traced(calls: string, injected: string): string {
  const what = `-o /dev/null -e signal=none -e 'trace=${calls}' -e 'inject=${calls}:${injected}'`;
  return `strace -f -qqq ${what} "${process.execPath}" "${BIN}"`;
}
