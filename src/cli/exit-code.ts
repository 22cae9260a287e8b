// The exit codes of the command: one row each.

import { constants } from "node:os";

export interface ExitRow {
  readonly code: number;
  readonly meaning: string;
}

/** The exit code of a process that was ended by a signal, as a shell reports it. */
const stoppedBy = (signal: "SIGHUP" | "SIGINT" | "SIGTERM"): ExitRow => ({
  code: 128 + constants.signals[signal],
  meaning: `stopped by ${signal}`,
});

export const EXIT_CODES = {
  finished: { code: 0, meaning: "finished, with fewer failures than --fail-on allows" },
  failed: {
    code: 1,
    meaning:
      "finished, but too many URLs failed (by default: any), a --report or --html could not be written, or a line has no body to extract",
  },
  usage: {
    code: 2,
    meaning:
      "usage error, unusable list (unreadable, not a list, no URL), or a folder that belongs to another list or program",
  },
  disk: {
    code: 3,
    meaning: "stopped: the local disk failed or is full, the records were taken away, or stdout cannot be written",
  },
  stopped: { code: 4, meaning: "stopped early by --deadline or --max-failures: run it again to resume" },
  locked: { code: 5, meaning: "another run holds the folder" },
  bug: { code: 70, meaning: "a bug in bulkget, shown with its stack" },
  SIGHUP: stoppedBy("SIGHUP"),
  SIGINT: stoppedBy("SIGINT"),
  SIGTERM: stoppedBy("SIGTERM"),
} as const satisfies Readonly<Record<string, ExitRow>>;

export type ExitName = keyof typeof EXIT_CODES;
