// Rates of a run, averaged over the last few seconds, and when it will end.

import type { View } from "../../core/ports.ts";
import { finished } from "../../core/run/tally.ts";

export interface Rates {
  readonly jobs: number;
  readonly bytes: number;
}

interface Sample extends Rates {
  readonly atMs: number;
}

/** Minimum time that a rate is averaged over, in seconds: a shorter one makes no rate. */
const MIN_SECONDS = 0.05;

/** Returns the jobs and bytes per second over the last `windowMs`, from call to call. */
export function movingRates(windowMs: number): (view: View) => Rates {
  const samples: Sample[] = [];
  return (view) => {
    const now = { atMs: view.elapsedMs, jobs: finished(view.tally), bytes: view.receivedBytes() };
    samples.push(now);
    while ((samples[1]?.atMs ?? Number.POSITIVE_INFINITY) <= now.atMs - windowMs) samples.shift();
    const first = samples[0] ?? now;
    const seconds = Math.max(MIN_SECONDS, (now.atMs - first.atMs) / 1000);
    return { jobs: (now.jobs - first.jobs) / seconds, bytes: (now.bytes - first.bytes) / seconds };
  };
}

/** Returns the time until the end of the run in milliseconds; undefined where nothing predicts it. */
export function etaMs(view: View, rates: Rates): number | undefined {
  const total = view.total();
  if (total === undefined) return undefined;
  const left = Math.max(0, total.jobs - finished(view.tally));
  // Once all remaining URLs are in flight or tried again, the rate does not predict the end: what is left of their bodies does.
  if (left > view.inFlight + view.retrying) return rates.jobs > 0 ? (left / rates.jobs) * 1000 : undefined;
  const transfers = view.transfers();
  if (left === 0 || left > view.inFlight || transfers.length < view.inFlight) return undefined;
  const restsMs = transfers.map((one) => restMs(one, view.nowMs()));
  return restsMs.includes(undefined) ? undefined : Math.max(...restsMs.map((ms) => ms ?? 0));
}

/** The time that the rest of a body takes at its own speed, in milliseconds; undefined if its length is not known. */
export function restMs(one: ReturnType<View["transfers"]>[number], nowMs: number): number | undefined {
  const { bytes, wholeBytes, sinceMs } = one;
  if (wholeBytes === undefined || bytes === 0) return undefined;
  return (Math.max(0, wholeBytes - bytes) / bytes) * Math.max(1, nowMs - sinceMs);
}
