// Failures of an exchange that have no Error: timeouts, limits and truncated bodies, with their detail text.

import type { Phase } from "../../core/classify.ts";
import type { Failure } from "../../core/failure.ts";
import type { ConnectTiming } from "../connect/connect-timing.ts";
import type { PartialRange } from "../semantics/content-range.ts";
import type { Limits } from "./reply.ts";

export const DEADLINE: Failure = { error: "deadline", detail: "the whole URL took longer than the maximum time" };
export const INTERRUPTED: Failure = { error: "interrupted", detail: "stopped while it was under way" };

/** The time to connect, or to receive the header block, is over. */
export function timedOut(
  phase: Phase,
  steps: ConnectTiming | undefined,
  { connectTimeoutMs, timeoutMs }: Limits,
): Failure {
  if (phase === "connect" && steps?.isResolving === true)
    return { error: "dns_temporary", detail: `the name was not resolved in ${connectTimeoutMs / 1000} s` };
  return phase === "connect"
    ? { error: "connect_timeout", detail: `no connection in ${connectTimeoutMs / 1000} s` }
    : { error: "headers_timeout", detail: `no whole header block in ${timeoutMs / 1000} s` };
}

/** The body is longer than the maximum file size, or than the Content-Range of a 206. */
export function tooLarge(part: PartialRange | undefined, status: number): Failure {
  if (part === undefined) return { error: "too_large", detail: "over the maximum file size", status };
  return { error: "bad_range", detail: `206: more than the ${part.bytes} bytes that were left`, status };
}

/** The body ended in good order, but not after `expectedBytes`. */
export function truncated(bytes: number, expectedBytes: number, status: number): Failure {
  return { error: "truncated", detail: `${bytes} of ${expectedBytes} bytes`, status };
}

/** Adds the number of body bytes received to a failure that happened within the body. */
export function inBody(failure: Failure, bytes: number, expectedBytes: number | undefined, status: number): Failure {
  if (expectedBytes !== undefined && failure.error === "truncated") return truncated(bytes, expectedBytes, status);
  return { ...failure, detail: `after ${bytes} bytes: ${failure.detail}`, status };
}
