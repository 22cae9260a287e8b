// The text of `bulkget report`: what a run was, in a screen or two.

import { FACTS } from "../../core/failure.ts";
import { escaped } from "../../core/text/escape.ts";
import { redacted } from "../../core/url/redact.ts";
import { statusName } from "../failure-words.ts";
import { aligned, bytesText, durationText, type Paint, rateText, thousands, timesText } from "../format.ts";
import { cutMiddle } from "../progress/fit.ts";
import { brokenCommand, WRAPPED_INDENT, wrapped } from "../progress/wrap.ts";
import { elapsedTime } from "./elapsed-time.ts";
import { shardsText } from "./shards.ts";
import type { HostCounts, RunEntry, Statistics } from "./statistics.ts";

const SHOWN_FAILURES = 15;
const SHOWN_HOSTS = 10;
const SHOWN_TYPES = 10;
const SHOWN_SLOWEST = 10;
const MAX_URL_CHARS = 200;
const MAX_COMMAND_CHARS = 2000;

export interface ReportTextOptions {
  readonly paint: Paint;
  /** Commands that try again what may pass, as a shell takes them; none where they are not known. */
  readonly again: readonly string[];
  /** Columns of the terminal: its lines are broken between words. Default: any number. */
  readonly columns?: number | undefined;
}

/** Without a line feed at its end. All text of records is escaped. */
export function statisticsText(statistics: Statistics, options: ReportTextOptions): string {
  const { paint, again, columns = Number.POSITIVE_INFINITY } = options;
  const sections = [
    head(statistics, paint),
    section("failures", failures(statistics), paint),
    section("hosts with most failures", hosts(statistics), paint),
    section("bodies by type", types(statistics), paint),
    section("times", times(statistics), paint),
    section("slowest", slowest(statistics, columns), paint),
  ];
  const last = againLines(statistics, { paint, again, columns });
  return [...sections.map((lines) => lines.map((line) => wrapped(line, columns))), last]
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

function head(statistics: Statistics, paint: Paint): string[] {
  const { folders, counts, runs, shards } = statistics;
  const { urls, saved, unchanged, failed, skipped, retryable, bytes, duplicates, retries, unreadable } = counts;
  const percent = (100 * failed) / Math.max(1, urls);
  const retry =
    retryable === 0 ? "" : `; another try may help for ${retryable === failed ? "all" : thousands(retryable)}`;
  return [
    `folder  ${folders.map((folder) => escaped(folder)).join(", ")}`,
    ...(runs.length > 0 ? [`runs    ${runsText(runs)}`] : []),
    ...shards.map((row) => `shards  ${shardsText(row)}`),
    `${paint.good("saved")}   ${thousands(saved)}${unchanged > 0 ? "" : ` (${bytesText(bytes)})`}`,
    ...(duplicates > 0 ? [`        ${thousands(duplicates)} of them fetched for another line`] : []),
    ...(unchanged > 0
      ? [`same    ${thousands(unchanged)} unchanged on the server; all bodies ${bytesText(bytes)}`]
      : []),
    ...(skipped > 0 ? [`skipped ${thousands(skipped)}`] : []),
    `${failed > 0 ? paint.bad("failed") : "failed"}  ${thousands(failed)}${failed > 0 ? ` (${rateText(percent)} %)${retry}` : ""}`,
    ...(retries > 0 ? [`retried ${timesText(retries)}`] : []),
    ...took(statistics),
    ...(unreadable > 0 ? [`left out ${thousands(unreadable)} lines of the journal that are no records`] : []),
  ];
}

function runsText(runs: readonly RunEntry[]): string {
  const last = runs.at(-1);
  if (last === undefined) return "";
  const end = last.endAtMs === undefined ? "under way or killed" : `until ${timeText(last.endAtMs)}`;
  const exit = last.exitCode === undefined ? "" : `, exit code ${last.exitCode}`;
  return `${thousands(runs.length)}; the last from ${timeText(last.startAtMs)}, ${end}${exit}`;
}

/** A rate over a shorter time is none. */
const MIN_RATED_MS = 100;

/** "took 12 min 3 s within 26 h 0 min, until 2026-01-02 00:00:01 UTC; 199 URL/s; one at a time it would have taken 99 h 3 min" */
function took(statistics: Statistics): string[] {
  const { span, counts, oneAtATimeMs } = statistics;
  if (span === undefined) return [];
  const [start, end] = [timeText(span.startAtMs), timeText(span.endAtMs)];
  const elapsedMs = elapsedTime(statistics);
  if (elapsedMs === undefined) return [`took    from ${start} until ${end}, with pauses`];
  const spanMs = span.endAtMs - span.startAtMs;
  const within = elapsedMs < 0.9 * spanMs ? ` within ${durationText(spanMs)}` : "";
  const rate = elapsedMs < MIN_RATED_MS ? "" : `; ${rateText((counts.urls / elapsedMs) * 1000)} URL/s`;
  const isGain = oneAtATimeMs > 1.05 * elapsedMs;
  const alone = isGain ? `; one at a time it would have taken ${durationText(oneAtATimeMs)}` : "";
  return [`took    ${durationText(elapsedMs)}${within}, until ${end}${rate}${alone}`];
}

function section(title: string, lines: readonly string[], paint: Paint): string[] {
  return lines.length === 0 ? [] : [paint.faint(title), ...lines.map((line) => `  ${line}`)];
}

function failures({ failures: rows }: Statistics): string[] {
  const cells = rows.slice(0, SHOWN_FAILURES).map(({ error, status, urls, isRetryable }) => {
    const what = status === undefined ? error : `${error} ${status}`;
    const words = error === "http_status" && status !== undefined ? (statusName(status) ?? "") : FACTS[error].label;
    return [thousands(urls), what, words, isRetryable ? "another try may help" : ""];
  });
  const rest = rows.slice(SHOWN_FAILURES).reduce((sum, { urls }) => sum + urls, 0);
  if (rest > 0) cells.push([thousands(rest), "others", "", ""]);
  return aligned(cells, [1, 2, 3]);
}

function hosts({ failingHosts }: Statistics): string[] {
  const cells = failingHosts
    .slice(0, SHOWN_HOSTS)
    .map((row) => [`${atMost(row)} of`, urlsOf(row), escaped(row.host, 100)]);
  return aligned(cells, [2]);
}

/** "up to 120" where there are too many hosts to count each. */
function atMost({ failed, maxFailedError }: HostCounts): string {
  return maxFailedError === 0 ? thousands(failed) : `${thousands(failed - maxFailedError)} to ${thousands(failed)}`;
}

function urlsOf({ urls, maxError }: HostCounts): string {
  return maxError === 0 ? thousands(urls) : `${thousands(urls - maxError)} to ${thousands(urls)}`;
}

function types({ types: rows }: Statistics): string[] {
  const shown = rows.slice(0, SHOWN_TYPES);
  const rest = rows.slice(SHOWN_TYPES);
  const sum = (key: "urls" | "bytes") => rest.reduce((total, row) => total + row[key], 0);
  if (rest.length > 0) shown.push({ type: "others", urls: sum("urls"), bytes: sum("bytes") });
  return aligned(
    shown.map(({ type, urls, bytes }) => [bytesText(bytes), thousands(urls), escaped(type, 100)]),
    [2],
  );
}

function times({ phases }: Statistics): string[] {
  const rows = phases.filter(({ urls }) => urls > 0);
  if (rows.length === 0) return [];
  const cells = rows.map(({ phase, urls, p50Ms, p90Ms, p95Ms, p99Ms }) => {
    return [phase, ...[p50Ms, p90Ms, p95Ms, p99Ms].map(durationText), thousands(urls)];
  });
  return aligned([["", "p50", "p90", "p95", "p99", "URLs"], ...cells], [0]);
}

/** Minimum number of columns of a URL beside its numbers. */
const MIN_URL_COLUMNS = 20;

function slowest({ rows: { rows } }: Statistics, columns: number): string[] {
  const slow = [...rows].sort((a, b) => b.totalMs - a.totalMs || a.n - b.n).slice(0, SHOWN_SLOWEST);
  const cells = slow.map(({ totalMs, n, outcome, reason = outcome, status }) => {
    const what = reason === "http_status" && status !== undefined ? `${reason} ${status}` : reason;
    return [durationText(totalMs), `#${n}`, escaped(what, 40)];
  });
  const lines = aligned(cells, [2]);
  const width = Math.max(0, ...lines.map((line) => line.length));
  // A section is indented by two columns, and two more are before the URL. Where it has no room it begins a line of its own.
  const beside = columns - width - 4;
  const urlColumns = beside >= MIN_URL_COLUMNS ? beside : Math.max(MIN_URL_COLUMNS, columns - WRAPPED_INDENT);
  return lines.map((line, i) => `${line.padEnd(width)}  ${cutMiddle(shortUrl(slow[i]?.url ?? ""), urlColumns)}`);
}

/** Without its middle where it is long: the end tells URLs of one host apart. */
function shortUrl(url: string): string {
  const text = escaped(redacted(url));
  if (text.length <= MAX_URL_CHARS) return text;
  const half = (MAX_URL_CHARS - 1) / 2;
  return `${text.slice(0, Math.ceil(half))}…${text.slice(-Math.floor(half))}`;
}

function againLines({ counts }: Statistics, options: ReportTextOptions & { readonly columns: number }): string[] {
  const { again, paint, columns } = options;
  const { failed, retryable } = counts;
  if (failed === 0) return [];
  const title = retryable === 0 ? "no other try is likely to help; to try nevertheless" : "to try again";
  if (again.length === 0) return [`${title}: repeat the command of the run`];
  const lines = again.map((command) => brokenCommand("  ", escaped(command, MAX_COMMAND_CHARS), columns));
  return [paint.faint(title), ...lines];
}

/** "2026-01-01 12:00:00" in UTC, as in the records. */
function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
