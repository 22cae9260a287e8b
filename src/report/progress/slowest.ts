// The lines below the progress bar: what slowed a host just now, and the slowest bodies or the last URLs.

import type { Job } from "../../core/job.ts";
import type { View } from "../../core/ports.ts";
import { finished } from "../../core/run/tally.ts";
import { escaped } from "../../core/text/escape.ts";
import { redacted } from "../../core/url/redact.ts";
import { shortWords } from "../failure-words.ts";
import { bytesText, secondsText, thousands } from "../format.ts";
import type { UrlLine } from "./fit.ts";
import { restMs } from "./rates.ts";

/** Maximum number of URLs that are shown. */
const MAX_LINES = 3;

/** A body is shown after this time in flight: of smaller ones there is nothing to watch. */
const MIN_SHOWN_MS = 2000;

/** At the end of the list, the last URLs are shown if there are at most this many. */
const MAX_TAIL = 8;

/** A narrower terminal has no room for the time of a body beside its URL. */
const WIDE_COLUMNS = 60;

/** How long it is shown that a host was slowed. */
const SLOWED_MS = 10_000;

/** Returns the URLs that take longest: large bodies by what is left of them, at the end of the list the oldest URLs. */
export function slowestLines(view: View, columns: number): UrlLine[] {
  const nowMs = view.nowMs();
  const transfers = view.transfers();
  const slow = transfers
    .filter(({ sinceMs }) => nowMs - sinceMs >= MIN_SHOWN_MS)
    .sort((a, b) => (restMs(b, nowMs) ?? 0) - (restMs(a, nowMs) ?? 0));
  const total = view.total();
  const left = (total?.jobs ?? 0) - finished(view.tally);
  const isTail = total?.exact === true && left <= view.inFlight && view.inFlight > 0 && view.inFlight <= MAX_TAIL;
  // Bodies that are only a part of what is in flight do not decide when the run ends.
  if (!isTail) return 2 * slow.length < view.inFlight ? [] : slow.slice(0, MAX_LINES).map(lineOfTransfer);
  if (slow.length > 0) return slow.slice(0, MAX_LINES).map(lineOfTransfer);
  return [...view.open]
    .slice(0, MAX_LINES)
    .map(([job, sinceMs]) => lineOf(job, `in flight for ${secondsText(nowMs - sinceMs)}`));

  function lineOfTransfer({ job, sinceMs, bytes, wholeBytes }: (typeof transfers)[number]): UrlLine {
    if (wholeBytes === undefined || wholeBytes === 0)
      return lineOf(job, `${bytesText(bytes)}, ${secondsText(nowMs - sinceMs)}`);
    const percent = Math.min(100, Math.floor((100 * bytes) / wholeBytes));
    const share = `${percent} % of ${bytesText(wholeBytes)}`;
    return lineOf(job, columns < WIDE_COLUMNS ? share : `${share}, ${secondsText(nowMs - sinceMs)}`);
  }
}

function lineOf({ n, url }: Job, what: string): UrlLine {
  return { front: `  #${n} ${what}  `, url: escaped(redacted(url), 2000), back: "" };
}

/** Returns "example.org slowed: 503, 12 other hosts before"; undefined if no host was slowed within the last `withinMs`. */
export function slowedText(view: View, withinMs = SLOWED_MS): string | undefined {
  const { slowed } = view;
  if (slowed === undefined || view.nowMs() - slowed.atMs > withinMs) return undefined;
  const others = slowed.hosts - 1;
  const more = others === 0 ? "" : `; ${thousands(others)} other host${others === 1 ? "" : "s"} before`;
  return `${escaped(slowed.host, 100)} slowed: ${shortWords(slowed.error, slowed.status)}${more}`;
}
