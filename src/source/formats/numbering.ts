// Numbers the jobs of a list by their lines, across all lists, and refuses a number that another line has.

import type { Job } from "../../core/job.ts";
import type { LineSpan } from "../../core/list-shard.ts";
import type { UnknownColumn } from "./table/columns.ts";

/** The numbering of the jobs of a list. */
export interface Numbering {
  /** The number of lines in the lists before this one. */
  readonly offset: number;
  /** The list's name, if there are several lists. */
  readonly list?: string | undefined;
  /** Called with each column with an unknown key, and the number of its line. */
  readonly onUnknown?: ((column: UnknownColumn, line: number) => void) | undefined;
  /** Assigns a number to the line at a place among the lines of all lists; returns the reason if another line has it. */
  readonly claim?: ((n: number, place: number) => string | undefined) | undefined;
  /** Which lines from a place on are wanted, all or none: others need only be counted. Default: all are wanted. */
  readonly spanAt?: ((place: number) => LineSpan) | undefined;
}

/** Returns the job of a line (from 1) with the line's number, and with its list and line if there are several lists. */
export function jobOnLine(url: string, line: number, { offset, list }: Pick<Numbering, "offset" | "list">): Job {
  return list === undefined ? { n: offset + line, url } : { n: offset + line, url, list, line };
}

/** Claims the number of a line's job. Returns the job, refused if another line has its number. */
export function claimNumber(job: Job, line: number, { offset, claim }: Pick<Numbering, "offset" | "claim">): Job {
  const detail = claim?.(job.n, offset + line);
  return detail === undefined ? job : { ...job, line, refused: { error: "duplicate_number", detail } };
}
