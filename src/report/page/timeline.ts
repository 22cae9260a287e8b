// The course of the run: URLs, bytes and failures a second, and URLs in flight, one below the other on one axis of time.

import { bytesText, durationText, rateText, thousands } from "../format.ts";
import type { Statistics, Timeline } from "../statistics/statistics.ts";
import { hasClock, linearAxis, timeAxis } from "./axes.ts";
import { type Html, html } from "./html.ts";
import { percent, plot, steps } from "./plot.ts";
import { type Section, section } from "./section.ts";
import { countText, numbers, table } from "./table.ts";
import { runsTable, utc } from "./tiles.ts";

/** A step of fewer URLs than this jumps by chance alone. */
const URLS_A_STEP = 10;
const MIN_STEPS = 30;
const MAX_STEPS = 240;
/** Rows of the table below the charts. */
const MAX_ROWS = 120;
const PANEL_PX = 88;
/** Of fewer URLs the chronology shows all that there is to see. */
const MIN_URLS = 10;

/** A last step that is shorter than this part of the others is joined to the one before: a single URL there would be a peak. */
const SHORTEST_STEP = 0.5;

/** One step of the charts. */
interface Step {
  readonly atMs: number;
  readonly ms: number;
  readonly finished: number;
  readonly failed: number;
  readonly bytes: number;
  readonly inFlight: number;
}

interface Panel {
  readonly title: string;
  readonly kind: string;
  readonly of: (step: Step) => number;
  readonly label: (value: number) => string;
  readonly isBytes?: true;
}

const PANELS: readonly Panel[] = [
  { title: "URLs a second", kind: "urls", of: (step) => perSecond(step.finished, step), label: rateLabel },
  {
    title: "Bytes a second",
    kind: "urls",
    of: (step) => perSecond(step.bytes, step),
    label: (value) => bytesText(value).replace(".0 ", " "),
    isBytes: true,
  },
  { title: "Failures a second", kind: "failed", of: (step) => perSecond(step.failed, step), label: rateLabel },
  { title: "URLs in flight", kind: "flight", of: ({ inFlight }) => inFlight, label: rateLabel },
];

function perSecond(count: number, { ms }: Step): number {
  return (count * 1000) / ms;
}

function rateLabel(value: number): string {
  return value < 10 ? String(Number(value.toPrecision(2))) : thousands(value);
}

export function timelineSection({ timeline, span, runs, counts }: Statistics): Section {
  const title = "Over time";
  if (span === undefined) return section("time", title, "No URL has a record yet.", "");
  const spanMs = span.endAtMs - span.startAtMs;
  if (spanMs < 10) {
    return section(
      "time",
      title,
      `All finished within ${durationText(Math.max(1, spanMs))}: too short for a chart.`,
      runsTable(runs),
    );
  }
  if (counts.urls < MIN_URLS) {
    return section(
      "time",
      title,
      `${countText(counts.urls)} in ${durationText(spanMs)}: too few for a chart.`,
      runsTable(runs),
    );
  }
  const found = stepsOf(timeline, span.endAtMs, joined(timeline, counts.urls, MIN_STEPS, MAX_STEPS));
  const x = timeAxis(span.startAtMs, span.endAtMs);
  const width = (found[0]?.ms ?? spanMs) / spanMs;
  const going = runs.slice(1).filter(({ startAtMs }) => startAtMs > span.startAtMs && startAtMs < span.endAtMs);
  const marks = going.map((run) => ({ at: x.place(run.startAtMs), run: runs.indexOf(run) + 1 }));
  const charts = PANELS.map(({ title: name, kind, of, label, isBytes }, i) => {
    const values = found.map(of);
    const most = Math.max(...values);
    const unit = isBytes ? 1024 ** Math.max(0, Math.floor(Math.log(Math.max(1, most)) / Math.log(1024))) : 1;
    const y = linearAxis(most, label, 2, unit);
    const hasTicks = i === PANELS.length - 1;
    return html`<figure><figcaption><b>${name}</b> <span>${most === 0 ? "none" : `at most ${label(most)}`}</span></figcaption>${plot(
      {
        label: `${name} over time, at most ${label(most)}`,
        heightPx: most === 0 ? 24 : PANEL_PX,
        x,
        y,
        hasTicks,
        shapes: [steps(values, y, most === 0 ? 24 : PANEL_PX, width, kind)],
        marks: marks.map(({ at, run }) => runMark(at, run, i === 0)),
      },
    )}</figure>`;
  });
  const sentence = html`Each step is ${durationText(found[0]?.ms ?? spanMs)}; the axis is ${
    hasClock(spanMs) ? "the time of day (UTC)" : `the time since ${utc(span.startAtMs)} UTC`
  }.${
    counts.retries > 0 ? " In flight, the tries of a URL count as if there were no pause between them." : ""
  }${going.length === 0 ? "" : ` A dashed line marks where a run went on with what an earlier one left.`}`;
  return section("time", title, sentence, [
    html`<div class="panels">${charts}</div>`,
    numbers(stepTable(timeline, span)),
    runsTable(runs),
  ]);
}

function runMark(at: number, run: number, isNamed: boolean): Html {
  const [anchor, dx] = at > 0.85 ? ["end", -6] : ["start", 6];
  return html`<line class="run" x1="${percent(at)}" x2="${percent(at)}" y1="${isNamed ? -8 : 0}" y2="${PANEL_PX}"/>${
    isNamed ? html`<text class="run" x="${percent(at)}" dx="${dx}" y="2" text-anchor="${anchor}">run ${run}</text>` : ""
  }`;
}

/** How many bins are one step, so that there are `least` to `most` steps of enough URLs. */
function joined({ finished }: Timeline, urls: number, least: number, most: number): number {
  const wanted = Math.min(most, Math.max(least, urls / URLS_A_STEP));
  return Math.max(1, Math.ceil(finished.length / wanted));
}

function stepsOf(timeline: Timeline, endAtMs: number, bins: number): Step[] {
  const { startAtMs, binMs, finished } = timeline;
  const found: Step[] = [];
  const sum = (values: readonly number[], from: number) => values.slice(from, from + bins).reduce((a, b) => a + b, 0);
  for (let from = 0; from < finished.length; from += bins) {
    const atMs = startAtMs + from * binMs;
    if (atMs >= endAtMs && from > 0) break;
    const ms = Math.max(1, Math.min(binMs * bins, endAtMs - atMs));
    found.push({
      atMs,
      ms,
      finished: sum(timeline.finished, from),
      failed: sum(timeline.failed, from),
      bytes: sum(timeline.bytes, from),
      inFlight: (sum(timeline.inFlight, from) * binMs) / ms,
    });
  }
  const [before, last] = found.slice(-2);
  if (before !== undefined && last !== undefined && last.ms < SHORTEST_STEP * before.ms)
    found.splice(-2, 2, together(before, last));
  return found;
}

function together(a: Step, b: Step): Step {
  const ms = a.ms + b.ms;
  return {
    atMs: a.atMs,
    ms,
    finished: a.finished + b.finished,
    failed: a.failed + b.failed,
    bytes: a.bytes + b.bytes,
    inFlight: (a.inFlight * a.ms + b.inFlight * b.ms) / ms,
  };
}

function stepTable(
  timeline: Timeline,
  { startAtMs, endAtMs }: { readonly startAtMs: number; readonly endAtMs: number },
): Html {
  const rows = stepsOf(timeline, endAtMs, Math.max(1, Math.ceil(timeline.finished.length / MAX_ROWS)));
  const isClock = hasClock(endAtMs - startAtMs);
  return table(
    `Over time, in steps of ${durationText(rows[0]?.ms ?? 0)}`,
    [
      {
        title: isClock ? "from (UTC)" : "from, s",
        cell: ({ atMs }) => (isClock ? utc(atMs) : ((atMs - startAtMs) / 1000).toFixed(2)),
        value: ({ atMs }) => atMs - startAtMs,
      },
      { title: "URLs", cell: ({ finished }) => thousands(finished) },
      { title: "URL/s", cell: (step) => rateText(perSecond(step.finished, step)) },
      { title: "failed", cell: ({ failed }) => thousands(failed) },
      { title: "bytes", cell: ({ bytes }) => bytesText(bytes), value: ({ bytes }) => bytes },
      {
        title: "bytes/s",
        cell: (step) => bytesText(perSecond(step.bytes, step)),
        value: (step) => Math.round(perSecond(step.bytes, step)),
      },
      { title: "in flight", cell: ({ inFlight }) => inFlight.toFixed(1) },
    ],
    rows,
  );
}
