// Outcomes for tests: complete records, of which a test says only what it is about.
import type { Failure, FailureKind } from "../../src/core/failure.ts";
import type { Failed, Saved, Skipped, Unchanged } from "../../src/core/job.ts";

export const TIME = "2026-01-01T00:00:00.000Z";

export function saved(over: Partial<Saved> = {}): Saved {
  return {
    n: 1,
    url: "https://example.org/a.html",
    outcome: "saved",
    status: 200,
    bytes: 100,
    attempts: 1,
    ttfb_ms: 4,
    total_ms: 10,
    time: TIME,
    ...over,
  };
}

export function unchanged(over: Partial<Unchanged> = {}): Unchanged {
  return { ...saved(), file: "000001.html", ...over, status: 304, outcome: "unchanged" };
}

export function failed(over: Partial<Failed> = {}): Failed {
  return {
    n: 1,
    url: "https://example.org/a.html",
    outcome: "failed",
    error: "connect_refused",
    detail: "connect ECONNREFUSED 127.0.0.1:1",
    retryable: true,
    attempts: 1,
    total_ms: 10,
    time: TIME,
    ...over,
  };
}

export function skipped(over: Partial<Skipped> = {}): Skipped {
  return {
    n: 1,
    url: "https://example.org/a.html",
    outcome: "skipped",
    reason: "robots",
    detail: "disallowed by https://example.org/robots.txt",
    attempts: 0,
    total_ms: 0,
    time: TIME,
    ...over,
  };
}

/** What one try came to, where it came to nothing. */
export function failure(error: FailureKind, over: Partial<Failure> = {}): Failure {
  return { error, detail: `${error}!`, ...over };
}
