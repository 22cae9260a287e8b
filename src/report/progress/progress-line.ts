// The line of the progress bar: the numbers of a run, as many as the columns take, the most important first.

import type { View } from "../../core/ports.ts";
import { finished } from "../../core/run/tally.ts";
import { bytesText, rateText, secondsText, thousands } from "../format.ts";
import { widthOf } from "./fit.ts";
import { etaMs, type Rates } from "./rates.ts";

/** The numbers in the order in which they are shown. */
type Part =
  | "count"
  | "share"
  | "saved"
  | "failed"
  | "retrying"
  | "inFlight"
  | "waiting"
  | "rate"
  | "bytes"
  | "speed"
  | "elapsed"
  | "eta";

/** The order in which they get room; the drawing needs what is left. */
const BY_IMPORTANCE: readonly Part[] = [
  "count",
  "failed",
  "eta",
  "rate",
  "speed",
  "elapsed",
  "bytes",
  "retrying",
  "inFlight",
  "waiting",
  "share",
  "saved",
];

/** Number of the most important numbers that get room before the drawing does. */
const BEFORE_DRAWING = 8;

/** Columns from which the drawing is shown, and its width. */
const MIN_COLUMNS_TO_DRAW = 60;
const MIN_DRAWN = 10;
const MAX_DRAWN = 30;

/** A lower rate, in URLs per second, would be shown as 0.0. */
const MIN_RATE = 0.05;

const BETWEEN = " · ";

/** Returns the line, of at most this many columns. */
export function progressLine(view: View, rates: Rates, columns: number): string {
  const texts = textsOf(view, rates);
  const total = view.total();
  const canDraw = total !== undefined && columns >= MIN_COLUMNS_TO_DRAW;
  const shown = new Set<Part>();
  let width = 0;
  let drawn = 0;
  for (const [i, part] of BY_IMPORTANCE.entries()) {
    if (i === BEFORE_DRAWING && canDraw && width + MIN_DRAWN < columns) {
      drawn = MIN_DRAWN;
      width += MIN_DRAWN + 1;
    }
    const text = texts[part];
    if (text === undefined) continue;
    const needed = widthOf(text) + (shown.size === 0 ? 0 : BETWEEN.length);
    if (width + needed > columns) continue;
    width += needed;
    shown.add(part);
  }
  const parts = PARTS.flatMap((part) => (shown.has(part) ? (texts[part] ?? []) : []));
  const line = parts.join(BETWEEN);
  if (drawn === 0 || total === undefined) return line;
  drawn = Math.min(MAX_DRAWN, MIN_DRAWN + columns - width);
  const filled = Math.round(shareOf(view, total.jobs) * drawn);
  return `${"█".repeat(filled)}${"░".repeat(drawn - filled)} ${line}`;
}

const PARTS: readonly Part[] = [
  "count",
  "share",
  "saved",
  "failed",
  "retrying",
  "inFlight",
  "waiting",
  "rate",
  "bytes",
  "speed",
  "elapsed",
  "eta",
];

function textsOf(view: View, rates: Rates): Readonly<Partial<Record<Part, string>>> {
  const { tally, inFlight, waiting, retrying } = view;
  const done = finished(tally);
  const total = view.total();
  const eta = etaMs(view, rates);
  const count =
    total === undefined
      ? `${thousands(done)} done`
      : `${thousands(done)}/${total.exact ? "" : "~"}${thousands(total.jobs)}`;
  // Jobs that wait for a retry are counted once. With a free slot, the others are held up by their hosts or rates.
  const held = inFlight < view.concurrency ? waiting - retrying : 0;
  return {
    count,
    ...(total && { share: `${Math.floor(100 * shareOf(view, total.jobs))} %` }),
    ...(tally.failed > 0 && { saved: `${thousands(tally.saved)} saved`, failed: `${thousands(tally.failed)} failed` }),
    ...(retrying > 0 && { retrying: `${thousands(retrying)} retrying` }),
    ...(inFlight > 0 && { inFlight: `${thousands(inFlight)} in flight` }),
    ...(held > 0 && { waiting: `${thousands(held)} waiting` }),
    ...(rates.jobs >= MIN_RATE && { rate: `${rateText(rates.jobs)} URL/s` }),
    bytes: bytesText(view.receivedBytes()),
    speed: `${bytesText(rates.bytes)}/s`,
    elapsed: secondsText(view.elapsedMs),
    ...(eta !== undefined && { eta: `ETA ${secondsText(eta)}` }),
  };
}

/** The part of the list that is done: bodies that arrive count as far as they are here. */
function shareOf(view: View, jobs: number): number {
  const arrived = view
    .transfers()
    .reduce((sum, { bytes, wholeBytes }) => sum + (wholeBytes ? bytes / wholeBytes : 0), 0);
  return Math.min(1, (finished(view.tally) + arrived) / Math.max(1, jobs));
}
