// The sweep of `bulkget tune`: a sample of the list, fetched at one concurrency after the other, kept nowhere.

import { isFailure } from "../core/failure.ts";
import type { Job, Outcome } from "../core/job.ts";
import { parseUrl } from "../core/parse-url.ts";
import type { Get, Source } from "../core/ports.ts";
import type { StopReason } from "../core/run/run.ts";
import { count, emptyTally, finished, quantile } from "../core/run/tally.ts";
import { isRefused, type Measured, nextOf } from "../policy/concurrency/sweep.ts";
import { hostSignal } from "../policy/retry.ts";
import { clock } from "./clock.ts";
import { download } from "./download.ts";
import { connectionsFor } from "./http-client.ts";
import { openSink } from "./output-registry.ts";

/** One row of the table. */
export interface Step extends Measured {
  /** Milliseconds to the outcome that half, and 95 %, of the URLs did not exceed. */
  readonly p50Ms: number;
  readonly p95Ms: number;
}

export interface TuneOptions {
  readonly get: Get;
  readonly jobs: readonly Job[];
  /** The highest concurrency. */
  readonly most: number;
  /** How long each is measured. */
  readonly stepMs: number;
  /** Told after each step. */
  readonly onStep: (step: Step) => void;
}

/** So many URLs are read of the list, and for so long, to take the sample from. */
const MOST_READ = 1_000_000;
const READ_MS = 3000;
/** A step is over after so many URLs for each that is under way, and after these at least. */
const GENERATIONS = 20;
const FEWEST = 50;
/** It lasts longer where answers are slow: until as many have come as are under way, but no longer than this many times. */
const PATIENCE = 10;
const LOOK_MS = 100;
/** What is under way at the end of a step gets so long. */
const GRACE_MS = 1000;

/** Up to `size` jobs that can be fetched from all over the first million of the list, each as likely as the others (Vitter's algorithm R). */
export async function sampleOf(source: Source, size: number, random: () => number): Promise<Job[]> {
  const sample: Job[] = [];
  const untilMs = clock.nowMs() + READ_MS;
  let seen = 0;
  for await (const batch of source) {
    for (const job of batch) {
      if (job.refused !== undefined || isFailure(parseUrl(job.url))) continue;
      seen++;
      const place = sample.length < size ? sample.length : Math.floor(random() * seen);
      if (place < size) sample[place] = job;
    }
    if (seen >= MOST_READ || clock.nowMs() > untilMs) break;
  }
  return sample;
}

/** Measures step by step; the caller closes `get`. */
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

/** The jobs over and over; each run takes on where the one before stopped. */
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
  const urls = Math.max(FEWEST, GENERATIONS * concurrency);
  const startedMs = clock.nowMs();
  const fromBytes = get.receivedBytes();
  let lost = 0;
  let lastMs = startedMs;
  let bytes = 0;
  let cancel = clock.after(LOOK_MS, look);
  get.resize(connectionsFor(concurrency));
  const { done } = download({
    source,
    get: { ...get, close() {} }, // its connections are for the next step as well
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
      // Servers that refuse are left alone at once.
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

  function look(): void {
    cancel = clock.after(LOOK_MS, look);
    const nowMs = clock.nowMs();
    const elapsedMs = nowMs - startedMs;
    if (elapsedMs < stepMs || (finished(tally) < concurrency && elapsedMs < PATIENCE * stepMs)) return;
    // Bodies that take longer than a step count by what has come of them.
    const received = get.receivedBytes() - fromBytes;
    if (finished(tally) < 2 * concurrency && received > bytes) {
      bytes = received;
      lastMs = nowMs;
    }
    end();
  }
}

/** Whether a server asked for less, or did not answer. */
function isLost(outcome: Outcome): boolean {
  if (outcome.outcome !== "failed") return false;
  const { error, detail, status } = outcome;
  const signal = hostSignal(status === undefined ? { error, detail } : { error, detail, status });
  return signal === "overloaded" || signal === "unreachable" || signal === "silent";
}
