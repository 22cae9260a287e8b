// The time in which requests were in flight: that of all runs, without the time between them.

import type { Statistics } from "./statistics.ts";

/** In milliseconds, to within a bin of the timeline for each run; 0 without records. */
export function busyTime({ span, timeline }: Pick<Statistics, "span" | "timeline">): number {
  if (span === undefined) return 0;
  const busyBins = timeline.inFlight.filter((urls, bin) => urls > 0 || (timeline.finished[bin] ?? 0) > 0).length;
  return Math.max(1, Math.min(span.endAtMs - span.startAtMs, busyBins * timeline.binMs));
}
