// The socket of list formats: what a file under formats/ implements, and what it is given.

import type { Job } from "../../core/job.ts";
import type { Unknown } from "./columns.ts";

export interface Format {
  /** Unique among the formats, in lower case. */
  readonly name: string;
  /**
   * Whether a list is in this format. `path`: of the list, without `.gz` where it is gzip; `-` for standard input. `head`: its
   * first bytes, unzipped: 512 of them, or fewer where they contain the end of a line or are all there are.
   */
  matches(path: string, head: Buffer): boolean;
  /**
   * The jobs in the list's bytes, unzipped, in batches that may be empty. Calls `context.onLines` before each batch. Throws for
   * what cannot be read on; the message is the reason alone. Memory: bounded, whatever the list's length.
   */
  jobs(bytes: AsyncGenerator<Buffer>, context: FormatContext): AsyncGenerator<Job[]>;
}

/** Where jobs get their numbers. */
export interface Numbering {
  /** The number of lines in the lists before this one. */
  readonly offset: number;
  /** The list's name, where there are several. */
  readonly list?: string | undefined;
  /** Called with each column whose key has no meaning, and the number of its line. */
  readonly onUnknown?: ((column: Unknown, line: number) => void) | undefined;
  /** Takes a number for the line at a place among all lists' lines; returns why not, if another line has it. */
  readonly claim?: ((n: number, place: number) => string | undefined) | undefined;
}

export interface FormatContext extends Numbering {
  /** The first bytes, as `matches` gets them. */
  readonly head: Buffer;
  /** Called with the number of lines (of records, in a format without lines) read so far. */
  readonly onLines: (lines: number) => void;
}
