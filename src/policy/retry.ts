// Whether a failed try is worth another, when, and what the failure says of its host.

import { FACTS, type Failure, type FailureKind, isFatal, isRetryable } from "../core/failure.ts";
import type { Sign } from "../core/scheduler/task.ts";

const FIRST_MS = 1000;
const MOST_MS = 60_000;

export interface RetryOptions {
  /** Extra tries. */
  readonly retries: number;
  /** The HTTP statuses that are tried again, in place of those that may pass by themselves. */
  readonly retryOn?: ReadonlySet<number>;
  /** A server that asks for a longer wait than this, in milliseconds, is not waited for. */
  readonly maxRetryAfterMs: number;
}

/** Try again after so long; or give up, for a reason that the record should have besides the failure itself, if any. */
export type RetryVerdict = { readonly delayMs: number } | { readonly giveUp: string | undefined };

/**
 * Judges a failure after so many tries (`attempts`, from 1). The delay is full jitter over 1 s, doubled with each try, at
 * most 60 s (AWS Architecture Blog, "Exponential Backoff And Jitter"), and never less than Retry-After.
 * `random` gives numbers from 0 to under 1.
 */
export function decideRetry(
  failure: Failure,
  attempts: number,
  options: RetryOptions,
  random: () => number,
): RetryVerdict {
  if (attempts > options.retries || !worthAnother(failure, attempts, options)) return { giveUp: undefined };
  const atLeastMs = failure.retryAfterMs ?? 0;
  const { maxRetryAfterMs } = options;
  if (atLeastMs > maxRetryAfterMs) {
    return { giveUp: `Retry-After: ${inWords(atLeastMs)}, over ${inWords(maxRetryAfterMs)}` };
  }
  return { delayMs: Math.max(atLeastMs, random() * Math.min(MOST_MS, FIRST_MS * 2 ** (attempts - 1))) };
}

function worthAnother(failure: Failure, attempts: number, { retryOn }: RetryOptions): boolean {
  // The next run may; this one ends, or knows already.
  if (failure.error === "interrupted" || isFatal(failure.error) || failure.known === true) return false;
  if (failure.error === "http_status" && retryOn !== undefined) {
    return failure.status !== undefined && retryOn.has(failure.status);
  }
  return isRetryable(failure) && (FACTS[failure.error].retry !== "once" || attempts < 2);
}

const UNITS = [
  ["d", 86_400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
] as const;

/** "2 h", "5 min 1 s", "800 ms": the two largest units, rounded up to seconds. */
function inWords(ms: number): string {
  if (ms < 1000) return `${Math.ceil(ms)} ms`;
  let seconds = Math.ceil(ms / 1000);
  const parts: string[] = [];
  for (const [unit, length] of UNITS) {
    const count = Math.floor(seconds / length);
    seconds -= count * length;
    if (count > 0) parts.push(`${count} ${unit}`);
    else if (parts.length > 0) break;
  }
  return parts.slice(0, 2).join(" ");
}

/** What each kind says of the host; of http_status, the status says more. */
const SIGNS: Readonly<Record<FailureKind, Sign>> = {
  invalid_url: "none",
  invalid_digest: "none",
  unsupported_scheme: "none",
  dns_not_found: "down",
  dns_temporary: "down",
  blocked_address: "none",
  connect_refused: "down",
  connect_timeout: "down",
  connect_failed: "down",
  tls_certificate: "alive",
  tls_error: "alive",
  proxy_failed: "down",
  dispatcher_failed: "none",
  connection_lost: "pushed",
  headers_timeout: "silent",
  body_timeout: "alive",
  too_slow: "alive",
  truncated: "pushed",
  deadline: "none",
  protocol_error: "alive",
  headers_too_large: "alive",
  too_large: "alive",
  bad_encoding: "alive",
  bad_range: "alive",
  checksum_mismatch: "alive",
  http_status: "alive",
  redirect_limit: "alive",
  redirect_refused: "alive",
  file_exists: "none",
  name_too_long: "none",
  name_refused: "none",
  file_too_large: "none",
  duplicate_number: "none",
  disk_full: "none",
  write_failed: "none",
  worker_lost: "none",
  interrupted: "none",
  internal: "none",
};

/** What a finished try says of its host; `undefined` is a success. 429 and 503 ask for less (RFC 6585, RFC 9110). */
export function hostSign(failure: Failure | undefined): Sign {
  if (failure === undefined) return "alive";
  if (failure.scarce === true) return "none";
  if (failure.known === true) return "unasked";
  if (failure.error === "http_status" && (failure.status === 429 || failure.status === 503)) return "pushed";
  return SIGNS[failure.error];
}
