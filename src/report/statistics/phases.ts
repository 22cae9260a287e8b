// The phases of a URL, from its reading to its end, and how long they took.

import type { FailureKind } from "../../core/failure.ts";
import {
  countOf,
  emptyTimes,
  quantile,
  recordTime,
  TIME_BOUNDS,
  type Histogram as Times,
} from "../../core/run/tally.ts";
import type { Measured } from "./measured.ts";
import { type Histogram, PHASES, type Phase, type PhaseTimes, type RequestTimes } from "./statistics.ts";

const [WAIT, DNS, CONNECT, TLS, FIRST_BYTE, BODY] = [0, 1, 2, 3, 4, 5] as const;

/** The phase in which these failures end a try; all others wait for the answer or its body. */
const FAILED_IN: Partial<Record<FailureKind, typeof DNS | typeof CONNECT | typeof TLS>> = {
  dns_not_found: DNS,
  dns_temporary: DNS,
  blocked_address: DNS,
  connect_refused: CONNECT,
  connect_timeout: CONNECT,
  connect_failed: CONNECT,
  proxy_failed: CONNECT,
  tls_certificate: TLS,
  tls_error: TLS,
};

/**
 * Returns the phases end to end. A record has the times of the last try and the sum of all: what earlier tries of a saved URL
 * took is part of "wait", and a failure's time beyond what is known belongs to the phase in which it failed.
 */
export function phasesOf(record: Measured): RequestTimes["phasesMs"] {
  const { error, attempts, totalMs } = record;
  const phases: [number, number, number, number, number, number] = [
    ...([record.waitMs || 0, record.dnsMs || 0, record.connectMs || 0, record.tlsMs || 0] as const),
    ...([firstByteMs(record) || 0, 0] as const),
  ];
  const known = phases[DNS] + phases[CONNECT] + phases[TLS] + phases[FIRST_BYTE];
  const rest = Math.max(0, totalMs - known);
  const hasAnswer = record.ttfbMs >= 0;
  if (error !== undefined) phases[FAILED_IN[error] ?? (hasAnswer ? BODY : FIRST_BYTE)] += rest;
  else if (attempts > 1) phases[WAIT] += rest;
  else phases[hasAnswer ? BODY : FIRST_BYTE] += rest;
  return phases;
}

/** The time to the first byte, without the opening of its connection; NaN without an answer. */
function firstByteMs({ ttfbMs, dnsMs, connectMs, tlsMs }: Measured): number {
  return Math.max(0, ttfbMs - (dnsMs || 0) - (connectMs || 0) - (tlsMs || 0));
}

export interface PhasesFold {
  add(record: Measured): void;
  phases(): readonly PhaseTimes[];
}

/** Counts each phase of the records that have it; the body's only where there was one try, since its start is not known otherwise. */
export function phasesFold(): PhasesFold {
  const [wait, dns, connect, tls] = [emptyTimes(), emptyTimes(), emptyTimes(), emptyTimes()];
  const [firstByte, body, total] = [emptyTimes(), emptyTimes(), emptyTimes()];
  const times: Readonly<Record<Phase, Times>> = { wait, dns, connect, tls, "first byte": firstByte, body, total };
  return {
    add(record) {
      const { waitMs, dnsMs, connectMs, tlsMs, ttfbMs, totalMs, attempts, outcome } = record;
      if (waitMs >= 0) recordTime(wait, waitMs);
      if (dnsMs >= 0) recordTime(dns, dnsMs);
      if (connectMs >= 0) recordTime(connect, connectMs);
      if (tlsMs >= 0) recordTime(tls, tlsMs);
      if (ttfbMs >= 0) {
        recordTime(firstByte, firstByteMs(record));
        if (outcome === "saved" && attempts === 1) recordTime(body, Math.max(0, totalMs - ttfbMs));
      }
      recordTime(total, totalMs);
    },
    phases: () => PHASES.map((phase) => phaseTimes(phase, times[phase])),
  };
}

function phaseTimes(phase: Phase, times: Times): PhaseTimes {
  return {
    phase,
    urls: countOf(times),
    histogram: trimmed(TIME_BOUNDS, times),
    p50Ms: quantile(times, 0.5),
    p90Ms: quantile(times, 0.9),
    p95Ms: quantile(times, 0.95),
    p99Ms: quantile(times, 0.99),
  };
}

/** The buckets from the first to the last that has something; `bounds` has one element more than `counts`. */
export function trimmed(bounds: readonly number[], counts: ArrayLike<number>): Histogram {
  const all = Array.from(counts);
  const from = all.findIndex((count) => count > 0);
  const to = all.findLastIndex((count) => count > 0) + 1;
  if (from < 0) return { bounds: [], counts: [] };
  return { bounds: bounds.slice(from, to + 1), counts: all.slice(from, to) };
}
