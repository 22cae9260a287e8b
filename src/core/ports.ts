// The interfaces between the core and the other rooms: Source, Get, Sink, View and Reporter.

import type { Digests } from "./digest.ts";
import type { Failure } from "./failure.ts";
import type { ByteRange } from "./http/byte-range.ts";
import type { ConnectionTimes } from "./http/connection-times.ts";
import type { DuplicateSource, Job, Outcome, ShardPlace } from "./job.ts";
import type { DoneEarlier, PageMemory } from "./page-memory.ts";
import type { BandwidthLimiter } from "./run/bandwidth.ts";
import type { AutoView } from "./run/concurrency-trace.ts";
import type { RobotsPolicy, Skip } from "./run/robots-policy.ts";
import type { Tally } from "./run/tally.ts";
import type { Slowed } from "./scheduler/slowed.ts";
import type { Thenable } from "./structures/deferred.ts";
import type { TransferView } from "./transfer.ts";
import type { FailedWire, Wire } from "./wire.ts";

/** A list, read on demand: batches of jobs, never empty, in order. */
export interface Source extends AsyncIterable<readonly Job[]> {
  /** Returns the number of jobs, once known; before that, an estimate from the part of the list that was read. */
  total(): { readonly jobs: number; readonly exact: boolean } | undefined;
  /** Counts of the lines read so far that an earlier run has finished: in no batch, and not in the total. */
  readonly doneEarlier?: DoneEarlier | undefined;
  /** For a list in pages, before it is read: from then on it leaves out finished pages, and keeps where each page begins. */
  readonly keepPages?: ((memory: PageMemory) => void) | undefined;
}

/** The first bytes of a body that an earlier try or run kept. */
export interface PartialBody {
  /** How many: at least 1. */
  readonly bytes: number;
  /** The validator of their answer, for `If-Range`. */
  readonly validator: string;
  /** The final URL of their answer. */
  readonly url: string;
  /** The length of the whole body, if known. */
  readonly wholeBytes?: number;
  /** Its Content-Type, which a 206 may leave out (RFC 9110 section 15.3.7). */
  readonly type?: string;
}

/** The conditions of a request. */
export interface RequestConditions {
  /** The request is for robots.txt itself, of an origin of the list or of a redirect; no rules are checked for it. */
  readonly robots?: "list" | "redirect";
  /** The request is for a list: its body is always decoded, of any size, and neither --respect nor robots.txt is about it. */
  readonly isList?: true;
  /** Duration of earlier tries, in milliseconds: part of the URL's time limit. */
  readonly spentMs?: number;
  /** Requests the bytes after these (`Range`), or the whole body if it has changed (`If-Range`). */
  readonly kept?: PartialBody;
  /** Requests these bytes alone (`Range`): every other answer is a failure. */
  readonly range?: ByteRange;
  /** The validators of a complete file: the answer may be 304 without a body. */
  readonly known?: { readonly etag?: string; readonly last_modified?: string };
  /** Headers of this URL alone, as alternating names and values; they replace those of all requests. */
  readonly headers?: readonly string[];
  /** Called with the header lines of each answer, redirects included; the final one is the last. */
  readonly onFields?: (fields: string) => void;
}

/** The final answer to a URL: its status is 2xx, or 304 where `known` was given. */
export interface Answer {
  readonly status: number;
  /** Set where it must not be stored: it has no body, and its status may be that of a redirect to a disallowed URL. */
  readonly skip?: Skip;
  readonly finalUrl?: string;
  readonly type?: string;
  readonly encoding?: string;
  readonly etag?: string;
  readonly lastModified?: string;
  /**
   * The value of a later `If-Range`: a strong ETag, or a Last-Modified that is strong by RFC 9110 section 8.8.2.2. Absent
   * where ranges cannot be used: a decoded body, `Accept-Ranges: none`.
   */
  readonly validator?: string;
  /** The length of the body in bytes, the part before `from` included; absent where no header has it. */
  readonly wholeBytes?: number;
  /** Offset of the body's first byte in a 206 that was requested and checked: the kept bytes come before it. */
  readonly from?: number;
  /** Whether the end was marked by a length or a last chunk. False: by the end of the connection. */
  readonly lengthVerified: boolean;
  /** Milliseconds from the start of the try to the end of the headers. */
  readonly ttfbMs: number;
  readonly opened?: ConnectionTimes;
  /** A small body, complete, in pieces; or a large one that is still arriving. */
  readonly body: readonly Uint8Array[] | BodyStream;
  /** Releases the memory of a small body for reuse. Optional: without a call, it is collected as garbage. */
  readonly free?: () => void;
  /** What was sent and received for it, where the client was asked to keep that. With `from`, of the 206 alone. */
  readonly wire?: Wire;
}

/** A body that is still arriving. With backpressure: nothing is read while 1 MiB waits. */
export interface BodyStream {
  /** Returns the next pieces; `undefined` at the end of a complete body; a Failure where it is not complete. */
  next(): Promise<readonly Uint8Array[] | Failure | undefined>;
  /**
   * Calls `take` with each piece as it arrives, until that returns false or the body ends; `next` returns how it ended. The
   * piece is overwritten when `take` returns. `take` must not throw. Absent where pieces do not come straight from the socket.
   */
  pour?(take: (piece: Uint8Array) => boolean): Promise<void>;
  /** Returns the bytes received so far. */
  receivedBytes?(): number;
  /** Closes the connection, where the rest is not needed. */
  cancel(): void;
}

type MayFollow = (from: URL, next: URL) => boolean;

/** The HTTP client: one answer per call, within its own time limits. Expected failures are values. */
export interface Get {
  /** Checked before each request, if robots.txt is obeyed. */
  readonly robots?: RobotsPolicy;
  /** The bandwidth limit, if there is one. */
  readonly throttle?: BandwidthLimiter | undefined;
  /**
   * `follow`: called before a redirect to another host is followed; false ends the try with a failure with `waitsForHost`.
   * `isLast`: no other URL of its host is expected soon, so that its connection is closed after the body.
   */
  fetch(target: URL, ask?: RequestConditions, follow?: MayFollow, isLast?: boolean): Thenable<Answer | Failure>;
  /** Sets the maximum number of connections, busy and idle. */
  resize(connections: number): void;
  /** Returns the bytes of bodies received so far. */
  receivedBytes(): number;
  /** Ends all requests in flight as `interrupted`, at once. */
  abort(): void;
  /** Closes all connections, and cancels all timers. */
  close(): void;
}

/** A stored body. */
export interface Stored extends Digests {
  readonly bytes: number;
  readonly file?: string;
  /** The file with the head of the answer, if it was to be saved. */
  readonly headersFile?: string | undefined;
  /** Where the body is in an archive; instead of `file`. */
  readonly place?: ShardPlace;
  /** The body, where it is stored in memory. */
  readonly body?: Uint8Array;
}

/** A result that comes later and needs neither a connection nor a slot. Both sides limit how many there are. */
export interface WriteBehind<Result> {
  readonly storing: Thenable<Result>;
}

type NowOrLater<T> = T | Thenable<T>;

/**
 * The output: stores bodies, each completely or not at all. An output has `write` and `close`; each group of the others is for
 * outputs that can do more.
 */
export interface Sink
  extends Partial<NameChecks>,
    Partial<PartialBodies>,
    Partial<LinkedFiles>,
    Partial<SharedByProcesses>,
    Partial<Abortable> {
  /** Stores a body. A small one is written before `write` returns, where the disk is fast. */
  write(job: Job, target: URL, answer: Answer): NowOrLater<Stored | Failure | WriteBehind<Stored | Failure>>;
  /** Stores what was sent and received for a failure that ends its line, or for a 304. Absent: that is not kept. */
  keep?(job: Job, wire: Wire | FailedWire): WriteBehind<ShardPlace | Failure>;
  /** Frees all resources. Called once, when nothing is in flight. */
  close(): void;
}

/** For outputs in which two bodies cannot have one name. */
interface NameChecks {
  /** Returns why this job's body cannot be stored, as far as that is known before the request. */
  conflictOf(job: Job, target: URL): Failure | undefined;
}

/** For outputs that keep the beginning of a body, so that a later try requests only the rest. */
interface PartialBodies {
  /** Returns the partial body that an earlier try or run kept for this job. */
  partialOf(job: Job): PartialBody | undefined;
  /** Removes that partial body. */
  drop(job: Job): void;
}

/** For outputs that store a duplicate URL without a second request. */
interface LinkedFiles {
  /** Stores another line's body as this job's, by a link, a copy or its place in an archive; undefined where that is not possible. */
  link(job: Job, target: URL, twin: DuplicateSource): NowOrLater<Stored | Failure | undefined>;
}

/** For outputs into which several processes write at the same time. */
interface SharedByProcesses {
  /** Called when other processes write there as well. `named`: the list has file names. */
  share(named: boolean): void;
  /** Leaves the partial body of this job to another process; false if there is none. */
  release(job: Job): boolean;
  /** Takes over what another process left without a record: a partial body, or the file itself. */
  adopt(job: Job, left: { readonly part: boolean; readonly file: boolean }): void;
  /** Removes files of killed processes that no try can use. Called when nothing is in flight. */
  sweep(): void;
  /** Called when another process was killed while it stored a body. */
  doubt(): void;
}

/** For outputs whose writes may outlast a stop. */
interface Abortable {
  /** Ends writes as `interrupted`: queued ones at once, those in progress soon. Commits nothing any more. */
  abort(): void;
  /** Whether a body may have been committed, or may still be, without an outcome. */
  isUnsure(): boolean;
  /** Resolves when nothing can be committed any more: after `abort`, a write to a slow disk may still be in progress. */
  idle(): Promise<void>;
}

/** A live, read-only view of a run, polled by reporters: nothing is emitted per chunk. */
export interface View {
  readonly tally: Tally;
  readonly concurrency: number;
  /** With `-c auto`. */
  readonly auto?: AutoView | undefined;
  readonly inFlight: number;
  readonly peakInFlight: number;
  /** Number of jobs whose last try failed, and that are tried again. */
  readonly retrying: number;
  /** What slowed a host last; undefined where nothing did. */
  readonly slowed?: Slowed | undefined;
  /** Number of jobs read and not started: they wait for their host, a rate, a back-off or a slot. */
  readonly waiting: number;
  /** Jobs in flight and their start times, in milliseconds of `nowMs`, oldest first; a new map per call. */
  readonly open: ReadonlyMap<Job, number>;
  /** The bodies that arrive in pieces now, the oldest first: in this process, and large. */
  transfers(): readonly TransferView[];
  /** Returns the lines read so far whose URL is of this host (as of `hostKey`); undefined where that is not certain. */
  linesOf(host: string): number | undefined;
  readonly elapsedMs: number;
  /** Counts of the lines read so far that an earlier run has finished. */
  readonly doneEarlier?: DoneEarlier | undefined;
  /** Whether the run was stopped before the end of its list. */
  readonly isStopped?: boolean;
  nowMs(): number;
  receivedBytes(): number;
  total(): { readonly jobs: number; readonly exact: boolean } | undefined;
}

/** Gets the outcomes of a run. A returned promise is awaited before the job's slot is free. */
export interface Reporter {
  start?(view: View): void;
  /** `job`: that of the outcome, where it is at hand. */
  outcome(outcome: Outcome, job?: Job): void | Promise<void>;
  end?(view: View): void | Promise<void>;
}
