// The failures of an exchange that no error stands for, in words: they name the limit, or how far the body came.

import type { Phase } from "../../core/classify.ts";
import type { Failure } from "../../core/failure.ts";
import type { ConnectTiming } from "../connect/connect-timing.ts";
import type { PartialRange } from "../semantics/content-range.ts";
import type { Limits } from "./reply.ts";

export const DEADLINE: Failure = { error: "deadline", detail: "the whole URL took longer than the maximum time" };
export const INTERRUPTED: Failure = { error: "interrupted", detail: "stopped while it was under way" };

/** There is no connection, or no whole header block, and the time for it is over. */
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

/** The body goes on beyond what is allowed, or beyond what a part's headers said. */
export function tooMuch(part: PartialRange | undefined, status: number): Failure {
  if (part === undefined) return { error: "too_large", detail: "over the maximum file size", status };
  return { error: "bad_range", detail: `206: more than the ${part.bytes} bytes that were left`, status };
}

/** An orderly end at the wrong place. */
export function truncated(bytes: number, expectedBytes: number, status: number): Failure {
  return { error: "truncated", detail: `${bytes} of ${expectedBytes} bytes`, status };
}

/** Says of a body's failure how far the body had come. */
export function inBody(failure: Failure, bytes: number, expectedBytes: number | undefined, status: number): Failure {
  if (expectedBytes !== undefined && failure.error === "truncated") return truncated(bytes, expectedBytes, status);
  return { ...failure, detail: `after ${bytes} bytes: ${failure.detail}`, status };
}
