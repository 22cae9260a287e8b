// The sockets: what the core asks of the web, of the disk, of a list and of those who are told.

import type { Failure } from "./failure.ts";
import type { Job, Outcome } from "./job.ts";
import type { Tally } from "./tally.ts";

/** A list, read only as fast as it is asked: batches of jobs, never empty, in order. */
export interface Source extends AsyncIterable<readonly Job[]> {
  /** How many jobs there are in all, once that is known, or a guess from the part of the list that was read. */
  total(): { readonly jobs: number; readonly exact: boolean } | undefined;
}

/** The final answer to one URL, its status 2xx. */
export interface Answer {
  readonly status: number;
  readonly finalUrl?: string;
  readonly type?: string;
  readonly encoding?: string;
  readonly etag?: string;
  readonly lastModified?: string;
  /** Whether a length or a last chunk told the end, rather than the closing of the connection. */
  readonly lengthVerified: boolean;
  /** Milliseconds from the start of the attempt to the end of the headers. */
  readonly ttfbMs: number;
  /** A small body, whole and complete, in pieces; a large one, still arriving. */
  readonly body: readonly Uint8Array[] | BodyStream;
}

/** A body that is still arriving. Pulled with backpressure: nothing more is read while 1 MiB waits. */
export interface BodyStream {
  /** The next pieces; `undefined` at the end of a body that is whole; a Failure where it is not. */
  next(): Promise<readonly Uint8Array[] | Failure | undefined>;
  /** Drops the connection; for a reader that gives up. */
  cancel(): void;
}

/** The web: one call, one answer, by a limit of its own; expected failures are values. */
export interface Get {
  fetch(target: URL): Promise<Answer | Failure>;
  /** Bytes of bodies received so far, over all answers. */
  receivedBytes(): number;
  /** Ends everything under way as `interrupted`, at once. */
  abort(): void;
  /** Frees every connection and timer. */
  close(): void;
}

/** What became of a body. */
export interface Stored {
  readonly bytes: number;
  readonly file?: string;
  /** The body itself, where it is handed over. */
  readonly body?: Uint8Array;
}

/** Where bodies go: whole, or not at all. A small body is written before `write` returns. */
export interface Sink {
  write(job: Job, target: URL, answer: Answer): Stored | Failure | Promise<Stored | Failure>;
}

/** A live, read-only look at a run. Polled by who shows it; nothing is emitted per chunk. */
export interface View {
  readonly tally: Tally;
  readonly concurrency: number;
  readonly inFlight: number;
  readonly peakInFlight: number;
  /** Jobs under way and the time each was started, in milliseconds of `nowMs`, oldest first. */
  readonly open: ReadonlyMap<Job, number>;
  readonly elapsedMs: number;
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
