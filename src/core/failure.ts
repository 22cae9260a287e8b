// The closed list of failures of a URL (FACTS): a label, a retry rule, and whether the run stops.

import type { ConnectionTimes } from "./http/connection-times.ts";
import type { FailedWire } from "./wire.ts";

/** Why a URL failed: a value, never thrown. */
export interface Failure {
  readonly error: FailureKind;
  /** What happened, for a person; one line. */
  readonly detail: string;
  /** The HTTP status, if there was an answer. */
  readonly status?: number;
  /** The server's Retry-After, in milliseconds from now (RFC 9110 section 10.2.3). */
  readonly retryAfterMs?: number;
  /** This machine ran out of file descriptors: the try may be repeated without being counted. */
  readonly fdsExhausted?: true;
  /** Known without a try, for example from an earlier look-up: nothing is retried in this run. */
  readonly isFinal?: true;
  /** No request was made: the try is not counted as an attempt. */
  readonly notRequested?: true;
  /** The host (see `hostKey`) where it happened. */
  readonly at?: string;
  /** The try ended at a redirect to a host (`at`) that may start no request now: the job waits for that host. */
  readonly waitsForHost?: true;
  /** Durations of the handshakes, as far as they were completed. */
  readonly opened?: ConnectionTimes;
  /** The response that is the reason, where the client was asked to keep it; in no record. */
  readonly wire?: FailedWire;
}

export interface Fact {
  /** A few words for the summary. */
  readonly label: string;
  /** Whether a retry may help; `status`: the HTTP status decides. */
  readonly retry: "yes" | "once" | "no" | "status";
  /** The cause is this machine: the run stops with exit code 3. */
  readonly fatal?: true;
}

const yes = (label: string): Fact => ({ label, retry: "yes" });
const once = (label: string): Fact => ({ label, retry: "once" });
const no = (label: string): Fact => ({ label, retry: "no" });
const fatal = (label: string): Fact => ({ label, retry: "no", fatal: true });

/** One row per kind. A new kind gets its row here, a test, and a line in docs/records-and-errors.md. */
export const FACTS = {
  invalid_url: no("not a URL that can be fetched"),
  invalid_digest: no("not a digest"),
  invalid_row: no("a row that cannot be read"),
  unsupported_scheme: no("neither http nor https"),
  dns_not_found: once("no such host name"),
  dns_temporary: yes("host name look-up failed for now"),
  blocked_address: no("not a public address"),
  connect_refused: yes("connection refused"),
  connect_timeout: yes("no connection in time"),
  connect_failed: yes("no connection"),
  tls_certificate: no("certificate not trusted"),
  tls_error: no("TLS handshake failed"),
  proxy_failed: yes("the proxy made no connection"),
  dispatcher_failed: no("the dispatcher failed by itself"),
  connection_lost: yes("connection lost before the answer"),
  headers_timeout: yes("no answer in time"),
  body_timeout: yes("the body fell silent"),
  too_slow: yes("slower than the minimum speed"),
  truncated: yes("the body was cut short"),
  deadline: no("over the maximum time"),
  protocol_error: once("not valid HTTP"),
  headers_too_large: no("header block too large"),
  too_large: no("body too large"),
  bad_encoding: once("the body cannot be decoded"),
  bad_range: once("a part that was not asked for"),
  checksum_mismatch: once("not the digest that the list gives"),
  http_status: { label: "HTTP status", retry: "status" },
  redirect_limit: no("too many redirects"),
  redirect_refused: no("a redirect that is not followed"),
  file_exists: no("the file name is taken"),
  name_too_long: no("the file name is too long"),
  name_refused: no("the file system takes no such name"),
  file_too_large: no("larger than a file may be here"),
  duplicate_number: no("the number is another line's"),
  disk_full: fatal("disk full"),
  write_failed: fatal("the file cannot be written"),
  worker_lost: yes("the process that fetched it ended"),
  interrupted: yes("stopped before it was done"),
  internal: no("a bug in bulkget"),
} as const satisfies Record<string, Fact>;

export type FailureKind = keyof typeof FACTS;

/** Whether a failure of this kind stops the run. */
export function isFatal(kind: FailureKind): boolean {
  const fact: Fact = FACTS[kind];
  return fact.fatal === true;
}

/** Client errors that are temporary: RFC 9110, 8470 and 6585. */
const TEMPORARY_4XX = new Set([408, 425, 429]);
/**
 * Server errors that another try would meet again: RFC 9110 (501, 505), 2295 (506), 4918 (507), 5842 (508), 2774 (510) and 6585 (511),
 * and Cloudflare's of TLS (525, 526). All others are temporary: a client treats one that it does not know as 500 (RFC 9110 section 15).
 */
const LASTING_5XX = new Set([501, 505, 506, 507, 508, 510, 511, 525, 526]);

function isTemporary(status: number): boolean {
  return TEMPORARY_4XX.has(status) || (status >= 500 && status <= 599 && !LASTING_5XX.has(status));
}

/** Whether a later try may help: a full disk may have room then; a 407 of a proxy is permanent. */
export function isRetryable(failure: Failure): boolean {
  const { retry } = FACTS[failure.error];
  if (isFatal(failure.error)) return true;
  if (retry === "status") return failure.status !== undefined && isTemporary(failure.status);
  return retry !== "no" && failure.status !== 407;
}

/** Distinguishes a Failure from the other results of an interface. */
export function isFailure(value: object): value is Failure {
  return "error" in value;
}
