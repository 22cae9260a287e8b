// The head of the page: what it is about, the figures to know first, and the runs that made them.

import { bytesText, durationText, rateText, thousands } from "../format.ts";
import { elapsedTime } from "../statistics/elapsed-time.ts";
import { shardsText } from "../statistics/shards.ts";
import type { RunEntry, Statistics } from "../statistics/statistics.ts";
import { type Html, html } from "./html.ts";
import { countText, numbers, shareText, table } from "./table.ts";

/** Of a shorter run a rate says nothing. */
const MIN_MS = 10;

export function heading({ folders, span, counts }: Statistics): Html {
  const sentence =
    span === undefined
      ? "No URL has a record yet."
      : `${countText(counts.urls)} with a record. ${utc(span.startAtMs)} to ${endOf(span)} UTC.`;
  return html`<header><p class="brand">bulkget report</p><h1>${folders.join(", ")}</h1><p class="says">${sentence}</p></header>`;
}

/** "2026-11-29 17:36:02" */
export function utc(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 19).replace("T", " ");
}

/** The end without its day if that is the day of the start. */
function endOf({ startAtMs, endAtMs }: { readonly startAtMs: number; readonly endAtMs: number }): string {
  const end = utc(endAtMs);
  return utc(startAtMs).slice(0, 10) === end.slice(0, 10) ? end.slice(11) : end;
}

export function tiles(statistics: Statistics): Html {
  const { counts, span, oneAtATimeMs, runs, shards } = statistics;
  const { urls, saved, unchanged, failed, skipped, retryable, bytes, retries, duplicates, unreadable } = counts;
  const elapsedMs = elapsedTime(statistics) ?? 0;
  const spanMs = span === undefined ? 0 : span.endAtMs - span.startAtMs;
  const faster = elapsedMs > 0 && oneAtATimeMs >= 1000 ? oneAtATimeMs / elapsedMs : 0;
  return html`<dl class="tiles">${[
    tile("Saved", thousands(saved), [
      shareText(saved, urls),
      unchanged > 0 && `${thousands(unchanged)} more unchanged`,
      duplicates > 0 && `${thousands(duplicates)} duplicates`,
    ]),
    tile("Failed", thousands(failed), [
      shareText(failed, urls),
      failed > 0 && (retryable > 0 ? `${thousands(retryable)} worth another try` : "none worth another try"),
    ]),
    tile("Skipped", thousands(skipped), [skipped > 0 ? "by robots rules" : "none"]),
    tile("Bytes", bytesText(bytes), [saved > 0 && `${bytesText(bytes / saved)} a body on average`]),
    tile("Time", timeText(elapsedMs), [
      runs.length > 1 && `in ${runs.length} runs`,
      elapsedMs === 0 && spanMs > 0 && "with pauses that are not known",
      elapsedMs < 0.9 * spanMs && `within ${durationText(spanMs)}`,
      retries > 0 && `${thousands(retries)} repeated tries`,
    ]),
    tile("URL/s", elapsedMs >= MIN_MS ? rateText((urls * 1000) / elapsedMs) : "–", [
      elapsedMs >= MIN_MS && `${bytesText((bytes * 1000) / elapsedMs)}/s`,
    ]),
    tile("One at a time", timeText(oneAtATimeMs), [
      "it would have taken",
      faster >= 1.05 && `${faster < 10 ? faster.toFixed(1) : thousands(faster)} times as long`,
    ]),
  ]}</dl>${unreadable > 0 ? html`<p class="note">${thousands(unreadable)} lines of the journal are not records, and are not counted.</p>` : ""}${shards.map((row) => html`<p class="note">Shards: ${shardsText(row)}.</p>`)}`;
}

function timeText(ms: number): string {
  return ms > 0 ? durationText(ms) : "–";
}

function tile(name: string, figure: string, more: readonly (string | false)[]): Html {
  // "3 min 20 s": the units are smaller than the numbers.
  const value = figure
    .split(/( [a-zA-Z]+)/)
    .map((part) => (part.startsWith(" ") ? html`<small>${part}</small>` : part));
  return html`<div><dt>${name}</dt><dd>${value}</dd>${more.filter((text) => text !== false).map((text) => html`<dd class="more">${text}</dd>`)}</div>`;
}

/** The runs in the folder, as runs.jsonl has them. */
export function runsTable(runs: readonly RunEntry[]): Html {
  if (runs.length === 0) return html``;
  return numbers(
    table(
      "The runs in this folder",
      [
        { title: "run", cell: (run) => runs.indexOf(run) + 1 },
        { title: "start (UTC)", kind: "text", cell: (run) => utc(run.startAtMs) },
        {
          title: "time",
          cell: ({ startAtMs, endAtMs }) =>
            endAtMs === undefined ? "no end recorded" : durationText(endAtMs - startAtMs),
        },
        { title: "exit code", cell: ({ exitCode }) => exitCode ?? "" },
        { title: "most in flight", cell: ({ peakInFlight }) => peakInFlight ?? "" },
        { title: "version", kind: "text", cell: ({ version }) => version },
        { title: "command", kind: "url", cell: ({ command }) => command },
      ],
      runs,
    ),
    runs.length === 1 ? "The run" : `The ${runs.length} runs`,
  );
}
