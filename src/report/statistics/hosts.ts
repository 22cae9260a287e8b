// Counts URLs, failures, bytes and times of the hosts with most URLs, and of those with most failures, in bounded memory.

import { quantile } from "../../core/run/tally.ts";
import { originOf } from "../../core/scheduler/host.ts";
import { heavyHitters } from "../../core/structures/heavy-hitters.ts";
import type { Measured } from "./measured.ts";
import { addNarrowTime, allTimes, type NarrowTimes, narrowTimes } from "./narrow-times.ts";
import type { HostCounts } from "./statistics.ts";

/** Some 10 MB. */
const COUNTERS = 20_000;

export interface HostsFold {
  add(record: Measured): void;
  /** The hosts with most URLs; `totalMs` is that of all records. */
  hosts(most: number, totalMs: number): readonly HostCounts[];
  failingHosts(most: number, totalMs: number): readonly HostCounts[];
  hostCount(): { readonly hosts: number; readonly isExact: boolean };
}

export function hostsFold(counters = COUNTERS): HostsFold {
  const failed = new Float64Array(counters);
  const bytes = new Float64Array(counters);
  const totalMs = new Float64Array(counters);
  /** One for each counter that is in use. */
  const times: NarrowTimes[] = [];
  const byUrls = heavyHitters(counters, (counter) => {
    for (const sums of [failed, bytes, totalMs]) sums[counter] = 0;
    times[counter] = narrowTimes();
  });
  const byFailures = heavyHitters(counters);

  const countsOf = (host: string, allMs: number): HostCounts => {
    const counter = byUrls.counterOf(host);
    const failures = byFailures.counterOf(host);
    const [urls, maxError] =
      counter < 0 ? [byUrls.maxUncounted(), 0] : [byUrls.countOf(counter), byUrls.errorOf(counter)];
    // What the two counts prove: at least so many failures, and at most so many.
    const least = Math.max(failed[counter] ?? 0, byFailures.countOf(failures) - byFailures.errorOf(failures));
    const most = Math.min(
      failures < 0 ? byFailures.maxUncounted() : byFailures.countOf(failures),
      (failed[counter] ?? 0) + (counter < 0 ? urls : maxError),
    );
    const counts = {
      host,
      urls,
      maxError: counter < 0 ? urls - least : maxError,
      failed: most,
      maxFailedError: most - least,
    };
    if (counter < 0) return { ...counts, bytes: 0 };
    const own = allTimes(times[counter] ?? narrowTimes());
    return {
      ...counts,
      bytes: bytes[counter] ?? 0,
      p50Ms: quantile(own, 0.5),
      p95Ms: quantile(own, 0.95),
      share: allMs === 0 ? 0 : (totalMs[counter] ?? 0) / allMs,
    };
  };

  return {
    add(record) {
      const host = originOf(record.url).name;
      if (host === "") return;
      const counter = byUrls.add(host);
      increase(totalMs, counter, record.totalMs);
      const own = times[counter] ?? narrowTimes();
      times[counter] = own;
      addNarrowTime(own, record.totalMs);
      increase(bytes, counter, record.bytes);
      if (record.outcome !== "failed") return;
      increase(failed, counter, 1);
      byFailures.add(host);
    },
    hosts: (most, allMs) => byUrls.largest(most).map((counter) => countsOf(byUrls.keyOf(counter), allMs)),
    failingHosts: (most, allMs) =>
      byFailures
        .largest(most)
        .map((counter) => countsOf(byFailures.keyOf(counter), allMs))
        .sort((a, b) => b.failed - a.failed),
    hostCount: () => ({ hosts: byUrls.size, isExact: byUrls.maxUncounted() === 0 }),
  };
}

function increase(sums: Float64Array, at: number, by: number): void {
  sums[at] = (sums[at] ?? 0) + by;
}
