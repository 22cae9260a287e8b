// The progress bar for a terminal: one line, failures above it, and the last open URLs below it.

import { MultiBar, type SingleBar } from "cli-progress";
import { LAYOUT } from "../core/layout.ts";
import type { Reporter, View } from "../core/ports.ts";
import { finished } from "../core/run/tally.ts";
import { escaped } from "../core/text/escape.ts";
import { redacted } from "../core/url/redact.ts";
import { withoutUserinfo } from "../core/url/userinfo.ts";
import { bytesText, durationText, rateText, thousands } from "./format.ts";
import { outcomeLine } from "./plain.ts";
import { type SummaryOptions, summary } from "./summary.ts";

/** Time between two redraws. */
const REDRAW_MS = 100;

/** Maximum number of open URLs shown at the end, when no job waits any more. */
const TAIL_LINES = 4;

/** Maximum number of failures shown on the terminal; all are in failed.txt. */
const MAX_FAILURE_LINES = 30;

/** Rates are averaged over this time. */
const RATE_WINDOW_MS = 5000;

export interface BarOptions extends SummaryOptions {
  readonly stream: NodeJS.WriteStream;
  readonly list?: string | undefined;
  /** Print one line per outcome, not only for failures. */
  readonly verbose: boolean;
}

/** The bar; `note` prints a line above it, which stays. */
export function bar(options: BarOptions): Reporter & { note(text: string): void } {
  const { stream, list } = options;
  const multi = new MultiBar({
    stream,
    fps: 1000 / REDRAW_MS,
    hideCursor: true,
    clearOnComplete: true,
    gracefulExit: false, // the command handles signals
    forceRedraw: true,
    emptyOnZero: true,
    format: (_options, _params, payload: { readonly text: string }) => payload.text,
  });
  const lines: SingleBar[] = [];
  const rates = movingRates();
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;

  /** A terminal without a size has 0 columns. */
  const columns = () => stream.columns || 80;
  const show = (texts: readonly string[]) => {
    for (const [i, text] of texts.entries()) {
      const line = lines[i] ?? multi.create(1, 0, { text });
      lines[i] = line;
      line.update(0, { text: fitted(text, columns()) });
    }
    for (const surplus of lines.splice(texts.length)) multi.remove(surplus);
  };
  /** Prints a line above the bar. cli-progress turns line wrapping off, so a long line is cut. */
  const above = (text: string, colour = (fit: string) => fit) => {
    const lines = text.split("\n").map((line) => colour(fitted(line, columns())));
    multi.log(`${lines.join("\n")}\n`);
  };
  const redraw = (view: View) => show([progressLine(view, rates(view)), ...tailLines(view)]);

  return {
    note: (text) => above(escaped(withoutUserinfo(text))),
    start(view) {
      redraw(view);
      timer = setInterval(() => redraw(view), REDRAW_MS);
      timer.unref();
    },
    outcome(outcome) {
      if (outcome.outcome !== "failed") {
        if (options.verbose) above(outcomeLine(outcome, list));
        return;
      }
      if (outcome.error === "interrupted") return;
      failures++;
      if (options.verbose || failures <= MAX_FAILURE_LINES) above(outcomeLine(outcome, list), options.paint.bad);
      else if (failures === MAX_FAILURE_LINES + 1)
        above(`more failures: each is in ${LAYOUT.failedList} and ${LAYOUT.journal}`);
    },
    end(view) {
      clearInterval(timer);
      redraw(view);
      multi.update();
      multi.stop();
      stream.write(`${withoutUserinfo(summary(view, options))}\n`);
    },
  };
}

interface Rates {
  readonly jobs: number;
  readonly bytes: number;
}

/** Jobs and bytes per second over the last few seconds. */
function movingRates(): (view: View) => Rates {
  const samples: { readonly atMs: number; readonly jobs: number; readonly bytes: number }[] = [];
  return (view) => {
    const now = { atMs: view.elapsedMs, jobs: finished(view.tally), bytes: view.receivedBytes() };
    samples.push(now);
    while ((samples[1]?.atMs ?? Number.POSITIVE_INFINITY) < now.atMs - RATE_WINDOW_MS) samples.shift();
    const first = samples[0] ?? now;
    const seconds = Math.max(0.05, (now.atMs - first.atMs) / 1000);
    return { jobs: (now.jobs - first.jobs) / seconds, bytes: (now.bytes - first.bytes) / seconds };
  };
}

const WIDTH = 20;

function progressLine(view: View, rates: Rates): string {
  const { failed } = view.tally;
  const done = finished(view.tally);
  const total = view.total();
  const parts = [`${view.inFlight} open`, `${rateText(rates.jobs)} URL/s`, `${bytesText(rates.bytes)}/s`];
  if (failed > 0) parts.unshift(`${thousands(failed)} failed`);
  // With a free slot, waiting jobs are held up by their hosts or rates, and not just read.
  if (view.inFlight < view.concurrency && view.waiting > 0) parts.splice(-2, 0, `${thousands(view.waiting)} waiting`);
  if (total === undefined) return [`${thousands(done)} done`, ...parts, durationText(view.elapsedMs)].join(" · ");
  const fraction = Math.min(1, done / Math.max(1, total.jobs));
  const filled = Math.round(fraction * WIDTH);
  const drawn = `${"█".repeat(filled)}${"░".repeat(WIDTH - filled)}`;
  const left = Math.max(0, total.jobs - done);
  // Once all remaining URLs are open, the rate does not predict the end.
  if (left > view.inFlight && rates.jobs > 0) parts.push(`ETA ${durationText((left / rates.jobs) * 1000)}`);
  return [`${drawn} ${thousands(done)}/${total.exact ? "" : "~"}${thousands(total.jobs)}`, ...parts].join(" · ");
}

/** The open URLs and their times, once the list is read to its end and few URLs are open. */
function tailLines(view: View): string[] {
  const total = view.total();
  const left = (total?.jobs ?? 0) - finished(view.tally);
  if (total?.exact !== true || left > view.inFlight || view.inFlight === 0 || view.inFlight > 2 * TAIL_LINES) return [];
  const nowMs = view.nowMs();
  const open = [...view.open].slice(0, TAIL_LINES);
  return open.map(
    ([job, sinceMs]) => `  #${job.n} open for ${durationText(nowMs - sinceMs)}  ${escaped(redacted(job.url), 200)}`,
  );
}

/** Cuts a text to one line of the terminal: a redraw does not erase a line that wraps. */
function fitted(text: string, columns: number): string {
  if (text.length < columns) return text;
  return `${text.slice(0, Math.max(1, columns - 2)).replace(/[\ud800-\udbff]$/, "")}…`; // without half a surrogate pair
}
