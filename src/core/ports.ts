// The sockets: what the core asks of the web, of the disk, of a list and of those who are told.

import type { ConnectionTimes } from "./connection-times.ts";
import type { Digests } from "./digest.ts";
import type { Failure } from "./failure.ts";
import type { Job, Outcome, SavedFile } from "./job.ts";
import type { BandwidthLimiter } from "./run/bandwidth.ts";
import type { Tally } from "./run/tally.ts";
import type { Thenable } from "./structures/deferred.ts";

/** A list, read only as fast as it is asked: batches of jobs, never empty, in order. */
export interface Source extends AsyncIterable<readonly Job[]> {
  /** How many jobs there are in all, once that is known, or a guess from the part of the list that was read. */
  total(): { readonly jobs: number; readonly exact: boolean } | undefined;
  /** Lines that need no work, of those read so far: they come in no batch, and are not in the total. */
  readonly doneEarlier?: DoneEarlier | undefined;
}

/** Lines that an earlier run has finished: saved, failed for good, or skipped as the server wants it. */
export interface DoneEarlier {
  readonly saved: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The first bytes of a body that an earlier try or run kept. */
export interface PartialBody {
  /** How many: at least 1. */
  readonly bytes: number;
  /** Of the answer they came from. */
  readonly validator: string;
  /** The final URL that gave them. */
  readonly url: string;
  /** The whole body's length, where it is known. */
  readonly wholeBytes?: number;
  /** Its Content-Type: an answer with the rest need not say it again (RFC 9110 section 15.3.7). */
  readonly type?: string;
}

/** What a request asks for beyond the URL itself. */
export interface RequestConditions {
  /** The request is for robots.txt itself, of an origin of the list or of a redirect; no rules are checked for it. */
  readonly robots?: "list" | "redirect";
  /** Milliseconds that earlier tries took: they count into the URL's whole time. */
  readonly spentMs?: number;
  /** Go on after these bytes, if the body is still the same; otherwise the whole body comes. */
  readonly kept?: PartialBody;
  /** The validators of a stored file that is whole: the answer may be 304, with no body. */
  readonly known?: { readonly etag?: string; readonly last_modified?: string };
}

/** Why something is not fetched, or not stored, by the wish of its server. */
export interface Skip {
  /** "robots", or a directive of X-Robots-Tag. */
  readonly reason: string;
  /** Who said so, for a person; one line. */
  readonly detail: string;
}

/** The final answer to one URL: its status is 2xx, or 304 where `known` was given. */
export interface Answer {
  readonly status: number;
  /** It is not to be stored: there is no body then, and the status may be a redirect's, to where nothing may be fetched. */
  readonly skip?: Skip;
  readonly finalUrl?: string;
  readonly type?: string;
  readonly encoding?: string;
  readonly etag?: string;
  readonly lastModified?: string;
  /**
   * What `If-Range` may be sent with later to go on with this very body: a strong ETag, or a Last-Modified that is strong
   * by RFC 9110 section 8.8.2.2. Absent where ranges are of no use: a decoded body, `Accept-Ranges: none`.
   */
  readonly validator?: string;
  /** The body's length in bytes, the part before `from` included; absent where no header tells it. */
  readonly wholeBytes?: number;
  /** The body begins at this byte: what was kept goes before it (206, asked for and checked). */
  readonly from?: number;
  /** Whether a length or a last chunk told the end, rather than the closing of the connection. */
  readonly lengthVerified: boolean;
  /** Milliseconds from the start of the attempt to the end of the headers. */
  readonly ttfbMs: number;
  readonly opened?: ConnectionTimes;
  /** A small body, whole and complete, in pieces; a large one, still arriving. */
  readonly body: readonly Uint8Array[] | BodyStream;
  /** For whoever is done with a small body and looks at it no more: its memory may be used again. Need not be called. */
  readonly free?: () => void;
}

/** A body that is still arriving. Pulled with backpressure: nothing more is read while 1 MiB waits. */
export interface BodyStream {
  /** The next pieces; `undefined` at the end of a body that is whole; a Failure where it is not. */
  next(): Promise<readonly Uint8Array[] | Failure | undefined>;
  /**
   * Hands over every piece as it arrives, instead of keeping it for `next`: nothing more is read before `take` returns, and
   * the piece is overwritten then. Until `take` gives false, or nothing more comes; what that means, `next` says. `take`
   * throws nothing. Absent where pieces do not come straight from the wire.
   */
  pour?(take: (piece: Uint8Array) => boolean): Promise<void>;
  /** Drops the connection; for a reader that gives up. */
  cancel(): void;
}

/** The web: one call, one answer, by a limit of its own; expected failures are values. */
export interface Get {
  /** Asked first, where servers have a say in it. */
  readonly robots?: RobotsPolicy;
  /** What holds all bodies together to a speed, where there is one. */
  readonly throttle?: BandwidthLimiter | undefined;
  /** `follow`: asked before a redirect to another host is followed; false ends the try with a failure that is `held`. */
  fetch(target: URL, ask?: RequestConditions, follow?: (from: URL, next: URL) => boolean): Thenable<Answer | Failure>;
  /** From now on at most so many connections, busy and idle: the machine is short of file descriptors. */
  resize(connections: number): void;
  /** Bytes of bodies received so far, over all answers. */
  receivedBytes(): number;
  /** Ends everything under way as `interrupted`, at once. */
  abort(): void;
  /** Frees every connection and timer. */
  close(): void;
}

/** The rules of robots.txt files (RFC 9309). */
export interface RobotsPolicy {
  /** Returns undefined if a URL may be fetched, why not, or "unknown" if robots.txt has to be fetched first. */
  check(target: URL): Skip | Failure | "unknown" | undefined;
  /**
   * Fetches robots.txt, once for all callers, and checks the URL. Returns a Failure if robots.txt cannot be fetched, for now or
   * in this run, or takes longer than the URL's remaining time. `spentMs`: time that the URL took so far.
   */
  fetchAndCheck(target: URL, via: "list" | "redirect", spentMs?: number): Promise<Skip | Failure | undefined>;
  /** Returns the Crawl-delay of a host (`URL.host`) in milliseconds, 0 for none; undefined if its rules are not known. */
  delayMs(host: string): number | undefined;
}

/** What became of a body. */
export interface Stored extends Digests {
  readonly bytes: number;
  readonly file?: string;
  /** The body itself, where it is handed over. */
  readonly body?: Uint8Array;
}

/** The rest needs neither the web nor a slot, and comes by itself. Who hands this out bounds how many there are; so does who takes it. */
export interface WriteBehind<Result> {
  readonly storing: Thenable<Result>;
}

/**
 * The output: where bodies go, each whole or not at all. An output has `write` and `close`; each group of the others is for
 * outputs that can do more.
 */
export interface Sink
  extends Partial<NameChecks>,
    Partial<PartialBodies>,
    Partial<LinkedFiles>,
    Partial<SharedByProcesses>,
    Partial<Abortable> {
  /** Stores a body. A small one is written before `write` returns, where the disk is quick. */
  write(
    job: Job,
    target: URL,
    answer: Answer,
  ): Stored | Failure | Thenable<Stored | Failure> | WriteBehind<Stored | Failure>;
  /** Frees what the output holds. Called once, when nothing is in flight. */
  close(): void;
}

/** For outputs in which two bodies cannot have one name. */
interface NameChecks {
  /** Why this job's body need not be requested, as far as that is known before the answer. */
  conflictOf(job: Job, target: URL): Failure | undefined;
}

/** For outputs that keep the beginning of a body, so that a later try requests only the rest. */
interface PartialBodies {
  /** The part of this job's body that an earlier try or run kept. */
  partialOf(job: Job): PartialBody | undefined;
  /** Removes that part. */
  drop(job: Job): void;
}

/** For outputs that store a duplicate URL without a second request. */
interface LinkedFiles {
  /** Stores another line's file under this job's name, by a link or a copy; undefined where that file no longer exists. */
  link(job: Job, target: URL, twin: SavedFile): Stored | Failure | undefined | Thenable<Stored | Failure>;
}

/** For outputs into which several processes write at the same time. */
interface SharedByProcesses {
  /** Called when other processes write there as well. `named`: the list names files itself. */
  share(named: boolean): void;
  /** Leaves the kept part of this job's body to the process of the next try; false if there is none. */
  release(job: Job): boolean;
  /** Takes over what another process left: a part of the body, or the file itself, without a record. */
  adopt(job: Job, left: { readonly part: boolean; readonly file: boolean }): void;
  /** Removes what killed processes left and no try can use. Called when nothing is in flight. */
  sweep(): void;
  /** Called when another process was killed while it stored a body. */
  doubt(): void;
}

/** For outputs whose writes may outlast a stop. */
interface Abortable {
  /** Ends what is not stored yet as `interrupted`: what is queued at once, what is being written soon. Nothing is committed any more. */
  abort(): void;
  /** Whether a body may have been committed, or may still be, without an outcome. */
  isUnsure(): boolean;
  /** Settled when nothing can be committed any more: after `abort`, a write to a slow disk may still be under way. */
  idle(): Promise<void>;
}

/** A live, read-only look at a run. Polled by who shows it; nothing is emitted per chunk. */
export interface View {
  readonly tally: Tally;
  readonly concurrency: number;
  /** Where the concurrency is found while running: the best that is known, and why. */
  readonly auto?: { readonly found: number; readonly reason: string } | undefined;
  readonly inFlight: number;
  readonly peakInFlight: number;
  /** Jobs read and not started: held up by their host, a rate or a back-off, or only just read. */
  readonly waiting: number;
  /** Jobs under way and the time each was started, in milliseconds of `nowMs`, oldest first; made when it is asked for. */
  readonly open: ReadonlyMap<Job, number>;
  readonly elapsedMs: number;
  /** What an earlier run has finished, of what was read so far. */
  readonly doneEarlier?: DoneEarlier | undefined;
  /** It was stopped before its list was done. */
  readonly isStopped?: boolean;
  nowMs(): number;
  receivedBytes(): number;
  total(): { readonly jobs: number; readonly exact: boolean } | undefined;
}

/** Who is told. A promise is awaited before the job's slot is free again. */
export interface Reporter {
  start?(view: View): void;
  outcome(outcome: Outcome): void | Promise<void>;
  end?(view: View): void | Promise<void>;
}
