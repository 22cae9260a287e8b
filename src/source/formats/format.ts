// The interface of list formats: what a file in formats/ implements, and the context that it gets.

import type { Wording } from "../../core/errors.ts";
import type { Job } from "../../core/job.ts";
import type { Fetch } from "../fetched.ts";
import type { Numbering } from "./numbering.ts";
import type { TableOptions } from "./table/table-options.ts";

export interface Format {
  /** Unique among the formats, in lower case. */
  readonly name: string;
  /**
   * Whether a list is in this format. `path`: the list's, without `.gz` or `.zst` if it is compressed; `-` for standard input.
   * `head`: its first bytes, decompressed: 512, or fewer if they contain the end of a line or the whole list.
   */
  matches(path: string, head: Buffer, table: TableOptions): boolean;
  /**
   * Parses the list's bytes, decompressed, into batches of jobs, which may be empty. Calls `context.onLines` before each batch.
   * Throws if it cannot continue; the message is the reason alone. Memory is bounded, for a list of any length.
   */
  jobs(bytes: AsyncGenerator<Buffer>, context: FormatContext): AsyncGenerator<Job[]>;
}

export interface FormatContext extends Numbering {
  /** The first bytes, as passed to `matches`. */
  readonly head: Buffer;
  /** To be called with the number of lines read so far (of rows in a table). */
  readonly onLines: (lines: number) => void;
  readonly table: TableOptions;
  /** The path of the list if its bytes are those of a file, so that it may be read in another order. */
  readonly file?: string | undefined;
  /** The path of the list, for messages; `-` for standard input. */
  readonly path?: string;
  /** To be called with the number of bytes that were read of `file` in another order. */
  readonly onBytes?: ((count: number) => void) | undefined;
  readonly fetch?: Fetch | undefined;
  /** Prints a message to the user. */
  readonly note?: ((text: string) => void) | undefined;
}

/** The list cannot be read as it is; the reason is worded for the command and the library. */
export class UnreadableError extends Error {
  readonly reason: (words: Wording) => string;
  constructor(reason: (words: Wording) => string) {
    super("the list cannot be read");
    this.reason = reason;
  }
}

/** Refuses an option that needs columns, for a list that has none. Throws an UnreadableError. */
export function refuseText({ text }: TableOptions): void {
  if (text !== undefined) throw new UnreadableError(({ option }) => `it has no columns, which ${option("text")} needs`);
}

/** The reason of an UnreadableError, also of one whose class a bundle has a second time. */
export function reasonOf(error: unknown): UnreadableError["reason"] | undefined {
  const { reason } = error as { readonly reason?: unknown };
  return error instanceof Error && typeof reason === "function" ? (reason as UnreadableError["reason"]) : undefined;
}
