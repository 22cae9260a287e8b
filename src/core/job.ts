// The plain data of a run: a Job goes in, exactly one Outcome comes out. Both are JSON.

import type { DigestName, Digests, ExpectedDigests } from "./digest.ts";
import type { Failure, FailureKind } from "./failure.ts";

/** One line of a list. Its digests are those that the body must have. */
export interface Job extends Digests {
  /** The number of the line, from 1; over several lists the count goes on. Names the file. */
  readonly n: number;
  /** The URL as the list has it; in an outcome with `***` for a password. */
  readonly url: string;
  /** The file's name, where the list gives one (the second column); digits only are its number. */
  readonly name?: string;
  /** The list it came from and the line there, from 1; only where there are several lists, or the number is another line's. */
  readonly list?: string;
  readonly line?: number;
  /** The list gives it its number. */
  readonly numbered?: true;
  /** The whole file that an earlier run saved for this line, where it is to be refreshed. */
  readonly known?: KnownFile;
  /** The file that an earlier run saved for this line, whatever it is like: this run's may take its place. */
  readonly replaces?: string;
  /** The file that an earlier run saved for this line, which does not have the digest that the list wants by now: it is named by a failure. */
  readonly kept?: KnownFile;
  /** What another line with this URL has saved: its file will do. */
  readonly duplicateOf?: SavedFile;
  /** Lines before it that have a name which may be this one's, too. */
  readonly namesakes?: readonly Namesake[];
  /** Why nothing is to be tried for it: known from the list itself. */
  readonly refused?: Failure;
  /** What a program handed in with it, of whatever type: for its outcome, and in no record. */
  readonly data?: unknown;
}

/** Says why nothing is to be tried for a line, which comes behind those asked about before. */
export type Refuse = (job: Job) => Failure | undefined;

/** A line that has its file. */
export interface Namesake {
  readonly n: number;
  readonly file: string;
}

/** A file of an earlier run that is whole, and what a server needs to say that it is still good. */
export interface KnownFile extends Digests {
  readonly file: string;
  readonly bytes: number;
  /** Where redirects led to: what follows is that URL's. */
  readonly final_url?: string;
  readonly etag?: string;
  readonly last_modified?: string;
  readonly type?: string;
  readonly encoding?: string;
}

/** Whether a name given by a list is no name, but the line's number. */
export function isNumber(name: string): boolean {
  return /^[0-9]{1,15}$/.test(name);
}

type OfTheJobAlone = "duplicateOf" | "kept" | "known" | "namesakes" | "numbered" | "refused" | "replaces" | DigestName;

interface Finished extends Omit<Job, OfTheJobAlone> {
  /** How often it was tried; a connection found closed and replaced at once is no attempt of its own. 0: not at all. */
  readonly attempts: number;
  /** Why each earlier try of this run failed, in order: "connection_lost: other side closed". Of more than 20, the first 10 and the last 10. */
  readonly retried_after?: readonly string[];
  /** Milliseconds spent waiting for its host, a rate or a back-off, between its being read and its last try. */
  readonly wait_ms?: number;
  /** The final URL, where redirects led to another one than the list's. */
  readonly final_url?: string;
  /** Milliseconds from the start of the last try to the end of the final answer's headers. */
  readonly ttfb_ms?: number;
  /** Milliseconds for look-ups of names, where a connection was made for the last try. */
  readonly dns_ms?: number;
  /** Milliseconds for TCP and what a proxy takes, where a connection was made. */
  readonly connect_ms?: number;
  /** Milliseconds for TLS handshakes. */
  readonly tls_ms?: number;
  /** Milliseconds spent in its tries, all together; time spent waiting for a slot or between tries is not in it. */
  readonly total_ms: number;
  /** When it finished: ISO 8601, UTC, milliseconds. */
  readonly time: string;
}

/** The body arrived whole and was stored. It has the digests that --hash or the list asks for. */
export interface Saved extends Finished, Digests {
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
  /** The number of the line with the same URL whose file this is, by a hard link or as a copy: nothing was asked for. */
  readonly duplicate_of?: number;
  /** The body, where bodies are handed over; in no record. */
  readonly body?: Uint8Array;
}

/** The server says that the file of an earlier run is still good (304): nothing was touched. */
export interface Unchanged extends Finished, KnownFile {
  readonly outcome: "unchanged";
  readonly status: number;
}

/** An outcome with a file that is whole. */
export type SavedFile = (Saved | Unchanged) & { readonly file: string };

/**
 * Nothing was stored under the file's name; `error` says why, `detail` says it to a person. A file of an earlier run is kept
 * and named, with what is known of it where it is whole.
 */
export interface Failed extends Finished, Partial<KnownFile>, ExpectedDigests {
  readonly outcome: "failed";
  readonly error: FailureKind;
  readonly detail: string;
  /** The HTTP status, where an answer came. */
  readonly status?: number;
  /** Whether trying again later may help. */
  readonly retryable: boolean;
}

/**
 * The server wants it so: nothing was stored, and that is no failure. A file of an earlier run is kept and named, with what
 * is known of it where it is whole.
 */
export interface Skipped extends Finished, Partial<KnownFile> {
  readonly outcome: "skipped";
  /** "robots": robots.txt disallows it; otherwise the directive of X-Robots-Tag that was heeded, such as "noai". */
  readonly reason: string;
  /** Who said so, for a person. */
  readonly detail: string;
  /** The HTTP status of the last answer; absent where nothing was asked for. */
  readonly status?: number;
}

export type Outcome = Saved | Unchanged | Failed | Skipped;
