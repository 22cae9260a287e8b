// The counts of a run: a fold over its outcomes. Two tallies can be added.

import type { FailureKind } from "../failure.ts";
import type { Outcome } from "../job.ts";

/** Logarithm of the ratio between neighbouring buckets of a histogram: a percentile is right to within 2.5 %. */
const STEP = Math.log(1.05);
const SMALLEST_MS = 0.01;
const BUCKETS = 512;

export interface Tally {
  saved: number;
  /** Files of an earlier run that are unchanged (304). */
  unchanged: number;
  failed: number;
  /** Failures that a later try may not repeat. */
  retryable: number;
  /** Not fetched or not stored, because of robots.txt or X-Robots-Tag. */
  skipped: number;
  /** Jobs that a stop interrupted: their outcome is not final. */
  interrupted: number;
  /** Saved jobs whose file another line had fetched. */
  duplicates: number;
  /** Bytes stored, those of duplicates included. */
  bytes: number;
  /** Attempts after the first of each job. */
  retries: number;
  /** Saved bodies that ended with the connection, without a length. */
  unverified: number;
  /** Sum of the durations of all jobs: the time of the run at one URL at a time. */
  totalMs: number;
  readonly kinds: Map<FailureKind, number>;
  readonly statuses: Map<number, number>;
  /** Why jobs were skipped: "robots", "noai" … */
  readonly reasons: Map<string, number>;
  /** Durations of jobs. */
  readonly times: Histogram;
  /** Of the connections opened for jobs: durations of DNS look-ups, of TCP and proxy handshakes, and of TLS handshakes. */
  readonly lookups: Histogram;
  readonly connects: Histogram;
  readonly handshakes: Histogram;
}

/** Counts of durations in milliseconds, in buckets that grow by 5 %. */
export type Histogram = Uint32Array;

export function emptyTally(): Tally {
  return {
    saved: 0,
    unchanged: 0,
    failed: 0,
    retryable: 0,
    skipped: 0,
    interrupted: 0,
    duplicates: 0,
    bytes: 0,
    retries: 0,
    unverified: 0,
    totalMs: 0,
    kinds: new Map(),
    statuses: new Map(),
    reasons: new Map(),
    times: emptyTimes(),
    lookups: emptyTimes(),
    connects: emptyTimes(),
    handshakes: emptyTimes(),
  };
}

export function emptyTimes(): Histogram {
  return new Uint32Array(BUCKETS);
}

/** Counts one outcome. */
export function count(tally: Tally, outcome: Outcome): void {
  if (outcome.outcome === "failed" && outcome.error === "interrupted") {
    tally.interrupted++;
    return;
  }
  tally.totalMs += outcome.total_ms;
  if (outcome.attempts > 1) tally.retries += outcome.attempts - 1;
  recordTime(tally.times, outcome.total_ms);
  if (outcome.dns_ms !== undefined) recordTime(tally.lookups, outcome.dns_ms);
  if (outcome.connect_ms !== undefined) recordTime(tally.connects, outcome.connect_ms);
  if (outcome.tls_ms !== undefined) recordTime(tally.handshakes, outcome.tls_ms);
  if (outcome.outcome === "saved") {
    tally.saved++;
    tally.bytes += outcome.bytes;
    if (outcome.length === "unverified") tally.unverified++;
    if (outcome.duplicate_of !== undefined) tally.duplicates++;
    return;
  }
  if (outcome.outcome === "unchanged") {
    tally.unchanged++;
    return;
  }
  if (outcome.outcome === "skipped") {
    tally.skipped++;
    bump(tally.reasons, outcome.reason, 1);
    return;
  }
  tally.failed++;
  if (outcome.retryable) tally.retryable++;
  bump(tally.kinds, outcome.error, 1);
  if (outcome.error === "http_status" && outcome.status !== undefined) bump(tally.statuses, outcome.status, 1);
}

/** Adds `other` to `tally`. */
export function add(tally: Tally, other: Tally): void {
  tally.saved += other.saved;
  tally.unchanged += other.unchanged;
  tally.failed += other.failed;
  tally.retryable += other.retryable;
  tally.skipped += other.skipped;
  tally.interrupted += other.interrupted;
  tally.duplicates += other.duplicates;
  tally.bytes += other.bytes;
  tally.retries += other.retries;
  tally.unverified += other.unverified;
  tally.totalMs += other.totalMs;
  for (const [kind, jobs] of other.kinds) bump(tally.kinds, kind, jobs);
  for (const [status, jobs] of other.statuses) bump(tally.statuses, status, jobs);
  for (const [reason, jobs] of other.reasons) bump(tally.reasons, reason, jobs);
  for (const key of ["times", "lookups", "connects", "handshakes"] as const) {
    other[key].forEach((count, bucket) => {
      tally[key][bucket] = (tally[key][bucket] ?? 0) + count;
    });
  }
}

/** Returns the number of jobs with a final outcome. */
export function finished({ saved, unchanged, failed, skipped }: Tally): number {
  return saved + unchanged + failed + skipped;
}

/** Returns the quantile `q` (0 to 1) of the durations, in milliseconds; 0 for an empty histogram. */
export function quantile(times: Histogram, q: number): number {
  const rank = Math.max(1, Math.ceil(countOf(times) * q));
  let seen = 0;
  for (const [bucket, count] of times.entries()) {
    seen += count;
    if (seen >= rank) return SMALLEST_MS * Math.exp(bucket * STEP);
  }
  return 0;
}

/** Returns the number of durations in a histogram. */
export function countOf(times: Histogram): number {
  return times.reduce((sum, count) => sum + count, 0);
}

export function recordTime(times: Histogram, ms: number): void {
  const bucket = bucketOf(ms);
  times[bucket] = (times[bucket] ?? 0) + 1;
}

/** The bounds between the buckets, in milliseconds: the first one's lower bound, then each one's upper bound. */
export const TIME_BOUNDS: readonly number[] = Array.from({ length: BUCKETS + 1 }, (_, bucket) =>
  bucket === 0 ? 0 : SMALLEST_MS * Math.exp((bucket - 0.5) * STEP),
);

/** The bucket that counts a duration. */
export function bucketOf(ms: number): number {
  const bucket = Math.round(Math.log(Math.max(ms, SMALLEST_MS) / SMALLEST_MS) / STEP);
  return Math.min(bucket, BUCKETS - 1);
}

function bump<K>(counts: Map<K, number>, key: K, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
