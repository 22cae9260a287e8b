// The plain data of a run: a Job goes in, exactly one Outcome comes out. Both are JSON.

import type { FailureKind } from "./failure.ts";

/** One line of a list. */
export interface Job {
  /** The number of the line, from 1; over several lists the count goes on. Names the file. */
  readonly n: number;
  /** The URL as the list has it. */
  readonly url: string;
  /** The file's name, where the list gives one (the second column); digits only are its number. */
  readonly name?: string;
  /** The list it came from and the line there, from 1; only where there are several lists. */
  readonly list?: string;
  readonly line?: number;
}

/** Whether a name given by a list is no name, but the line's number. */
export function isNumber(name: string): boolean {
  return /^[0-9]{1,15}$/.test(name);
}

interface Finished extends Job {
  /** How often it was tried; a connection found closed and replaced at once is no attempt of its own. */
  readonly attempts: number;
  /** The final URL, where redirects led to another one than the list's. */
  readonly final_url?: string;
  /** Milliseconds from the start of the attempt to the end of the final answer's headers. */
  readonly ttfb_ms?: number;
  /** Milliseconds from the start of the attempt to its outcome; time spent waiting for a slot is not in it. */
  readonly total_ms: number;
  /** When it finished: ISO 8601, UTC, milliseconds. */
  readonly time: string;
}

/** The body arrived whole and was stored. */
export interface Saved extends Finished {
  readonly outcome: "saved";
  /** The HTTP status: one of 2xx. */
  readonly status: number;
  /** The stored file's length in bytes. */
  readonly bytes: number;
  /** The file, relative to the output folder, with `/` between folders; absent where bodies are handed over. */
  readonly file?: string;
  /** The Content-Type, as sent. */
  readonly type?: string;
  /** The Content-Encoding that the stored bytes still have. */
  readonly encoding?: string;
  readonly etag?: string;
  readonly last_modified?: string;
  /** Neither a length nor chunks told the end; the connection was closed in good order (RFC 9112 section 6.3). */
  readonly length?: "unverified";
  /** The body, where bodies are handed over; in no record. */
  readonly body?: Uint8Array;
}

/** Nothing was stored under the file's name; `error` says why, `detail` says it to a person. */
export interface Failed extends Finished {
  readonly outcome: "failed";
  readonly error: FailureKind;
  readonly detail: string;
  /** The HTTP status, where an answer came. */
  readonly status?: number;
  /** Whether trying again later may help. */
  readonly retryable: boolean;
}

export type Outcome = Saved | Failed;
