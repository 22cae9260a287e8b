// The interface of list formats: what a file in formats/ implements, and the context that it gets.

import type { Job } from "../../core/job.ts";
import type { Numbering } from "./numbering.ts";

export interface Format {
  /** Unique among the formats, in lower case. */
  readonly name: string;
  /**
   * Whether a list is in this format. `path`: the list's, without `.gz` if it is gzip; `-` for standard input. `head`: its first
   * bytes, unzipped: 512, or fewer if they contain the end of a line or the whole list.
   */
  matches(path: string, head: Buffer): boolean;
  /**
   * Parses the list's bytes, unzipped, into batches of jobs, which may be empty. Calls `context.onLines` before each batch.
   * Throws if it cannot continue; the message is the reason alone. Memory is bounded, for a list of any length.
   */
  jobs(bytes: AsyncGenerator<Buffer>, context: FormatContext): AsyncGenerator<Job[]>;
}

export interface FormatContext extends Numbering {
  /** The first bytes, as passed to `matches`. */
  readonly head: Buffer;
  /** To be called with the number of lines read so far (of records in a format without lines). */
  readonly onLines: (lines: number) => void;
}
