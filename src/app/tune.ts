// The measurement of `bulkget tune`: fetches a sample of the list at one concurrency after the other, and saves nothing.

import { isFailure } from "../core/failure.ts";
import type { Job, Outcome } from "../core/job.ts";
import type { Get, Source } from "../core/ports.ts";
import type { StopReason } from "../core/run/run.ts";
import { count, emptyTally, finished, quantile } from "../core/run/tally.ts";
import { parseUrl } from "../core/url/parse-url.ts";
import { isRefused, type Measured, nextOf } from "../policy/concurrency/sweep.ts";
import { hostSignal } from "../policy/retry.ts";
import { clock } from "./clock.ts";
import { download } from "./download.ts";
import { connectionsFor } from "./network/http-client.ts";
import { openSink } from "./output/output-registry.ts";

/** The measurement of one concurrency. */
export interface Step extends Measured {
  /** Median and 95th percentile of the time per URL. */
  readonly p50Ms: number;
  readonly p95Ms: number;
}

export interface TuneOptions {
  readonly get: Get;
  readonly jobs: readonly Job[];
  /** Highest concurrency to measure. */
  readonly most: number;
  /** Duration of each measurement. */
  readonly stepMs: number;
  /** Called after each measurement. */
  readonly onStep: (step: Step) => void;
}

/** Maximum number of URLs that the sample is taken from, and maximum time to read them. */
const MAX_READ_URLS = 1_000_000;
const MAX_READ_MS = 3000;
/** A step ends after this many URLs per concurrent request, but not before the minimum. */
const URLS_PER_SLOT = 20;
const MIN_URLS = 50;
/** A step with slow responses lasts until as many URLs are finished as are in flight, at most this many times as long. */
const MAX_EXTENSION = 10;
const CHECK_INTERVAL_MS = 100;
/** URLs in flight at the end of a step get this time to finish. */
const GRACE_MS = 1000;

/** A uniform sample of up to `size` fetchable jobs from the first million of the list (reservoir sampling, Vitter's algorithm R). */
export async function sampleOf(source: Source, size: number, random: () => number): Promise<Job[]> {
  const sample: Job[] = [];
  const untilMs = clock.nowMs() + MAX_READ_MS;
  let seen = 0;
  for await (const batch of source) {
    for (const job of batch) {
      if (job.refused !== undefined || isFailure(parseUrl(job.url))) continue;
      seen++;
      const place = sample.length < size ? sample.length : Math.floor(random() * seen);
      if (place < size) sample[place] = job;
    }
    if (seen >= MAX_READ_URLS || clock.nowMs() > untilMs) break;
  }
  return sample;
}

/** Measures one concurrency after the other. The caller closes `get`. */
export async function sweep({ get, jobs, most, stepMs, onStep }: TuneOptions): Promise<Step[]> {
  const steps: Step[] = [];
  const source = endless(jobs);
  for (let next = nextOf(steps, most); next !== undefined; next = nextOf(steps, most)) {
    const step = await measured(next, { get, source, stepMs, first: steps[0] });
    steps.push(step);
    onStep(step);
  }
  return steps;
}

/** Repeats the jobs endlessly. Each run continues where the one before stopped. */
function endless(jobs: readonly Job[]): Source {
  let taken = 0;
  async function* batches(): AsyncGenerator<readonly Job[]> {
    for (;;) {
      const job = jobs[taken++ % jobs.length];
      if (job === undefined) return;
      yield [job];
    }
  }
  return { [Symbol.asyncIterator]: batches, total: () => undefined };
}

type StepOptions = Pick<TuneOptions, "get" | "stepMs"> & {
  readonly source: Source;
  readonly first: Step | undefined;
};

async function measured(concurrency: number, { get, source, stepMs, first }: StepOptions): Promise<Step> {
  const stop = new AbortController();
  const end = () => stop.abort("request" satisfies StopReason);
  const tally = emptyTally();
  const urls = Math.max(MIN_URLS, URLS_PER_SLOT * concurrency);
  const startedMs = clock.nowMs();
  const fromBytes = get.receivedBytes();
  let lost = 0;
  let lastMs = startedMs;
  let bytes = 0;
  let cancel = clock.after(CHECK_INTERVAL_MS, check);
  get.resize(connectionsFor(concurrency));
  const { done } = download({
    source,
    get: { ...get, close() {} }, // the next step reuses its connections
    sink: openSink("null", {}).sink,
    concurrency,
    retries: 0,
    stop,
    graceMs: GRACE_MS,
    report(outcome) {
      if (stop.signal.aborted) return;
      count(tally, outcome);
      if (isLost(outcome)) lost++;
      lastMs = clock.nowMs();
      bytes = get.receivedBytes() - fromBytes;
      // A step ends at once when servers refuse.
      if (finished(tally) >= urls || (lost >= 10 && isRefused({ finished: finished(tally), lost }, first))) end();
    },
  });
  try {
    await done;
  } finally {
    cancel();
  }
  const p50Ms = quantile(tally.times, 0.5);
  const p95Ms = quantile(tally.times, 0.95);
  const ms = Math.max(lastMs - startedMs, 1);
  return { concurrency, ms, finished: finished(tally), failed: tally.failed, lost, bytes, p50Ms, p95Ms };

  function check(): void {
    cancel = clock.after(CHECK_INTERVAL_MS, check);
    const nowMs = clock.nowMs();
    const elapsedMs = nowMs - startedMs;
    if (elapsedMs < stepMs || (finished(tally) < concurrency && elapsedMs < MAX_EXTENSION * stepMs)) return;
    // Bodies that take longer than a step count by their bytes so far.
    const received = get.receivedBytes() - fromBytes;
    if (finished(tally) < 2 * concurrency && received > bytes) {
      bytes = received;
      lastMs = nowMs;
    }
    end();
  }
}

/** Whether a server was overloaded, unreachable or silent. */
function isLost(outcome: Outcome): boolean {
  if (outcome.outcome !== "failed") return false;
  const { error, detail, status } = outcome;
  const signal = hostSignal(status === undefined ? { error, detail } : { error, detail, status });
  return signal === "overloaded" || signal === "unreachable" || signal === "silent";
}
