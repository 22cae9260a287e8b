// What `-c auto` tried: the number in flight over time, the speed at each number, and the reasons.

import { durationText, rateText, thousands } from "../format.ts";
import type { AutoPoint, RunEntry } from "../statistics/statistics.ts";
import { linearAxis, logAxis, timeAxis } from "./axes.ts";
import { type Html, html, markup } from "./html.ts";
import { BOX_WIDTH, percent, plot, round } from "./plot.ts";
import { type Section, section } from "./section.ts";
import { numbers, table } from "./table.ts";

const TIME_PX = 150;
const SPEED_PX = 200;

/** Absent without `-c auto`. */
export function concurrencySection(runs: readonly RunEntry[]): Section | undefined {
  const tried = runs.flatMap((run, i) =>
    run.auto === undefined || run.auto.length === 0 ? [] : [{ points: run.auto, run: i + 1 }],
  );
  if (tried.length === 0) return undefined;
  const sentence = html`How many URLs <code>-c auto</code> had in flight, and how fast it was with each number. Each dot is one measurement; the table has the reason for each change.`;
  return section(
    "auto",
    "Concurrency",
    sentence,
    tried.map(({ points, run }) => html`${tried.length > 1 ? html`<h3>Run ${run}</h3>` : ""}${charts(points)}`),
  );
}

function charts(points: readonly AutoPoint[]): Html {
  const best = points.reduce((a, b) => (b.urlsPerSecond > a.urlsPerSecond ? b : a));
  const last = points.at(-1);
  const count = linearAxis(Math.max(...points.map(({ inFlight }) => inFlight)), thousands, 3);
  const speed = linearAxis(
    Math.max(...points.map(({ urlsPerSecond }) => urlsPerSecond)),
    (value) => rateText(value).replace(".0", ""),
    3,
  );
  const time = timeAxis(0, Math.max(1, last?.ms ?? 1));
  const numbersOf = points.map(({ inFlight }) => Math.max(1, inFlight));
  const x = logAxis(Math.min(...numbersOf) / 1.15, Math.max(...numbersOf) * 1.15, thousands);
  let line = "";
  for (const [i, { ms, inFlight }] of points.entries()) {
    const y = round((1 - count.place(inFlight)) * TIME_PX);
    line += i === 0 ? `M0 ${y}H${round(time.place(ms) * BOX_WIDTH)}` : `H${round(time.place(ms) * BOX_WIDTH)}V${y}`;
  }
  const dot = (at: number, y: number, point: AutoPoint) =>
    html`<circle class="${point === best ? "best" : "dot"}" cx="${percent(at)}" cy="${round(y)}" r="${point === best ? 6 : 3.5}"><title>${pointText(point)}</title></circle>`;
  return html`<div class="panels"><figure><figcaption><b>URLs in flight over time</b>${
    last === undefined ? "" : html` <span>at last ${thousands(last.inFlight)}: ${last.reason}</span>`
  }</figcaption>${plot({
    label: `URLs in flight over ${durationText(last?.ms ?? 0)}`,
    heightPx: TIME_PX,
    x: time,
    y: count,
    hasTicks: true,
    shapes: [html`<path class="line urls" d="${markup(line)}"/>`],
    marks: points.map((point) => dot(time.place(point.ms), (1 - count.place(point.inFlight)) * TIME_PX, point)),
  })}</figure><figure><figcaption><b>URLs a second at each number in flight</b> <span>fastest: ${rateText(best.urlsPerSecond)} URL/s with ${thousands(best.inFlight)} (the large dot)</span></figcaption>${plot(
    {
      label: `URLs a second at each number in flight; fastest with ${thousands(best.inFlight)}`,
      heightPx: SPEED_PX,
      x,
      y: speed,
      hasTicks: true,
      shapes: [],
      marks: points.map((point) =>
        dot(x.place(Math.max(1, point.inFlight)), (1 - speed.place(point.urlsPerSecond)) * SPEED_PX, point),
      ),
    },
  )}</figure></div>${numbers(
    table(
      "What was tried, and why it changed",
      [
        { title: "after, s", cell: ({ ms }) => (ms / 1000).toFixed(1) },
        { title: "in flight", cell: ({ inFlight }) => thousands(inFlight) },
        { title: "URL/s", cell: ({ urlsPerSecond }) => rateText(urlsPerSecond) },
        { title: "reason", kind: "url", cell: ({ reason }) => reason },
      ],
      points,
    ),
    "The numbers and reasons",
  )}`;
}

function pointText({ ms, inFlight, urlsPerSecond, reason }: AutoPoint): string {
  return `${thousands(inFlight)} in flight, ${rateText(urlsPerSecond)} URL/s, after ${durationText(ms)}: ${reason}`;
}
