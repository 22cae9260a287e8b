// The progress bar for a terminal: one line of numbers, failures above it, and what takes longest below it.

import { MultiBar, type Options, type SingleBar } from "cli-progress";
import type { Reporter, View } from "../../core/ports.ts";
import { escaped } from "../../core/text/escape.ts";
import { withoutUserinfo } from "../../core/url/userinfo.ts";
import { type SummaryOptions, summary } from "../summary.ts";
import { cutEnd, fitted, type UrlLine } from "./fit.ts";
import { type LiveTerminal, liveTerminal } from "./live-terminal.ts";
import type { PlaceOptions } from "./outcome-line.ts";
import { outcomeLines } from "./outcome-lines.ts";
import { progressLine } from "./progress-line.ts";
import { movingRates } from "./rates.ts";
import { slowedText, slowestLines } from "./slowest.ts";
import { wrapped } from "./wrap.ts";

/** Time between two redraws. */
const REDRAW_MS = 100;

/** Maximum number of lines about failures on the terminal; all failures are in failed.txt. */
const MAX_FAILURE_LINES = 30;

/** Rates are averaged over this time. */
const RATE_WINDOW_MS = 5000;

export interface BarOptions extends SummaryOptions, PlaceOptions {
  readonly stream: NodeJS.WriteStream;
  /** Print one line per outcome, not only for failures. */
  readonly verbose: boolean;
}

/** The bar; `note` prints a line above it, which stays. */
export function bar(options: BarOptions): Reporter & { note(text: string): void } {
  const { stream } = options;
  /** A terminal without a size has 0 columns. The last column stays empty: some terminals break a line that is full. */
  const columns = () => (stream.columns || 80) - 1;
  const settings: Options & { readonly terminal: LiveTerminal } = {
    stream,
    terminal: liveTerminal(stream, () => columns() + 1),
    fps: 1000 / REDRAW_MS,
    hideCursor: true,
    clearOnComplete: true,
    gracefulExit: false, // the command handles signals
    forceRedraw: true,
    emptyOnZero: true,
    format: (_options, _params, payload: { readonly text: string }) => payload.text,
  };
  const multi = new MultiBar(settings);
  const lines: SingleBar[] = [];
  const rates = movingRates(RATE_WINDOW_MS);
  let timer: NodeJS.Timeout | undefined;
  let last: View | undefined;

  const show = (texts: readonly string[]) => {
    const shown = texts.slice(0, Math.max(1, (stream.rows || 24) - 1));
    for (const [i, text] of shown.entries()) {
      const line = lines[i] ?? multi.create(1, 0, { text });
      lines[i] = line;
      line.update(0, { text });
    }
    for (const surplus of lines.splice(shown.length)) multi.remove(surplus);
  };
  /** Prints a line above the bar: broken between words if it has no URL. cli-progress turns the terminal's own breaking off. */
  const above = (line: UrlLine, colour = (fit: string) => fit) => {
    const isMessage = line.url === "" && line.back === "";
    // The stack of a bug has several lines.
    const isStack = line.front.includes("\n");
    const text = isMessage ? wrapped(line.front, columns()) : isStack ? line.front : fitted(line, columns());
    const texts = text.split("\n").map((one) => colour(cutEnd(one, columns())));
    multi.log(`${texts.join("\n")}\n`);
  };
  const redraw = (view: View) => {
    const slowed = slowedText(view);
    show([
      progressLine(view, rates(view), columns()),
      ...(slowed === undefined ? [] : [cutEnd(`  ${slowed}`, columns())]),
      ...slowestLines(view, columns()).map((line) => fitted(line, columns())),
    ]);
  };
  const print = outcomeLines({
    ...options,
    maxFailures: MAX_FAILURE_LINES,
    print: (line, isFailure) => above(line, isFailure ? options.paint.bad : undefined),
  });
  const onResize = () => {
    if (last === undefined) return;
    redraw(last);
    multi.update();
  };

  return {
    note: (text) => above({ front: escaped(withoutUserinfo(text)), url: "", back: "" }),
    start(view) {
      last = view;
      redraw(view);
      stream.on("resize", onResize);
      timer = setInterval(() => redraw(view), REDRAW_MS);
      timer.unref();
    },
    outcome: print,
    end(view) {
      clearInterval(timer);
      stream.off("resize", onResize);
      last = undefined;
      redraw(view);
      multi.update();
      multi.stop();
      stream.write(`${withoutUserinfo(summary(view, { ...options, columns }))}\n`);
    },
  };
}
