// Ends the process, whatever has become of its terminal.

import { closeSync, fstatSync, openSync } from "node:fs";

/**
 * Like `process.exit`, which restores the settings of the terminals it began with, and aborts where one of them is gone (up to
 * Node 24: ResetStdio in its node.cc). We change no settings, so that another file in the place of each has no need of it.
 */
export function exitProcess(code: number): never {
  for (const fd of [0, 1, 2]) {
    try {
      if (!fstatSync(fd).isCharacterDevice()) continue;
      closeSync(fd);
      openSync("/dev/null", "r+"); // takes the lowest number that is free
    } catch {
      // What is closed is left alone as well.
    }
  }
  process.exit(code);
}
