// The plain data of a run: a Job goes in, exactly one Outcome comes out. Both are JSON.

import type { DigestName, Digests, ExpectedDigests } from "./digest.ts";
import type { Failure, FailureKind } from "./failure.ts";

/** One line of a list. Its digests are those that the body must have. */
export interface Job extends Digests {
  /** The line number, from 1, counted over all lists. The default file name. */
  readonly n: number;
  /** The URL as in the list; in an outcome with `***` for a password. */
  readonly url: string;
  /** The file name from the list (the second column); only digits: its number. */
  readonly name?: string;
  /** The list and the line in it, from 1; only if there are several lists, or another line has the number. */
  readonly list?: string;
  readonly line?: number;
  /** The number is from the list. */
  readonly numbered?: true;
  /** The complete body that an earlier run saved for this line, to be updated. */
  readonly known?: KnownFile | KnownRecord;
  /** The file that an earlier run saved for this line, complete or not: this run may replace it. */
  readonly replaces?: string;
  /** The head that was saved beside that file. */
  readonly replacesHeaders?: string;
  /** The file that an earlier run saved for this line, which does not match the digest of the list: a failure names it. */
  readonly kept?: KnownFile;
  /** What another line with this URL has saved, to be used for this one. */
  readonly duplicateOf?: DuplicateSource;
  /** Earlier lines with a file name that this line may get as well. */
  readonly namesakes?: readonly Namesake[];
  /** Headers of its requests alone, as alternating names and values: in no record, since they may be secret. */
  readonly headers?: readonly string[];
  /** Other columns of a table's row, for the record: at most 64 KiB of JSON. */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** The text of its row that an archive holds beside the body: at most 64 KiB, in no record. */
  readonly text?: string;
  /** Why it is not tried: known from the list. */
  readonly refused?: Failure;
  /** The caller's data, of any type: copied to the outcome, and not recorded. */
  readonly data?: unknown;
}

/** Returns why a line is not tried. Called in the order of the lines. */
export type Refuse = (job: Job) => Failure | undefined;

/** A line and its file. */
export interface Namesake {
  readonly n: number;
  readonly file: string;
}

/** A complete body of an earlier run, with the validators for a conditional request. */
export interface KnownBody extends Digests {
  readonly bytes: number;
  /** The final URL after redirects, which the validators belong to. */
  readonly final_url?: string;
  readonly etag?: string;
  readonly last_modified?: string;
  readonly type?: string;
  readonly encoding?: string;
  readonly headers_file?: string;
}

/** A complete file of an earlier run. */
export interface KnownFile extends KnownBody {
  readonly file: string;
}

/** A body in an archive of an earlier run. */
export interface KnownRecord extends KnownBody {
  /** The record that has the body. */
  readonly refers_to: ShardRecord;
}

/** Whether a name in a list is the line's number. */
export function isNumber(name: string): boolean {
  return /^[0-9]{1,15}$/.test(name);
}

type OfTheJobAlone =
  | "duplicateOf"
  | "headers"
  | "kept"
  | "known"
  | "namesakes"
  | "numbered"
  | "refused"
  | "replaces"
  | "replacesHeaders"
  | "text"
  | DigestName;

interface Finished extends Omit<Job, OfTheJobAlone> {
  /** Number of tries with a request; a retry on a new connection, because an idle one was closed, does not count. */
  readonly attempts: number;
  /** Why each earlier try of this run failed, in order: "connection_lost: other side closed". Of more than 20, the first 10 and the last 10. */
  readonly retried_after?: readonly string[];
  /** Milliseconds of waiting for its host, a rate or a back-off, from the time it was read to its last try. */
  readonly wait_ms?: number;
  /** The final URL, if redirects led to another one than the list's. */
  readonly final_url?: string;
  /** Milliseconds from the start of the last try to the end of the final answer's headers. */
  readonly ttfb_ms?: number;
  /** Milliseconds for DNS look-ups, if the last try opened a connection. */
  readonly dns_ms?: number;
  /** Milliseconds for TCP and proxy handshakes, if the last try opened a connection. */
  readonly connect_ms?: number;
  /** Milliseconds for TLS handshakes. */
  readonly tls_ms?: number;
  /** Duration of all tries in milliseconds, without the waits for a slot or between tries. */
  readonly total_ms: number;
  /** When it finished: ISO 8601, UTC, milliseconds. */
  readonly time: string;
}

/** A place in an archive. */
export interface ShardRecord {
  /** The archive, relative to the output folder: `00000.tar`. */
  readonly shard: string;
  /** tar: the offset of the body's first byte; WARC: of its record's. In bytes. */
  readonly offset: number;
}

/** Where a body is within an archive. */
export interface ShardPlace extends ShardRecord {
  /** The length in the shard, from `offset`, of all that belongs to the line. */
  readonly stored_bytes: number;
  /** tar: the name of the body's member. */
  readonly member?: string;
  /** WARC: the record that has the body, where that at `offset` is a revisit record. */
  readonly refers_to?: ShardRecord;
}

/** The body arrived completely and was stored. It has the digests that --hash or the list requires. */
export interface Saved extends Finished, Digests, Partial<ShardPlace> {
  readonly outcome: "saved";
  /** The HTTP status: one of 2xx. */
  readonly status: number;
  /** The stored file's length in bytes. */
  readonly bytes: number;
  /** The file, relative to the output folder, with `/` between folders; absent where bodies stay in memory. */
  readonly file?: string;
  /** The file with the head of the answer, relative to the output folder; with --save-headers. */
  readonly headers_file?: string;
  /** The Content-Type, as sent. */
  readonly type?: string;
  /** The Content-Encoding that the stored bytes still have. */
  readonly encoding?: string;
  readonly etag?: string;
  readonly last_modified?: string;
  /** The end of the body was the end of the connection, without a length or chunks (RFC 9112 section 6.3). */
  readonly length?: "unverified";
  /** The line with the same URL whose body this is: its file was linked or copied, or its place in an archive is this line's as well. */
  readonly duplicate_of?: number;
  /** The body, where bodies stay in memory; not recorded. */
  readonly body?: Uint8Array;
}

/** The body of an earlier run is unchanged on the server (304). In an archive, its place is that of a record of the 304. */
export interface Unchanged extends Finished, KnownBody, Partial<ShardPlace> {
  readonly outcome: "unchanged";
  /** The file, relative to the output folder; absent where bodies are in archives. */
  readonly file?: string;
  readonly status: number;
}

/** An outcome with a complete file. */
export type SavedFile = (Saved | Unchanged) & { readonly file: string };

/** An outcome whose body can be another line's as well: it is in a file, or in an archive. */
export type DuplicateSource = SavedFile | (Saved & ShardPlace);

/** Whether the body is in a file of its own. */
export function isInFile(outcome: DuplicateSource): outcome is SavedFile {
  return outcome.file !== undefined;
}

/**
 * Nothing was stored; `error` is the reason, `detail` describes it to a person. A file of an earlier run is kept and named,
 * with its validators if it is complete.
 */
export interface Failed extends Finished, Partial<KnownFile>, ExpectedDigests, Partial<ShardPlace> {
  readonly outcome: "failed";
  readonly error: FailureKind;
  readonly detail: string;
  /** The HTTP status, if there was an answer. */
  readonly status?: number;
  /** Whether a later try may help. */
  readonly retryable: boolean;
}

/**
 * Nothing was stored, because of robots.txt or X-Robots-Tag; not a failure. A file of an earlier run is kept and named, with
 * its validators if it is complete.
 */
export interface Skipped extends Finished, Partial<KnownFile> {
  readonly outcome: "skipped";
  /** "robots": robots.txt disallows it; otherwise the directive of X-Robots-Tag, such as "noai". */
  readonly reason: string;
  /** The rule, for a person. */
  readonly detail: string;
  /** The HTTP status of the last answer; absent if no request was made. */
  readonly status?: number;
}

export type Outcome = Saved | Unchanged | Failed | Skipped;
