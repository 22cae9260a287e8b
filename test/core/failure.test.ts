// The closed list of failures: each has its words, and says whether to try again and whether to stop.
import { describe, expect, it } from "vitest";
import { FACTS, type FailureKind, isFailure, isFatal, isRetryable } from "../../src/core/failure.ts";

const KINDS = Object.keys(FACTS) as FailureKind[];

const RETRIED: readonly FailureKind[] = [
  "dns_not_found",
  "dns_temporary",
  "connect_refused",
  "connect_timeout",
  "connect_failed",
  "proxy_failed",
  "connection_lost",
  "headers_timeout",
  "body_timeout",
  "too_slow",
  "truncated",
  "protocol_error",
  "bad_encoding",
  "bad_range",
  "checksum_mismatch",
  "worker_lost",
  "interrupted",
];
const FINAL: readonly FailureKind[] = [
  "invalid_url",
  "invalid_digest",
  "invalid_row",
  "unsupported_scheme",
  "blocked_address",
  "dispatcher_failed",
  "tls_certificate",
  "tls_error",
  "deadline",
  "headers_too_large",
  "too_large",
  "redirect_limit",
  "redirect_refused",
  "file_exists",
  "name_too_long",
  "name_refused",
  "file_too_large",
  "duplicate_number",
  "internal",
];
/** This machine's: not tried again by this run, which stops, but by the next one. */
const FATAL: readonly FailureKind[] = ["disk_full", "write_failed"];

describe("every kind of failure", () => {
  it("is in one list of this test, except http_status", () => {
    expect([...RETRIED, ...FINAL, ...FATAL, "http_status"].sort()).toEqual([...KINDS].sort());
  });

  it("has a short label of its own", () => {
    const labels = KINDS.map((kind) => FACTS[kind].label);
    for (const label of labels) expect(label).toMatch(/^\S+( \S+){0,6}$/);
    expect(new Set(labels).size).toBe(KINDS.length);
  });

  it.each(RETRIED)("%s is retryable", (error) => {
    expect(isRetryable({ error, detail: "" })).toBe(true);
  });

  it.each(FINAL)("%s is not retryable", (error) => {
    expect(isRetryable({ error, detail: "" })).toBe(false);
  });

  it("stops the run only if its cause is the disk", () => {
    expect(KINDS.filter(isFatal)).toEqual(FATAL);
  });

  it.each(FATAL)("%s is retryable in the next run", (error) => {
    expect(isRetryable({ error, detail: "" })).toBe(true);
  });
});

describe("an HTTP status", () => {
  it.each([408, 425, 429, 500, 502, 503, 504, 509, 520, 524, 529, 530, 599])("%i is retryable", (status) => {
    expect(isRetryable({ error: "http_status", detail: "", status })).toBe(true);
  });

  it.each([204, 301, 304, 400, 401, 403, 404, 407, 410, 420, 501, 505, 507, 511, 525, 526, 600, 999])(
    "%i is not retryable",
    (status) => {
      expect(isRetryable({ error: "http_status", detail: "", status })).toBe(false);
    },
  );

  it("that is unknown is not retryable", () => {
    expect(isRetryable({ error: "http_status", detail: "" })).toBe(false);
  });

  it("407 of a proxy is not retryable, other statuses of a proxy are", () => {
    expect(isRetryable({ error: "proxy_failed", detail: "", status: 407 })).toBe(false);
    expect(isRetryable({ error: "proxy_failed", detail: "", status: 403 })).toBe(true);
  });
});

it("isFailure distinguishes a failure from other results", () => {
  expect(isFailure({ error: "truncated", detail: "" })).toBe(true);
  expect(isFailure(new URL("http://example.org/?error=x"))).toBe(false);
  expect(isFailure([new Uint8Array(1)])).toBe(false);
});
