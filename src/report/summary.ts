// The summary that is printed at the end of a run.

import { FACTS } from "../core/failure.ts";
import type { View } from "../core/ports.ts";
import { countOf, finished, type Histogram, quantile, type Tally } from "../core/run/tally.ts";
import { escaped } from "../core/text/escape.ts";
import { bytesText, durationText, type Paint, rateText, thousands } from "./format.ts";

export interface SummaryOptions {
  readonly paint: Paint;
  /** The output folder, as the user typed it; absent if bodies are kept in memory. */
  readonly folder?: string;
}

/** The summary, without a line feed at its end. */
export function summary(view: View, { paint, folder }: SummaryOptions): string {
  const { tally, elapsedMs } = view;
  const seconds = Math.max(elapsedMs, 1) / 1000;
  const jobs = finished(tally);
  const rates = [`${rateText(jobs / seconds)} URL/s`, `${bytesText(view.receivedBytes() / seconds)}/s`];
  const where = folder === undefined ? "" : ` in ${escaped(folder)}`;
  const lines = [
    `${paint.good("saved")}   ${thousands(tally.saved)} (${bytesText(tally.bytes)})${where}`,
    ...(tally.duplicates > 0 ? [`        ${thousands(tally.duplicates)} of them fetched for another line`] : []),
    ...(tally.unchanged > 0 ? [`same    ${thousands(tally.unchanged)} unchanged on the server`] : []),
    ...earlierLines(view),
    ...(tally.skipped > 0 ? [`skipped ${thousands(tally.skipped)} (${reasons(tally)})`] : []),
    failedLine(view, paint),
    ...kinds(tally),
  ];
  if (tally.unverified > 0) {
    lines.push(
      `        ${thousands(tally.unverified)} of the saved had no Content-Length: their completeness is unverified`,
    );
  }
  if (tally.retries > 0) lines.push(`retried ${thousands(tally.retries)} times`);
  if (tally.interrupted > 0) lines.push(`stopped ${thousands(tally.interrupted)} under way`);
  lines.push(...leftLines(view));
  if (jobs > 0) {
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((q) => durationText(quantile(tally.times, q)));
    lines.push(`times   p50 ${p50}, p95 ${p95}, p99 ${p99}; ${rates.join(", ")}; peak ${view.peakInFlight} in flight`);
    lines.push(...openedLine(tally));
    if (view.auto !== undefined) lines.push(`auto    ${view.auto.found} at a time: ${view.auto.reason}`);
    lines.push(took(tally, elapsedMs));
  }
  return lines.join("\n");
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
  const lookedUp = `${thousands(count)} look-up${count === 1 ? "" : "s"}, p95 ${durationText(quantile(lookups, 0.95))}`;
  return [`opened  ${lookedUp}${p95("connecting", connects)}${p95("TLS", handshakes)}`];
}

/** The smallest factor that is shown as more than 1.0×. */
const MIN_SHOWN_FACTOR = 1.05;

/** Without the comparison if it is no gain: waits (for a retry, for a rate) are part of `elapsedMs`, not of `totalMs`. */
function took(tally: Tally, elapsedMs: number): string {
  const factor = tally.totalMs / Math.max(elapsedMs, 0.001);
  if (factor < MIN_SHOWN_FACTOR) return `took ${durationText(elapsedMs)}`;
  const alone = `one at a time it would have taken ${durationText(tally.totalMs)}`;
  return `took ${durationText(elapsedMs)}; ${alone} (${factor.toFixed(1)}×)`;
}

/** Maximum number of kinds with a line of their own; the rest is counted in one last line. */
const MAX_KINDS = 12;

/** "        3 truncated (the body was cut short)": one line per kind, the most frequent first. */
function kinds(tally: Tally): string[] {
  const rows: (readonly [string, number])[] = [];
  for (const [kind, jobs] of tally.kinds) {
    if (kind === "http_status") {
      for (const [status, times] of tally.statuses) rows.push([`http_status ${status}`, times]);
    } else rows.push([`${kind} (${FACTS[kind].label})`, jobs]);
  }
  rows.sort((a, b) => b[1] - a[1]);
  const rest = rows.splice(MAX_KINDS).reduce((sum, [, jobs]) => sum + jobs, 0);
  if (rest > 0) rows.push(["others", rest]);
  return rows.map(([label, jobs]) => `        ${thousands(jobs)} ${label}`);
}
