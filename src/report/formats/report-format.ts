// The socket of report formats, for --report [format:]file: what a file under formats/ implements, and where it writes.

import type { Reporter } from "../../core/ports.ts";

export interface ReportFormat {
  /** What is typed before the colon: two or more lower-case letters and digits, beginning with a letter. Unique. */
  readonly name: string;
  /** A reporter that writes to `output`, and ends it. */
  reporter(output: TextOutput): Reporter;
}

/** Where the text of a report goes: standard output, a named pipe or a file. */
export interface TextOutput {
  /** Called once, when the run begins. */
  start?(): void;
  /** Writes some whole lines. Settled when there is room for more. Throws or rejects with what an earlier write failed with. */
  write(text: string): void | Promise<void>;
  /** Settled when all is written. Rejects with what a write failed with. */
  end(): Promise<void>;
}
