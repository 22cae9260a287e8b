// The metrics of a run: one row per name, each read from the run's tally and view, without a count of its own.

import type { View } from "../../core/ports.ts";
import { finished, type Tally, TIME_BOUNDS } from "../../core/run/tally.ts";
import { type Family, numberText, type Sample } from "./exposition.ts";

/** What metrics are made of. */
export interface RunState {
  readonly view: View;
  readonly version: string;
  readonly startAtMs: number;
  /** The end of the last run with exit code 0: this one, or an earlier one. */
  readonly lastSuccessAtMs: number | undefined;
  /** Undefined until the run is over. */
  readonly exitCode: number | undefined;
}

interface Metric extends Omit<Family, "samples"> {
  /** The names of its labels, except `le`. */
  readonly labels: readonly string[];
  readonly read: (run: RunState) => readonly Sample[] | number | undefined;
}

/**
 * Upper bounds of the histogram, in seconds. The tally's buckets grow by 5 %, so each bound stands for the nearest edge of a
 * bucket, which is within 2.5 % of it.
 */
export const BOUNDS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60] as const;

export const METRICS: readonly Metric[] = [
  {
    name: "bulkget_build_info",
    type: "gauge",
    labels: ["version"],
    help: "1, with the version of bulkget as a label.",
    read: ({ version }) => [{ labels: { version }, value: 1 }],
  },
  {
    name: "bulkget_urls_total",
    type: "counter",
    labels: ["outcome"],
    help: "URLs that this run has finished, by outcome: saved, unchanged, failed or skipped.",
    read: ({ view: { tally } }) =>
      (["saved", "unchanged", "failed", "skipped"] as const).map((outcome) => ({
        labels: { outcome },
        value: tally[outcome],
      })),
  },
  {
    name: "bulkget_failures_total",
    type: "counter",
    labels: ["error", "status"],
    help: "Failed URLs, by error; those with the error http_status by status as well.",
    read: ({ view }) => failures(view.tally),
  },
  {
    name: "bulkget_retries_total",
    type: "counter",
    labels: [],
    help: "Tries after the first one of each finished URL.",
    read: ({ view }) => view.tally.retries,
  },
  {
    name: "bulkget_received_bytes_total",
    type: "counter",
    labels: [],
    help: "Bytes of bodies received, also of those that were not saved.",
    read: ({ view }) => view.receivedBytes(),
  },
  {
    name: "bulkget_stored_bytes_total",
    type: "counter",
    labels: [],
    help: "Bytes of saved bodies, duplicates included.",
    read: ({ view }) => view.tally.bytes,
  },
  {
    name: "bulkget_in_flight",
    type: "gauge",
    labels: [],
    help: "URLs that are being fetched.",
    read: ({ view }) => view.inFlight,
  },
  {
    name: "bulkget_concurrency",
    type: "gauge",
    labels: [],
    help: "The most URLs that may be in flight; with -c auto, it changes.",
    read: ({ view }) => view.concurrency,
  },
  {
    name: "bulkget_waiting",
    type: "gauge",
    labels: [],
    help: "URLs that were read and wait for their host, a rate, a retry or a slot.",
    read: ({ view }) => view.waiting,
  },
  {
    name: "bulkget_list_urls",
    type: "gauge",
    labels: [],
    help: "URLs of this run, without those that an earlier run has finished; an estimate until the list is read, and absent while that is not possible.",
    read: ({ view }) => view.total()?.jobs,
  },
  {
    name: "bulkget_url_duration_seconds",
    type: "histogram",
    labels: [],
    help: "Time in all tries of a finished URL. Each bound is right to within 2.5 percent.",
    read: ({ view }) => durations(view.tally),
  },
  {
    name: "bulkget_run_start_timestamp_seconds",
    type: "gauge",
    labels: [],
    help: "When this run began, in seconds since 1970.",
    read: ({ startAtMs }) => startAtMs / 1000,
  },
  {
    name: "bulkget_last_success_timestamp_seconds",
    type: "gauge",
    labels: [],
    help: "When the last run with exit code 0 ended, in seconds since 1970; absent before the first one.",
    read: ({ lastSuccessAtMs }) => (lastSuccessAtMs === undefined ? undefined : lastSuccessAtMs / 1000),
  },
  {
    name: "bulkget_exit_code",
    type: "gauge",
    labels: [],
    help: "The exit code of the run; absent until the run is over.",
    read: ({ exitCode }) => exitCode,
  },
];

/** The metrics of a run at this moment. */
export function familiesOf(run: RunState): Family[] {
  return METRICS.map(({ name, type, help, read }) => {
    const value = read(run);
    const samples = typeof value === "number" ? [{ value }] : (value ?? []);
    return { name, type, help, samples };
  });
}

/** Without a URL, host or text of a server: there are some 40 errors, and statuses have three digits. */
function failures({ kinds, statuses }: Tally): Sample[] {
  const samples: Sample[] = [];
  for (const [error, urls] of kinds) {
    let rest = urls;
    if (error === "http_status") {
      for (const [status, count] of statuses) {
        samples.push({ labels: { error, status: String(status) }, value: count });
        rest -= count;
      }
    }
    if (rest > 0) samples.push({ labels: { error, status: "" }, value: rest });
  }
  return samples;
}

/** For each bound, the number of the tally's buckets up to the nearest edge. */
const BUCKETS_BELOW = BOUNDS_SECONDS.map((seconds) => {
  const distance = (bound: number) => Math.abs(Math.log(bound / (seconds * 1000)));
  return TIME_BOUNDS.reduce((best, bound, i) => (distance(bound) < distance(TIME_BOUNDS[best] ?? 0) ? i : best), 0);
});

function durations(tally: Tally): Sample[] {
  const bucketTo = (le: number, value: number): Sample => ({
    suffix: "_bucket",
    labels: { le: numberText(le) },
    value,
  });
  const all = finished(tally);
  let next = 0;
  let urls = 0;
  const buckets = BOUNDS_SECONDS.map((seconds, i) => {
    for (const end = BUCKETS_BELOW[i] ?? 0; next < end; next++) urls += tally.times[next] ?? 0;
    return bucketTo(seconds, urls);
  });
  return [
    ...buckets,
    bucketTo(Number.POSITIVE_INFINITY, all),
    { suffix: "_sum", value: tally.totalMs / 1000 },
    { suffix: "_count", value: all },
  ];
}
