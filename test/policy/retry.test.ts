// Whether a failed try is worth another and when, and what it says of its host.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FACTS, type Failure, type FailureKind, isFatal } from "../../src/core/failure.ts";
import type { HostSignal } from "../../src/core/scheduler/task.ts";
import { decideRetry, hostSignal, type RetryOptions } from "../../src/policy/retry.ts";

const KINDS = Object.keys(FACTS) as FailureKind[];
const OPTIONS: RetryOptions = { retries: 3, maxRetryAfterMs: 300_000 };
const half = () => 0.5;
const of = (error: FailureKind, more: Partial<Failure> = {}): Failure => ({ error, detail: "it was so", ...more });
const status = (status: number, more: Partial<Failure> = {}) => of("http_status", { status, ...more });

/** How many tries a job gets that always fails so. */
function triesOf(failure: Failure, options = OPTIONS): number {
  let attempts = 1;
  while ("delayMs" in decideRetry(failure, attempts, options, half)) attempts++;
  return attempts;
}

describe("a retry", () => {
  it.each(KINDS)("%s is retried as often as its row in FACTS allows, and not if it ends the run", (kind) => {
    const { retry } = FACTS[kind];
    const tries = { yes: 4, once: 2, no: 1, status: 1 }[retry];
    expect(triesOf(of(kind))).toBe(kind === "interrupted" || isFatal(kind) ? 1 : tries);
  });

  it.each([408, 425, 429, 500, 502, 503, 504, 509, 520, 524, 529, 530, 599])("status %i is retried", (code) => {
    expect(triesOf(status(code))).toBe(4);
  });

  it.each([300, 304, 400, 401, 403, 404, 407, 410, 451, 501, 505, 507, 511, 525, 526, 999])(
    "status %i is not retried",
    (code) => {
      expect(triesOf(status(code))).toBe(1);
    },
  );

  it("--retry-on replaces these statuses, and changes no other failure", () => {
    const options = { ...OPTIONS, retryOn: new Set([404]) };
    expect(triesOf(status(404), options)).toBe(4);
    expect(triesOf(status(503), options)).toBe(1);
    expect(triesOf(of("connection_lost"), options)).toBe(4);
    expect(triesOf(of("proxy_failed", { status: 404 }), options)).toBe(4);
    expect(triesOf(of("tls_certificate", { status: 404 }), options)).toBe(1);
  });

  it("a proxy's 407 is not retried, its 502 is", () => {
    expect(triesOf(of("proxy_failed", { status: 407 }))).toBe(1);
    expect(triesOf(of("proxy_failed", { status: 502 }))).toBe(4);
  });

  it("no failure has more retries than --retries", () => {
    fc.assert(
      fc.property(fc.constantFrom(...KINDS), fc.nat(20), (kind, retries) => {
        expect(triesOf(of(kind), { ...OPTIONS, retries })).toBeLessThanOrEqual(1 + retries);
      }),
    );
  });
});

describe("the delay", () => {
  it("is random up to one second, doubled with each try up to a minute", () => {
    const many = { ...OPTIONS, retries: 5000 };
    const most = [1, 2, 3, 6, 7, 8, 5000].map((attempts) =>
      decideRetry(of("connect_timeout"), attempts, many, () => 1),
    );
    expect(most).toEqual([1000, 2000, 4000, 32_000, 60_000, 60_000, 60_000].map((delayMs) => ({ delayMs })));
    expect(decideRetry(of("connect_timeout"), 3, many, half)).toEqual({ delayMs: 2000 });
    expect(decideRetry(of("connect_timeout"), 3, many, () => 0)).toEqual({ delayMs: 0 });
  });

  it("is never less than Retry-After, for which the host's other jobs wait as well", () => {
    for (const [retryAfterMs, delayMs] of [
      [7000, 7000],
      [100, 500],
      [300_000, 300_000],
    ] as const) {
      const decision = decideRetry(status(429, { retryAfterMs }), 1, OPTIONS, half);
      expect(decision).toEqual({ delayMs, pause: { ms: retryAfterMs, jobs: "wait" } });
    }
  });

  it.each([
    [7_200_000, 300_000, "Retry-After: 2 h, over 5 min"],
    [300_001, 300_000, "Retry-After: 5 min 1 s, over 5 min"],
    [90_061_000, 3_600_000, "Retry-After: 1 d 1 h, over 1 h"],
    [3_605_000, 90_000, "Retry-After: 1 h, over 1 min 30 s"],
    [2000, 500, "Retry-After: 2 s, over 500 ms"],
  ])(
    "a Retry-After of %i ms where %i is the maximum ends the job at once with the reason, and refuses the host's other jobs",
    (retryAfterMs, most, giveUp) => {
      const options = { ...OPTIONS, maxRetryAfterMs: most };
      expect(decideRetry(status(503, { retryAfterMs }), 1, options, half)).toEqual({
        giveUp,
        pause: { ms: retryAfterMs, jobs: "refuse" },
      });
    },
  );

  it("a Retry-After is no reason in the record where there would be no other try anyway, and pauses the host all the same", () => {
    const pause = { ms: 7_200_000, jobs: "refuse" };
    const retryAfterMs = 7_200_000;
    expect(decideRetry(status(404, { retryAfterMs }), 1, OPTIONS, half)).toEqual({ giveUp: undefined, pause });
    expect(decideRetry(status(503, { retryAfterMs }), 4, OPTIONS, half)).toEqual({ giveUp: undefined, pause });
    const shortly = decideRetry(status(404, { retryAfterMs: 1000 }), 1, OPTIONS, half);
    expect(shortly).toEqual({ giveUp: undefined, pause: { ms: 1000, jobs: "wait" } });
  });
});

describe("hostSignal", () => {
  const kindsOf: Readonly<Record<HostSignal, readonly FailureKind[]>> = {
    overloaded: ["connection_lost", "truncated"],
    unreachable: [
      "connect_failed",
      "dns_not_found",
      "dns_temporary",
      "connect_refused",
      "connect_timeout",
      "proxy_failed",
    ],
    silent: ["headers_timeout"],
    neutral: [
      "invalid_url",
      "invalid_digest",
      "invalid_row",
      "unsupported_scheme",
      "blocked_address",
      "deadline",
      "file_exists",
      "name_too_long",
      "name_refused",
      "file_too_large",
      "duplicate_number",
      "dispatcher_failed",
      "worker_lost",
      "interrupted",
      "internal",
    ],
    ok: [],
    not_requested: [],
  };
  const SIGNALS = ["overloaded", "unreachable", "silent", "neutral"] as const;

  it.each(KINDS)("returns the signal listed for %s", (kind) => {
    const signal = hostSignal(of(kind));
    const listed = SIGNALS.find((one) => kindsOf[one].includes(kind));
    expect(signal).toBe(isFatal(kind) ? "neutral" : (listed ?? "ok"));
  });

  it("returns ok for a success and for any status but 429 and 503", () => {
    expect(hostSignal(undefined)).toBe("ok");
    for (const code of [301, 404, 408, 500, 502, 504]) expect(hostSignal(status(code))).toBe("ok");
    for (const code of [429, 503]) expect(hostSignal(status(code))).toBe("overloaded");
  });

  it("returns neutral for a failure that a lack of file descriptors caused", () => {
    for (const kind of KINDS) expect(hostSignal(of(kind, { fdsExhausted: true }))).toBe("neutral");
  });
});
