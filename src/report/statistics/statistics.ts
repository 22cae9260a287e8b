// What a run is, in numbers: the plain data that `bulkget report` prints, and that its page draws.

import type { FailureKind } from "../../core/failure.ts";
import type { Outcome } from "../../core/job.ts";

/** Times are milliseconds since 1970 (UTC) in names with `AtMs`, and durations in all other names with `Ms`. */
export interface Statistics {
  /** The folders that were read, as the user typed them. */
  readonly folders: readonly string[];
  /** The earliest start of a request and the last end; undefined without records. */
  readonly span: { readonly startAtMs: number; readonly endAtMs: number } | undefined;
  readonly counts: Counts;
  /** Sum of the durations of all URLs: the time of the run at one URL at a time. */
  readonly oneAtATimeMs: number;
  /** From runs.jsonl, in their order; empty for a folder without it. */
  readonly runs: readonly RunEntry[];
  /** The shards of the list, for each number of shards; empty for runs of a whole list. */
  readonly shards: readonly ShardCounts[];
  readonly timeline: Timeline;
  /** All requests up to 5,000, otherwise a random sample of 5,000 with a fixed seed; ordered by their start. */
  readonly chronology: { readonly requests: readonly RequestTimes[]; readonly of: number };
  readonly phases: readonly PhaseTimes[];
  readonly failures: readonly FailureCount[];
  /** Every status of an answer, ascending. */
  readonly statuses: readonly { readonly status: number; readonly urls: number }[];
  /** The hosts with most URLs, at most 20,000 counted (space saving), the 50 with most of them here. */
  readonly hosts: readonly HostCounts[];
  /** The 20 hosts with most failures. */
  readonly failingHosts: readonly HostCounts[];
  /** How many hosts there are; `isExact` false: more than are counted. */
  readonly hostCount: { readonly hosts: number; readonly isExact: boolean };
  /** Bodies by media type, without parameters, most bytes first; the rest as "others". */
  readonly types: readonly { readonly type: string; readonly urls: number; readonly bytes: number }[];
  /** Sizes of the bodies, saved and unchanged. */
  readonly sizes: Histogram;
  readonly rows: TableRows;
}

export interface Counts {
  /** URLs with a record: the sum of the four outcomes. */
  readonly urls: number;
  readonly saved: number;
  readonly unchanged: number;
  readonly failed: number;
  readonly skipped: number;
  /** Failures for which another try may help. */
  readonly retryable: number;
  /** Bytes of the bodies, saved and unchanged. */
  readonly bytes: number;
  readonly retries: number;
  /** Saved for another line's request. */
  readonly duplicates: number;
  /** Lines of the journal that are not records. */
  readonly unreadable: number;
}

/** One run in the folder, from the two lines that it wrote in runs.jsonl. */
export interface RunEntry {
  readonly startAtMs: number;
  /** Absent: it was killed, or is under way. */
  readonly endAtMs?: number;
  readonly version: string;
  /** The command line without secrets. */
  readonly command: string;
  readonly exitCode?: number;
  readonly peakInFlight?: number;
  /** URLs a second at each number in flight that `-c auto` tried, and why it changed; at most 500. */
  readonly auto?: readonly AutoPoint[];
}

/** Which shards of a list have been run. */
export interface ShardCounts {
  readonly shards: number;
  /** Shards without a journal. */
  readonly missing: readonly number[];
  /** Shards whose last run has no end: it is under way, was killed, or was stopped early. */
  readonly unfinished: readonly number[];
}

export interface AutoPoint {
  /** Since the start of the run. */
  readonly ms: number;
  readonly inFlight: number;
  readonly urlsPerSecond: number;
  readonly reason: string;
}

/** At most 600 bins of one width, the first from `startAtMs` on; all arrays have the same length. */
export interface Timeline {
  readonly startAtMs: number;
  readonly binMs: number;
  /** URLs that finished in each bin. */
  readonly finished: readonly number[];
  readonly failed: readonly number[];
  /** Bytes saved, each body counted when it finished. */
  readonly bytes: readonly number[];
  /** Mean number of URLs in flight: the sum of their overlaps with the bin, divided by its width. */
  readonly inFlight: readonly number[];
}

export const PHASES = ["wait", "dns", "connect", "tls", "first byte", "body", "total"] as const;
export type Phase = (typeof PHASES)[number];

/** One URL: its phases end to end, as far as its record has them. */
export interface RequestTimes {
  readonly n: number;
  readonly url: string;
  readonly outcome: Outcome["outcome"];
  /** The failure, or the reason for skipping. */
  readonly reason?: string;
  readonly status?: number;
  readonly attempts: number;
  /** When it was read, as far as the record tells: its end minus all that is known. */
  readonly startAtMs: number;
  /**
   * Durations of the phases but "total", in the order of PHASES; 0 where there was none. Earlier tries of a saved URL are in
   * "wait", those of a failed one in the phase in which it failed.
   */
  readonly phasesMs: readonly [number, number, number, number, number, number];
}

/** Counts in buckets that grow by a constant factor. */
export interface Histogram {
  /** The lower bound of each bucket, ascending; the last element is the upper bound of the last bucket. */
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

export interface PhaseTimes {
  readonly phase: Phase;
  readonly urls: number;
  readonly histogram: Histogram;
  /** Right to within 2.5 %. */
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

export interface FailureCount {
  readonly error: FailureKind;
  readonly status?: number;
  readonly urls: number;
  readonly isRetryable: boolean;
}

export interface HostCounts {
  /** Name and port, as in the frontier. */
  readonly host: string;
  readonly urls: number;
  /** `urls` may be too high by this much (space saving); 0: exact. */
  readonly maxError: number;
  readonly failed: number;
  /** `failed` may be too high by this much; 0: exact. */
  readonly maxFailedError: number;
  /** This and the next three are of the URLs that are counted for certain: all of them where `maxError` is 0. */
  readonly bytes: number;
  /** This and the next two are absent for a host of `failingHosts` that was lost among those with more URLs. */
  readonly p50Ms?: number;
  readonly p95Ms?: number;
  /** Its share of the durations of all URLs, 0 to 1. */
  readonly share?: number;
}

/** At most 5,000 rows: the failures first (at most 2,000), then the 200 slowest, then a sample of the rest. */
export interface TableRows {
  readonly rows: readonly TableRow[];
  readonly failures: { readonly shown: number; readonly of: number };
  readonly of: number;
}

export interface TableRow extends RequestTimes {
  readonly why: "failed" | "slowest" | "sample";
  readonly totalMs: number;
  readonly bytes?: number;
  readonly type?: string;
  readonly file?: string;
  readonly detail?: string;
}
