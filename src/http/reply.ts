// What an exchange is held to, and what can come of it.

import { STATUS_CODES } from "node:http";
import type { Failure } from "../core/failure.ts";
import type { Arriving } from "./arriving.ts";
import type { AnswerHeaders } from "./headers.ts";
import type { PaceLimits } from "./pace.ts";
import type { Redirect } from "./redirect.ts";

export interface Limits extends PaceLimits {
  /** From the start of the look-up to the end of CONNECT and TLS. */
  readonly connectTimeoutMs: number;
  /** From the request's sending to the end of the headers; then the longest silence in the body. */
  readonly timeoutMs: number;
  readonly maxFileBytes: number;
  /** Up to this many bytes a body is collected and handed over whole. */
  readonly wholeBytes: number;
}

/** A 2xx answer: its headers, and its body, in pieces that are all there or still arriving. */
export interface Success {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** When the headers were whole, in milliseconds of `performance.now()`. */
  readonly headersMs: number;
  readonly body: readonly Uint8Array[] | Arriving;
}

/** The connection was reused and died before the first byte of an answer: no failure, to be repeated on a new one. */
export const STALE = Symbol("stale");

export type Reply = Success | Redirect | Failure | typeof STALE;

/** A final status that is neither 2xx nor a redirect. */
export function httpStatus(status: number): Failure {
  return { error: "http_status", detail: `${status} ${STATUS_CODES[status] ?? ""}`.trim(), status };
}
