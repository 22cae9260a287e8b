// The line of an outcome, escaped for a terminal: place, what happened, tries, URL.

import type { Failed, Job, Outcome } from "../../core/job.ts";
import type { Layout } from "../../core/layout.ts";
import { refusalIn } from "../../core/scheduler/refusal.ts";
import { escaped, escapedStack } from "../../core/text/escape.ts";
import { earlierWords, failureWords, withoutDetail } from "../failure-words.ts";
import { bytesText, durationText } from "../format.ts";
import type { UrlLine } from "./fit.ts";

export interface PlaceOptions {
  /** The names of the run's own files. Default: those of a run of a whole list. */
  readonly layout?: Layout;
  /** The name of the list, if there is only one. Outcomes of several lists have their own. */
  readonly list?: string | undefined;
  /** Whether the lines of a list are those of a file: not of a table, a listing or a URL. Default: yes. */
  readonly hasLines?: ((list: string) => boolean) | undefined;
}

/** Returns `urls.txt:42`; or `#42`, where the number is not that of a line in a file. */
export function placeOf(outcome: Outcome, job: Job | undefined, { list, hasLines }: PlaceOptions): string {
  const named = outcome.list ?? list;
  const isRow = named !== undefined && hasLines?.(named) === false;
  // A row that cannot be read has its line.
  const isLine = outcome.outcome === "failed" && outcome.error === "invalid_row" && outcome.line !== undefined;
  if (named === undefined || (isRow && !isLine)) return `#${outcome.n}`;
  if (outcome.line === undefined && job?.numbered === true) return `#${outcome.n}`;
  return `${escaped(named)}:${outcome.line ?? outcome.n}`;
}

/** Maximum length of a URL that is escaped, in characters: more than is shown. */
const MAX_URL = 2000;

/** Returns the line of an outcome at this place. */
export function outcomeLine(outcome: Outcome, place: string): UrlLine {
  const url = escaped(withoutMiddle(outcome.url), MAX_URL + 1);
  const kept = outcome.file === undefined ? "" : `; ${escaped(outcome.file)} is kept as it was`;
  const line = (what: string) => ({ front: `${place}: ${what}: `, url, back: "" });
  if (outcome.outcome === "failed") return failedLine(outcome, place, url, kept);
  const after = triesText(outcome.attempts, earlierWords(outcome.retried_after ?? [], NONE));
  if (outcome.outcome === "skipped")
    return line(`skipped, ${escaped(outcome.reason, 40)} (${escaped(outcome.detail, 300)})${after}${kept}`);
  const file = outcome.file === undefined ? "" : ` ${escaped(outcome.file)}`;
  const what = `${bytesText(outcome.bytes)}, ${durationText(outcome.total_ms)}${opened(outcome)}${after}`;
  return line(`${outcome.outcome}${file} (${what})`);
}

const NONE = { error: "interrupted", detail: "" } as const;

function failedLine(outcome: Failed, place: string, url: string, kept: string): UrlLine {
  const { error, detail } = outcome;
  if (error === "invalid_url" || error === "unsupported_scheme") {
    const [front, back] = [`${place}: not a URL that can be fetched: "`, `" (${escaped(detail, 200)})`];
    const what = error === "invalid_url" ? "not a URL" : "not http or https";
    return { front, shortFront: `${place}: ${what}: `, url, back, shortBack: "" };
  }
  // The stack of a bug is shown in full.
  const words = failureWords(error, error === "internal" ? escapedStack(detail) : escaped(detail, 300));
  const tries = triesText(outcome.attempts, earlierWords(outcome.retried_after ?? [], outcome));
  const brief = `${withoutDetail(error, words)}${triesText(outcome.attempts, [])}`;
  return { front: `${place}: ${words}${tries}${kept}: `, shortFront: `${place}: ${brief}: `, url, back: "" };
}

/** The line for all lines of a host that gets no requests any more; undefined for any other failure. */
export function downLine({ error, detail }: Failed, place: string): UrlLine | undefined {
  const refusal = refusalIn(detail);
  if (refusal === undefined) return undefined;
  const last = failureWords(error, escaped(refusal.last, 300));
  return { front: `${place}: ${escaped(refusal.why, 200)}: ${last}; its lines are not tried`, url: "", back: "" };
}

/** ", 4 tries, earlier: 502 Bad Gateway; connection lost …": nothing after one try. */
function triesText(attempts: number, earlier: readonly string[]): string {
  const tries = attempts > 1 ? `, ${attempts} tries` : "";
  return earlier.length === 0 ? tries : `${tries}, earlier: ${escaped(earlier.join("; "), 400)}`;
}

/** The times of a new connection, if one was opened for the URL. */
function opened({ dns_ms, connect_ms, tls_ms }: Outcome): string {
  const steps = [
    ["look-up", dns_ms],
    ["connect", connect_ms],
    ["TLS", tls_ms],
  ] as const;
  const taken = steps.flatMap(([step, ms]) => (ms === undefined ? [] : [`${step} ${durationText(ms)}`]));
  return taken.length === 0 ? "" : ` with ${taken.join(", ")}`;
}

function withoutMiddle(url: string): string {
  return url.length <= MAX_URL ? url : `${url.slice(0, MAX_URL / 2)}…${url.slice(1 - MAX_URL / 2)}`;
}
