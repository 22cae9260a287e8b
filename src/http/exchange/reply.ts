// What exchanges share and are held to, and what can come of one.

import type { Failure } from "../../core/failure.ts";
import type { BandwidthLimiter } from "../../core/run/bandwidth.ts";
import type { ConnectTiming } from "../connect/connect-timing.ts";
import type { PartialRange } from "../semantics/content-range.ts";
import type { Unwanted, Wishes } from "../semantics/evaluate.ts";
import type { AnswerHeaders } from "../semantics/headers.ts";
import type { Redirect } from "../semantics/redirect.ts";
import type { BodyQueue } from "./body-stream.ts";
import type { BufferPool } from "./buffer-pool.ts";
import type { StallLimits } from "./stall-detector.ts";
import type { TimeoutTimer } from "./timeouts.ts";

export interface Limits extends StallLimits, Wishes {
  /** From the start of the look-up to the end of CONNECT and TLS. */
  readonly connectTimeoutMs: number;
  /** From the request's sending to the end of the headers; then the longest silence in the body. */
  readonly timeoutMs: number;
  /** Up to this many bytes a body is collected and handed over whole. */
  readonly wholeBytes: number;
  /** Of a larger one so many bytes may wait for the disk. Default: 1 MiB, which is also the most. */
  readonly waitingBytes?: number;
}

/** The body of an answer that is not stored is waited for if it is short, so that the connection lives on. */
export const DISCARD_BYTES = 16_384;
export const DISCARD_MS = 1000;

/** What all exchanges share. */
export interface Wire {
  readonly limits: Limits;
  readonly watch: TimeoutTimer;
  /** Counts the bytes of bodies received. */
  readonly meter: { bytes: number };
  readonly slabs: BufferPool;
  /** Whose turn it is to read, where bytes have a speed. */
  readonly throttle?: BandwidthLimiter | undefined;
}

/** A 2xx answer, or a 304 that was asked for: its headers, and its body, in pieces that are all there or still arriving. */
export interface Success {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** When the headers were whole, in milliseconds of `performance.now()`. */
  readonly headersMs: number;
  readonly body: readonly Uint8Array[] | BodyQueue;
  /** Lets the body's memory be used again. */
  readonly free: (() => void) | undefined;
  /** Where the body is only the end of the whole (206). */
  readonly part: PartialRange | undefined;
  /** What `If-Range` may carry later, if the body is cut: only of a body that is still arriving. */
  readonly validator: string | undefined;
}

/** The connection was reused and died before the first byte of an answer: no failure, to be repeated on a new one. */
export const STALE = Symbol("stale");

export type Reply = Success | Unwanted | Redirect | Failure | typeof STALE;

/** Takes a reply. `steps`: of the connection that was opened for this request, if one was. */
export type Told = (reply: Reply, steps: ConnectTiming | undefined) => void;
