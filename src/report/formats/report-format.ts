// The interface of report formats (--report [format:]file), and of the outputs that they write to.

import type { Reporter } from "../../core/ports.ts";

export interface ReportFormat {
  /** The prefix before the colon: two or more lower-case letters and digits, beginning with a letter. Unique. */
  readonly name: string;
  /** A reporter that writes to `output`, and ends it. */
  reporter(output: TextOutput): Reporter;
}

/** Where the text of a report goes: standard output, a named pipe or a file. */
export interface TextOutput {
  /** Called once, when the run begins. */
  start?(): void;
  /** Writes whole lines. Resolves when there is room for more. Throws or rejects with the error of an earlier write. */
  write(text: string): void | Promise<void>;
  /** Resolves when everything is written. Rejects with the error of a write. */
  end(): Promise<void>;
}
