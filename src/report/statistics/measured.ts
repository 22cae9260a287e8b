// The fields of a record that statistics need, checked: a journal may have been edited.

import { FACTS, type FailureKind } from "../../core/failure.ts";
import type { Outcome } from "../../core/job.ts";
import { parseIsoTime } from "../../core/text/iso-time.ts";

/** One record. A number that it does not have, or that is none, is NaN; `attempts`, `totalMs` and `bytes` are then 0. */
export interface Measured {
  readonly n: number;
  readonly url: string;
  readonly outcome: Outcome["outcome"];
  /** The failure; undefined for other outcomes. */
  readonly error: FailureKind | undefined;
  readonly isRetryable: boolean;
  readonly status: number;
  readonly attempts: number;
  /** Of its body; 0 for failed and skipped ones, also where they name a kept file. */
  readonly bytes: number;
  readonly type: string | undefined;
  readonly isDuplicate: boolean;
  readonly waitMs: number;
  readonly dnsMs: number;
  readonly connectMs: number;
  readonly tlsMs: number;
  readonly ttfbMs: number;
  readonly totalMs: number;
  /** When it finished, in milliseconds since 1970. */
  readonly endAtMs: number;
}

export function measured(record: Outcome): Measured {
  const { n, url, outcome } = record;
  const isFailed = outcome === "failed";
  return {
    n,
    url,
    outcome,
    error: isFailed ? kindOf(record.error) : undefined,
    isRetryable: isFailed && record.retryable !== false,
    status: statusOf(record.status),
    attempts: numberOf(record.attempts) || 0,
    bytes: outcome === "saved" || outcome === "unchanged" ? numberOf(record.bytes) || 0 : 0,
    type: record.type,
    isDuplicate: outcome === "saved" && record.duplicate_of !== undefined,
    waitMs: numberOf(record.wait_ms),
    dnsMs: numberOf(record.dns_ms),
    connectMs: numberOf(record.connect_ms),
    tlsMs: numberOf(record.tls_ms),
    ttfbMs: numberOf(record.ttfb_ms),
    totalMs: numberOf(record.total_ms) || 0,
    endAtMs: typeof record.time === "string" ? parseIsoTime(record.time) : Number.NaN,
  };
}

/** A kind that this version does not know counts as a failure without a better name. */
function kindOf(error: unknown): FailureKind {
  return typeof error === "string" && Object.hasOwn(FACTS, error) ? (error as FailureKind) : "internal";
}

function statusOf(status: unknown): number {
  return typeof status === "number" && Number.isInteger(status) && status >= 100 && status <= 999 ? status : Number.NaN;
}

/** A number of bytes, tries or milliseconds; none of these is larger than what a double counts exactly. */
function numberOf(value: unknown): number {
  return typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : Number.NaN;
}
