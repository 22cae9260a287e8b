// Ends the process without an abort where its terminal is gone.

import { closeSync, fstatSync, openSync } from "node:fs";

/**
 * Like `process.exit`, which restores the settings of each terminal on stdin, stdout and stderr, and aborts the process if one of
 * them is gone (Node up to 24: ResetStdio in src/node.cc). bulkget changes no settings, so /dev/null replaces each terminal first.
 */
export function exitProcess(code: number): never {
  for (const fd of [0, 1, 2]) {
    try {
      if (!fstatSync(fd).isCharacterDevice()) continue;
      closeSync(fd);
      openSync("/dev/null", "r+"); // takes the lowest number that is free
    } catch {
      // A closed descriptor needs no replacement.
    }
  }
  process.exit(code);
}
