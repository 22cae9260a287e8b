// Statistics of runs that never were, for tests of the page: any number of requests, the same each time.

import type {
  Histogram,
  HostCounts,
  PhaseTimes,
  RequestTimes,
  RunEntry,
  Statistics,
  TableRow,
} from "../../../src/report/statistics/statistics.ts";
import { PHASES } from "../../../src/report/statistics/statistics.ts";

export interface MadeUp {
  /** Number of records. */
  readonly urls: number;
  /** 0 to 1. */
  readonly failing?: number;
  readonly hosts?: number;
  readonly perSecond?: number;
  readonly runs?: readonly RunEntry[];
  readonly url?: (n: number) => string;
}

const START = Date.UTC(2026, 10, 29, 9, 41, 7, 250);
const FAILURES = [
  { reason: "http_status", status: 404, retryable: false, detail: "404 Not Found" },
  { reason: "http_status", status: 503, retryable: true, detail: "503 Service Unavailable" },
  { reason: "headers_timeout", retryable: true, detail: "no answer within 30 s" },
  { reason: "dns_not_found", retryable: true, detail: "no address for this name" },
  { reason: "tls_certificate", retryable: false, detail: "self-signed certificate" },
] as const;
const TYPES = ["image/jpeg", "text/html", "application/json", "image/png"];

/** Statistics of at most 5,000 requests, whose counts are multiplied for more. */
export function madeUp(of: MadeUp): Statistics {
  const { urls, failing = 0.03, hosts = 8, perSecond = 120, runs = [], url = (n: number) => urlOf(n, hosts) } = of;
  const random = numbers(42);
  const shown = Math.min(urls, 5000);
  const many = shown === 0 ? 0 : urls / shown;
  const rows = Array.from({ length: shown }, (_, i) => {
    const at = START + (i * many * 1000) / perSecond;
    return row(Math.floor(i * many) + 1, at, random, failing, url);
  });
  const ends = rows.map((one) => one.startAtMs + one.totalMs);
  const span = shown === 0 ? undefined : { startAtMs: START, endAtMs: Math.max(START, ...ends) };
  const failed = rows.filter(({ outcome }) => outcome === "failed");
  const saved = rows.filter(({ outcome }) => outcome === "saved");
  const times = (n: number) => Math.round(n * many);
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const bytes = times(sum(saved.map((one) => one.bytes ?? 0)));
  const slow = rows.filter(({ outcome }) => outcome === "saved").sort((a, b) => b.totalMs - a.totalMs);
  return {
    shards: [],
    folders: ["downloads"],
    span,
    counts: {
      urls,
      saved: urls - times(failed.length),
      unchanged: 0,
      failed: times(failed.length),
      skipped: 0,
      retryable: times(failed.filter((one) => FAILURES.some((f) => f.detail === one.detail && f.retryable)).length),
      bytes,
      retries: times(sum(rows.map(({ attempts }) => attempts - 1))),
      duplicates: 0,
      unreadable: 0,
    },
    oneAtATimeMs: times(sum(rows.map(({ totalMs }) => totalMs))),
    runs,
    timeline: timelineOf(rows, span, many),
    chronology: { requests: rows, of: urls },
    phases: PHASES.map((phase, i) => phaseOf(phase, rows, i)).filter((one) => one.urls > 0),
    failures: FAILURES.map((kind) => ({
      error: kind.reason,
      ...("status" in kind ? { status: kind.status } : {}),
      urls: times(failed.filter(({ detail }) => detail === kind.detail).length),
      isRetryable: kind.retryable,
    })).filter((one) => one.urls > 0),
    statuses: [200, 404, 503].map((status) => ({
      status,
      urls: times(rows.filter((one) => one.status === status).length),
    })),
    hosts: hostsOf(rows, many).slice(0, 50),
    failingHosts: hostsOf(failed, many, rows).slice(0, 20),
    hostCount: { hosts: Math.min(hosts, shown), isExact: true },
    types: TYPES.map((type) => {
      const ones = saved.filter((one) => one.type === type);
      return { type, urls: times(ones.length), bytes: times(sum(ones.map((one) => one.bytes ?? 0))) };
    }).sort((a, b) => b.bytes - a.bytes),
    sizes: histogramOf(saved.map((one) => one.bytes ?? 0)),
    rows: {
      rows: [
        ...failed.slice(0, 2000),
        ...slow.slice(0, 200).map((one): TableRow => ({ ...one, why: "slowest" })),
        ...slow.slice(200).map((one): TableRow => ({ ...one, why: "sample" })),
      ].slice(0, 5000),
      failures: { shown: Math.min(2000, failed.length), of: times(failed.length) },
      of: urls,
    },
  };
}

/** Mulberry32. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function urlOf(n: number, hosts: number): string {
  return `https://cdn${n % hosts}.example.org/images/2026/11/${String(n).padStart(6, "0")}.jpg`;
}

type Random = () => number;

function row(n: number, at: number, random: Random, failing: number, url: (n: number) => string): TableRow {
  const skewed = (ms: number) => Math.round(ms * Math.exp(1.1 * (random() + random() + random() - 1.5)) * 100) / 100;
  const isNew = random() < 0.1;
  const kind = random() < failing ? FAILURES[Math.floor(random() ** 2 * FAILURES.length)] : undefined;
  const size = Math.round(skewed(40_000));
  const phasesMs: RequestTimes["phasesMs"] = [
    random() < 0.3 ? skewed(30) : 0,
    isNew ? skewed(8) : 0,
    isNew ? skewed(25) : 0,
    isNew ? skewed(30) : 0,
    skewed(kind?.reason === "headers_timeout" ? 3000 : 90),
    kind === undefined ? skewed(35) : 0,
  ];
  const totalMs = phasesMs.reduce((a, b) => a + b, 0);
  return {
    n,
    url: url(n),
    outcome: kind === undefined ? "saved" : "failed",
    ...(kind === undefined ? { status: 200 } : { reason: kind.reason }),
    ...(kind !== undefined && "status" in kind ? { status: kind.status } : {}),
    attempts: kind?.retryable === true ? 4 : 1,
    startAtMs: at,
    phasesMs,
    why: kind === undefined ? "sample" : "failed",
    totalMs,
    ...(kind === undefined
      ? { bytes: size, type: TYPES[n % TYPES.length] ?? "", file: `${String(n).padStart(6, "0")}.jpg` }
      : { detail: kind.detail }),
  };
}

function timelineOf(rows: readonly TableRow[], span: Statistics["span"], many: number): Statistics["timeline"] {
  const { startAtMs, endAtMs } = span ?? { startAtMs: 0, endAtMs: 0 };
  let binMs = 1;
  while ((endAtMs - startAtMs) / binMs >= 600) binMs *= 2;
  const length = span === undefined ? 0 : Math.floor((endAtMs - startAtMs) / binMs) + 1;
  const empty = () => new Array<number>(length).fill(0);
  const timeline = { startAtMs, binMs, finished: empty(), failed: empty(), bytes: empty(), inFlight: empty() };
  const add = (to: number[], i: number, value: number) => {
    to[i] = (to[i] ?? 0) + value;
  };
  for (const { startAtMs: at, totalMs, outcome, bytes = 0 } of rows) {
    const end = Math.floor((at + totalMs - startAtMs) / binMs);
    add(timeline.finished, end, many);
    if (outcome === "failed") add(timeline.failed, end, many);
    add(timeline.bytes, end, bytes * many);
    for (let i = Math.floor((at - startAtMs) / binMs); i <= end; i++) {
      const from = Math.max(at, startAtMs + i * binMs);
      const to = Math.min(at + totalMs, startAtMs + (i + 1) * binMs);
      add(timeline.inFlight, i, (many * Math.max(0, to - from)) / binMs);
    }
  }
  return timeline;
}

function histogramOf(values: readonly number[]): Histogram {
  const factor = 1.25;
  const bounds = Array.from({ length: 120 }, (_, i) => 0.01 * factor ** i);
  const counts = new Array<number>(bounds.length - 1).fill(0);
  for (const value of values) {
    const i = Math.min(counts.length - 1, Math.max(0, Math.floor(Math.log(value / 0.01) / Math.log(factor))));
    counts[i] = (counts[i] ?? 0) + 1;
  }
  return { bounds, counts };
}

function phaseOf(phase: PhaseTimes["phase"], rows: readonly TableRow[], i: number): PhaseTimes {
  const values = rows
    .map((one) => (phase === "total" ? one.totalMs : (one.phasesMs[i] ?? 0)))
    .filter((ms) => ms > 0)
    .sort((a, b) => a - b);
  const at = (share: number) => values[Math.min(values.length - 1, Math.floor(share * values.length))] ?? 0;
  return {
    phase,
    urls: values.length,
    histogram: histogramOf(values),
    p50Ms: at(0.5),
    p90Ms: at(0.9),
    p95Ms: at(0.95),
    p99Ms: at(0.99),
  };
}

function hostsOf(rows: readonly TableRow[], many: number, all = rows): HostCounts[] {
  const names = [...new Set(rows.map(({ url }) => hostOf(url)))];
  const whole = all.reduce((sum, { totalMs }) => sum + totalMs, 0);
  return names
    .map((host) => {
      const ones = all.filter(({ url }) => hostOf(url) === host);
      const times = ones.map(({ totalMs }) => totalMs).sort((a, b) => a - b);
      return {
        host,
        urls: Math.round(ones.length * many),
        maxError: 0,
        failed: Math.round(ones.filter(({ outcome }) => outcome === "failed").length * many),
        maxFailedError: 0,
        bytes: Math.round(ones.reduce((sum, { bytes = 0 }) => sum + bytes, 0) * many),
        p50Ms: times[Math.floor(times.length / 2)] ?? 0,
        p95Ms: times[Math.floor(times.length * 0.95)] ?? 0,
        share: times.reduce((a, b) => a + b, 0) / whole,
      };
    })
    .sort((a, b) => b.urls - a.urls);
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "no host";
}

/** Two runs, the first of which was stopped; the second with `-c auto`. */
export function twoRuns(spanMs: number): RunEntry[] {
  const auto = Array.from({ length: 24 }, (_, i) => {
    const inFlight = Math.round(Math.min(64, 4 * 1.3 ** Math.min(i, 11)) + (i > 14 ? (i % 3) * 4 - 8 : 0));
    return {
      ms: 250 * (i + 1),
      inFlight,
      urlsPerSecond: (900 * inFlight) / (inFlight + 30) - (i % 5) * 12,
      reason: i < 12 ? "more were faster" : i % 3 === 0 ? "no faster: fewer" : "as fast: it stays",
    };
  });
  const half = START + spanMs * 0.55;
  return [
    {
      startAtMs: START - 40,
      endAtMs: half - 400,
      version: "0.1.0",
      command: "bulkget urls.txt -c 50",
      exitCode: 130,
      peakInFlight: 50,
    },
    {
      startAtMs: half,
      endAtMs: START + spanMs,
      version: "0.1.0",
      command: "bulkget urls.txt -c auto",
      exitCode: 1,
      peakInFlight: 64,
      auto,
    },
  ];
}
