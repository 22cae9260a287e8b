// The summary that is printed at the end of a run.

import { FACTS } from "../core/failure.ts";
import type { View } from "../core/ports.ts";
import { countOf, finished, type Histogram, quantile, type Tally } from "../core/run/tally.ts";
import { escaped } from "../core/text/escape.ts";
import type { FailingHosts } from "./failing-hosts.ts";
import { shortWords, statusName } from "./failure-words.ts";
import { bytesText, durationText, type Paint, rateText, thousands, timesText } from "./format.ts";
import { failingHostLines } from "./host-lines.ts";
import { type NextSteps, nextLines } from "./next-steps.ts";
import { wrapped } from "./progress/wrap.ts";

export interface SummaryOptions {
  readonly paint: Paint;
  /** The output folder, as the user typed it; absent if bodies are kept in memory. */
  readonly folder?: string;
  /** The hosts that failed most. */
  readonly hosts?: FailingHosts | undefined;
  /** What may be done next: files and commands. */
  readonly next?: NextSteps | undefined;
  /** Returns the columns of the terminal, between whose words lines are broken. Absent for a log, whose lines stay whole. */
  readonly columns?: (() => number) | undefined;
}

/** The summary, without a line feed at its end. */
export function summary(view: View, { paint, folder, hosts, next, columns }: SummaryOptions): string {
  const most = columns?.() ?? Number.POSITIVE_INFINITY;
  const { tally } = view;
  const jobs = finished(tally);
  const where = folder === undefined ? "" : ` in ${escaped(folder)}`;
  const lines = [
    `${paint.good("saved")}   ${thousands(tally.saved)} (${bytesText(tally.bytes)})${where}`,
    ...(tally.duplicates > 0 ? [`        ${thousands(tally.duplicates)} of them fetched for another line`] : []),
    ...(tally.unchanged > 0 ? [`same    ${thousands(tally.unchanged)} unchanged on the server`] : []),
    ...earlierLines(view),
    ...(tally.skipped > 0 ? [`skipped ${thousands(tally.skipped)} (${reasons(tally)})`] : []),
    failedLine(view, paint),
    ...kinds(tally),
    ...(hosts === undefined ? [] : failingHostLines(hosts, view)),
  ];
  if (tally.unverified > 0) {
    lines.push(
      `        ${thousands(tally.unverified)} of the saved had no Content-Length: their completeness is unverified`,
    );
  }
  if (tally.retries > 0) lines.push(`retried ${timesText(tally.retries)}`);
  if (tally.interrupted > 0) lines.push(`stopped ${thousands(tally.interrupted)} in flight`);
  lines.push(...slowedLine(view), ...leftLines(view));
  if (jobs > 0) {
    lines.push(timesLine(view), ...openedLine(tally));
    if (view.auto !== undefined) lines.push(`auto    ${view.auto.found} at a time: ${view.auto.reason}`);
    lines.push(tookLine(view));
  }
  const last = next === undefined ? [] : nextLines(view, leftOf(view), { ...next, columns: most });
  return [...lines.map((line) => wrapped(line, most)), ...last].join("\n");
}

/** A percentile is shown from this number of URLs on: of fewer, it is the slowest URL. */
const MIN_JOBS_FOR = [
  [0.5, 2],
  [0.95, 20],
  [0.99, 100],
] as const;

/** A lower rate, in URLs per second, would be shown as 0.0. */
const MIN_RATE = 0.05;

/** A rate over a shorter time is none. */
const MIN_RATED_MS = 100;

/** "times   p50 35 ms, p95 49 ms, slowest 60 ms; peak 50 in flight": only figures that have a meaning. */
function timesLine({ tally, elapsedMs, peakInFlight }: View): string {
  const jobs = finished(tally);
  // The histogram is right to within 2.5 %, and no URL took longer than the run.
  const timeText = (q: number) =>
    durationText(Math.min(quantile(tally.times, q), Math.max(elapsedMs, tally.totalMs / jobs)));
  const quantiles = MIN_JOBS_FOR.flatMap(([q, least]) => (jobs < least ? [] : [`p${100 * q} ${timeText(q)}`]));
  if (jobs < 100) quantiles.push(`${jobs === 1 ? "" : "slowest "}${timeText(1)}`);
  return `times   ${quantiles.join(", ")}${peakInFlight > 1 ? `; peak ${peakInFlight} in flight` : ""}`;
}

/** "slowed  example.org (503), and 12 other hosts before": servers that got fewer requests, or later ones. */
function slowedLine({ slowed }: View): string[] {
  if (slowed === undefined) return [];
  const others = slowed.hosts - 1;
  const more = others === 0 ? "" : `, and ${thousands(others)} other host${others === 1 ? "" : "s"} before`;
  return [`slowed  ${escaped(slowed.host, 100)} (${shortWords(slowed.error, slowed.status)})${more}`];
}

/** URLs that an earlier run finished, which are in no other count. */
function earlierLines({ doneEarlier }: View): string[] {
  if (doneEarlier === undefined) return [];
  const { saved, skipped } = doneEarlier;
  return [
    ...(saved > 0 ? [`earlier ${thousands(saved)} saved by an earlier run`] : []),
    ...(skipped > 0 ? [`${saved > 0 ? "       " : "earlier"} ${thousands(skipped)} skipped by an earlier run`] : []),
  ];
}

/** The number of failures, including permanent failures of earlier runs, which the exit code counts as well. */
function failedLine({ tally, doneEarlier }: View, paint: Paint): string {
  const earlier = doneEarlier?.failed ?? 0;
  const all = tally.failed + earlier;
  const which = earlier === all ? "all" : thousands(earlier);
  const when = earlier === 0 ? "" : ` (${which} in an earlier run; --retry-failed)`;
  return `${all > 0 ? paint.bad("failed") : "failed"}  ${thousands(all)}${when}`;
}

/** The number of unfinished URLs; undefined if the total is unknown. */
export function leftOf(view: View): number | undefined {
  const total = view.total();
  return total && Math.max(0, total.jobs - finished(view.tally));
}

/** "left    about 162 of 200": the unfinished URLs of a stopped run. */
function leftLines(view: View): string[] {
  if (view.isStopped !== true) return [];
  const total = view.total();
  if (total === undefined) return ["left    the rest of the list, of a length that is not known"];
  const left = leftOf(view) ?? 0;
  if (left === 0) return [];
  const [about, all] = [total.exact ? "" : "about ", thousands(total.jobs)];
  return [`left    ${about}${thousands(left)} of ${all}`];
}

/** "7 robots, 2 noai": the reasons for skipping, the most frequent first. */
function reasons(tally: Tally): string {
  const rows = [...tally.reasons].sort((a, b) => b[1] - a[1]);
  return rows.map(([reason, jobs]) => `${thousands(jobs)} ${escaped(reason, 40)}`).join(", ");
}

/** "opened  1,203 look-ups, p95 52 ms; connecting p95 110 ms; TLS p95 230 ms"; nothing without look-ups. */
function openedLine({ lookups, connects, handshakes }: Tally): string[] {
  const count = countOf(lookups);
  if (count === 0) return [];
  const p95 = (what: string, times: Histogram) =>
    countOf(times) === 0 ? "" : `; ${what} p95 ${durationText(quantile(times, 0.95))}`;
  const which = count === 1 ? " look-up, " : " look-ups, p95 ";
  const lookedUp = `${thousands(count)}${which}${durationText(quantile(lookups, 0.95))}`;
  return [`opened  ${lookedUp}${p95("connecting", connects)}${p95("TLS", handshakes)}`];
}

/** The smallest factor, and the shortest run, for which the comparison says something. */
const MIN_SHOWN_FACTOR = 1.5;
const MIN_COMPARED_MS = 1000;

/**
 * "took    5.1 s: 235 URL/s, 287 KiB/s; one at a time: 41.4 s (8.1×)". Without the comparison if it is no gain: waits (for a retry,
 * for a rate) are part of `elapsedMs`, not of `totalMs`.
 */
function tookLine({ tally, elapsedMs, ...view }: View): string {
  const perSecond = finished(tally) / (elapsedMs / 1000);
  const bytesPerSecond = view.receivedBytes() / (elapsedMs / 1000);
  const rates = [...(perSecond < MIN_RATE ? [] : [`${rateText(perSecond)} URL/s`]), `${bytesText(bytesPerSecond)}/s`];
  const factor = tally.totalMs / Math.max(elapsedMs, 0.001);
  const isGain = factor >= MIN_SHOWN_FACTOR && elapsedMs >= MIN_COMPARED_MS;
  const alone = isGain ? `; one at a time: ${durationText(tally.totalMs)} (${factor.toFixed(1)}×)` : "";
  return `took    ${durationText(elapsedMs)}${elapsedMs < MIN_RATED_MS ? "" : `: ${rates.join(", ")}`}${alone}`;
}

/** Maximum number of kinds with a line of their own; the rest is counted in one last line. */
const MAX_KINDS = 12;

/** "        3 truncated (the body was cut short)": one line per kind, the most frequent first. */
function kinds(tally: Tally): string[] {
  const rows: (readonly [string, number])[] = [];
  for (const [kind, jobs] of tally.kinds) {
    if (kind === "http_status") {
      for (const [status, times] of tally.statuses) rows.push([`http_status ${status}${reasonOf(status)}`, times]);
    } else rows.push([`${kind} (${FACTS[kind].label})`, jobs]);
  }
  rows.sort((a, b) => b[1] - a[1]);
  const rest = rows.splice(MAX_KINDS).reduce((sum, [, jobs]) => sum + jobs, 0);
  if (rest > 0) rows.push(["others", rest]);
  return rows.map(([label, jobs]) => `        ${thousands(jobs)} ${label}`);
}

/** " (Not Found)"; nothing for a status without a name. */
function reasonOf(status: number): string {
  const reason = statusName(status);
  return reason === undefined ? "" : ` (${reason})`;
}
