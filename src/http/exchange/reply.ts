// Types of an exchange: its limits, the resources that all exchanges share, and its possible results.

import type { Failure } from "../../core/failure.ts";
import type { BandwidthLimiter } from "../../core/run/bandwidth.ts";
import type { ConnectTiming } from "../connect/connect-timing.ts";
import type { PartialRange } from "../semantics/content-range.ts";
import type { AnswerPolicy, Skipped } from "../semantics/evaluate.ts";
import type { AnswerHeaders } from "../semantics/headers.ts";
import type { Redirect } from "../semantics/redirect.ts";
import type { BodyQueue } from "./body-stream.ts";
import type { BufferPool } from "./buffer-pool.ts";
import type { StallLimits } from "./stall-detector.ts";
import type { TimeoutTimer } from "./timeouts.ts";

export interface Limits extends StallLimits, AnswerPolicy {
  /** Maximum time from the start of the DNS look-up to the end of CONNECT and TLS, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** Maximum time from sending the request to the end of the headers, then between two reads of the body, in milliseconds. */
  readonly timeoutMs: number;
  /** Maximum length of a body that is buffered and returned whole, in bytes; longer ones are streamed. */
  readonly wholeBytes: number;
  /** Maximum bytes of a streamed body that wait for the disk. Default and upper bound: 1 MiB. */
  readonly waitingBytes?: number;
}

/** Maximum bytes and milliseconds spent on reading a body that is not stored, so that its connection can be reused. */
export const DISCARD_BYTES = 16_384;
export const DISCARD_MS = 1000;

/** Resources that all exchanges share. */
export interface ExchangeContext {
  readonly limits: Limits;
  readonly timer: TimeoutTimer;
  /** Counts the received bytes of all bodies. */
  readonly meter: { bytes: number };
  readonly buffers: BufferPool;
  /** Decides which body is read next, if a maximum speed is set. */
  readonly throttle?: BandwidthLimiter | undefined;
}

/** A 2xx answer, or a 304 to a conditional request: its headers, and its body, complete or still arriving. */
export interface Success {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** When the header block was complete, in milliseconds of `performance.now()`. */
  readonly headersMs: number;
  readonly body: readonly Uint8Array[] | BodyQueue;
  /** Returns the memory of the body to its pool. */
  readonly free: (() => void) | undefined;
  /** The range of the body, if it is only the end of the whole (206). */
  readonly part: PartialRange | undefined;
  /** Value for `If-Range`, if this body is cut and the rest is requested later; only for a body that is still arriving. */
  readonly validator: string | undefined;
}

/** A reused connection ended before the first byte of an answer: the request is repeated on a new one (RFC 9112 section 9.3.1). */
export const STALE = Symbol("stale");

export type Reply = Success | Skipped | Redirect | Failure | typeof STALE;

/** Receives the result of an exchange, once. An object instead of a function: it saves a closure per URL. */
export interface ReplyListener {
  /** `timing`: of the connection that was opened for this request, if one was. */
  onReply(reply: Reply, timing: ConnectTiming | undefined): void;
}
