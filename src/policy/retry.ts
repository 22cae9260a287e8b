// Decides what follows a failed try: a retry after a delay or none, a pause of its host, and the effect on that host.

import { FACTS, type Failure, type FailureKind, isFatal, isRetryable } from "../core/failure.ts";
import type { RetryDecision } from "../core/run/completion.ts";
import type { HostSignal } from "../core/scheduler/task.ts";

const FIRST_BACKOFF_MS = 1000;
const MAX_BACKOFF_MS = 60_000;

/** Longest Retry-After that jobs wait for, in milliseconds. Longer ones fail the host's jobs: no line waits for hours. */
export const MAX_RETRY_AFTER_MS = 300_000;

export interface RetryOptions {
  /** Maximum number of tries after the first. */
  readonly retries: number;
  /** HTTP statuses that are retried, instead of the default ones. */
  readonly retryOn?: ReadonlySet<number> | undefined;
  /** Longest Retry-After that jobs wait for, in milliseconds. */
  readonly maxRetryAfterMs: number;
}

/**
 * Decides what follows a failure after `attempts` tries (from 1). The delay is full jitter over 1 s, doubled with each try, at
 * most 60 s (AWS Architecture Blog, "Exponential Backoff And Jitter"), and never less than Retry-After.
 * `random` returns numbers from 0 to under 1.
 */
export function decideRetry(
  failure: Failure,
  attempts: number,
  options: RetryOptions,
  random: () => number,
): RetryDecision {
  const { retryAfterMs } = failure;
  const next = retryOrGiveUp(failure, attempts, options, random);
  if (retryAfterMs === undefined) return next;
  return { ...next, pause: { ms: retryAfterMs, jobs: retryAfterMs > options.maxRetryAfterMs ? "refuse" : "wait" } };
}

function retryOrGiveUp(failure: Failure, attempts: number, options: RetryOptions, random: () => number): RetryDecision {
  if (attempts > options.retries || !isWorthRetry(failure, attempts, options)) return { giveUp: undefined };
  const { retryAfterMs = 0 } = failure;
  const { maxRetryAfterMs } = options;
  if (retryAfterMs > maxRetryAfterMs) {
    return { giveUp: `Retry-After: ${formatDuration(retryAfterMs)}, over ${formatDuration(maxRetryAfterMs)}` };
  }
  return {
    delayMs: Math.max(retryAfterMs, random() * Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempts - 1))),
  };
}

function isWorthRetry(failure: Failure, attempts: number, { retryOn }: RetryOptions): boolean {
  // Interrupted and fatal failures are left to the next run; a known one would be the same again.
  if (failure.error === "interrupted" || isFatal(failure.error) || failure.isFinal === true) return false;
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

/** Formats a duration as "2 h", "5 min 1 s" or "800 ms": the two largest units, rounded up to seconds. */
function formatDuration(ms: number): string {
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

/** The effect of each kind on its host; for http_status, `hostSignal` looks at the status first. */
const SIGNALS: Readonly<Record<FailureKind, HostSignal>> = {
  invalid_url: "neutral",
  invalid_digest: "neutral",
  invalid_row: "neutral",
  unsupported_scheme: "neutral",
  dns_not_found: "unreachable",
  dns_temporary: "unreachable",
  blocked_address: "neutral",
  connect_refused: "unreachable",
  connect_timeout: "unreachable",
  connect_failed: "unreachable",
  tls_certificate: "ok",
  tls_error: "ok",
  proxy_failed: "unreachable",
  dispatcher_failed: "neutral",
  connection_lost: "overloaded",
  headers_timeout: "silent",
  body_timeout: "ok",
  too_slow: "ok",
  truncated: "overloaded",
  deadline: "neutral",
  protocol_error: "ok",
  headers_too_large: "ok",
  too_large: "ok",
  bad_encoding: "ok",
  bad_range: "ok",
  checksum_mismatch: "ok",
  http_status: "ok",
  redirect_limit: "ok",
  redirect_refused: "ok",
  file_exists: "neutral",
  name_too_long: "neutral",
  name_refused: "neutral",
  file_too_large: "neutral",
  duplicate_number: "neutral",
  disk_full: "neutral",
  write_failed: "neutral",
  worker_lost: "neutral",
  interrupted: "neutral",
  internal: "neutral",
};

/** Returns the effect of a finished try on its host; `undefined` is a success. 429 and 503 mean overload (RFC 6585, RFC 9110). */
export function hostSignal(failure: Failure | undefined): HostSignal {
  if (failure === undefined) return "ok";
  if (failure.fdsExhausted === true) return "neutral";
  if (failure.isFinal === true) return "not_requested";
  if (failure.error === "http_status" && (failure.status === 429 || failure.status === 503)) return "overloaded";
  return SIGNALS[failure.error];
}
