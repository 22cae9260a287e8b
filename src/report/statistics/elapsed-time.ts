// How long the runs of a folder took, without the time between them.

import type { RunEntry, Statistics } from "./statistics.ts";

/** The smallest share of the bins in which something was in flight, for a time without pauses. */
const MIN_BUSY_SHARE = 0.9;

/**
 * In milliseconds: from the first request to the last end, or, if there were pauses, the time of the runs in runs.jsonl.
 * Undefined without records, and where the runs are not known: a bin may be hours wide, so the timeline does not show how long
 * the pauses were.
 */
export function elapsedTime({
  span,
  timeline,
  runs,
}: Pick<Statistics, "span" | "timeline" | "runs">): number | undefined {
  if (span === undefined) return undefined;
  const busy = timeline.inFlight.filter((urls, bin) => urls > 0 || (timeline.finished[bin] ?? 0) > 0).length;
  if (busy < MIN_BUSY_SHARE * timeline.finished.length) return runsTime(runs);
  return Math.max(1, span.endAtMs - span.startAtMs);
}

/** The time in which at least one of them was on, since shards run at the same time; undefined if not all ends are known. */
function runsTime(runs: readonly RunEntry[]): number | undefined {
  let sum = 0;
  let untilMs = Number.NEGATIVE_INFINITY;
  for (const { startAtMs, endAtMs } of [...runs].sort((one, other) => one.startAtMs - other.startAtMs)) {
    if (endAtMs === undefined) return undefined;
    sum += Math.max(0, endAtMs - Math.max(startAtMs, untilMs));
    untilMs = Math.max(untilMs, endAtMs);
  }
  return sum > 0 ? sum : undefined;
}
