// Times by phase and by host: histograms on one logarithmic axis, and the ranges of the hosts with most URLs.

import { durationText, thousands } from "../format.ts";
import type { Histogram, HostCounts, PhaseTimes, Statistics } from "../statistics/statistics.ts";
import { type Axis, countLabel, linearAxis, logAxis } from "./axes.ts";
import { phaseName } from "./chronology.ts";
import { type Html, html, markup, shortened } from "./html.ts";
import { BOX_WIDTH, percent, plot, round } from "./plot.ts";
import { legend, type Section, section } from "./section.ts";
import { msCell, numbers, table } from "./table.ts";

const PANEL_PX = 46;
/** Columns of a histogram: on a phone each is some seven pixels wide. */
const COLUMNS = 45;
const ROW_PX = 24;
const MAX_HOSTS = 20;
/** The least time of an axis. */
const LEAST_MS = 0.01;

/** The percentiles, each with a mark of its own. */
const PERCENTILES = [
  { name: "p50", of: (times: PhaseTimes) => times.p50Ms },
  { name: "p90", of: (times: PhaseTimes) => times.p90Ms },
  { name: "p95", of: (times: PhaseTimes) => times.p95Ms },
  { name: "p99", of: (times: PhaseTimes) => times.p99Ms },
] as const;

export function timesSection({ phases, hosts }: Statistics): Section {
  const title = "Times";
  const measured = phases.filter(({ urls }) => urls > 0);
  if (measured.length === 0) return section("times", title, "No request was measured.", "");
  const range = rangeOf(measured.map(({ histogram }) => histogram));
  const [least, most] = range;
  const x = logAxis(Math.max(least, LEAST_MS), most, durationLabel);
  const charts = measured.map((times, i) => {
    const histogram = joined(times.histogram, range);
    const y = linearAxis(Math.max(...histogram.counts), countLabel, 1);
    const figures = PERCENTILES.map(({ name, of }) => html`<span>${name} <b>${durationText(of(times))}</b></span> `);
    return html`<figure><figcaption><b>${phaseName(times.phase)}</b> ${figures}</figcaption>${plot({
      label: `${phaseName(times.phase)}: ${PERCENTILES.map(({ name, of }) => `${name} ${durationText(of(times))}`).join(", ")}`,
      heightPx: PANEL_PX,
      x,
      y,
      hasTicks: i === measured.length - 1,
      shapes: [columns(histogram, x, y, PANEL_PX, `h${PHASE_KINDS[times.phase]}`)],
      marks: PERCENTILES.map(({ name, of }) => percentileMark(name, x.place(Math.max(LEAST_MS, of(times))))),
    })}</figure>`;
  });
  const sentence =
    "How long each phase took, as far as requests had it: most connections serve many requests. The higher a column, the more URLs took that long. The axis is logarithmic: equal distances are equal factors.";
  return section("times", title, sentence, [
    legend([
      { kind: "k50", text: "half took at most this long (p50)" },
      { kind: "k90", text: "90 and 95 of 100" },
      { kind: "k99", text: "99 of 100 (p99)" },
    ]),
    html`<div class="panels phases">${charts}</div>`,
    numbers(phaseTable(measured)),
    ...byHost(hosts.slice(0, MAX_HOSTS)),
  ]);
}

const PHASE_KINDS: Readonly<Record<string, string>> = {
  wait: "0",
  dns: "1",
  connect: "2",
  tls: "3",
  "first byte": "4",
  body: "5",
  total: "t",
};

function durationLabel(ms: number): string {
  return durationText(ms)
    .replace(".0 s", " s")
    .replace(/(\.\d)0 ms/, "$1 ms")
    .replace(/ 0 s$/, "");
}

function percentileMark(name: string, at: number): Html {
  return html`<line class="k${name.slice(1)}" x1="${percent(at)}" x2="${percent(at)}" y2="${PANEL_PX}"/>`;
}

/** From the lower bound of the first bucket that has any to the upper bound of the last. */
export function rangeOf(histograms: readonly Histogram[]): readonly [least: number, most: number] {
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  for (const { bounds, counts } of histograms) {
    for (const [i, count] of counts.entries()) {
      if (count === 0) continue;
      const to = bounds[i + 1] ?? 0;
      least = Math.min(least, bounds[i] || to / 2);
      most = Math.max(most, to);
    }
  }
  return most === 0 ? [1, 10] : [least, most];
}

/** The columns of a histogram as one path. */
export function columns({ bounds, counts }: Histogram, x: Axis, y: Axis, heightPx: number, kind: string): Html {
  let d = "";
  for (const [i, count] of counts.entries()) {
    if (count === 0) continue;
    const to = bounds[i + 1] ?? 0;
    const from = BOX_WIDTH * Math.max(0, x.place(bounds[i] || to / 2));
    // A single URL among millions is seen as well.
    const height = Math.max(1.5, heightPx * y.place(count));
    d += `M${round(from)} ${heightPx}V${round(heightPx - height)}H${round(Math.max(from + 1, BOX_WIDTH * x.place(to) - 0.6))}V${heightPx}`;
  }
  return html`<path class="col ${kind}" d="${markup(d)}"/>`;
}

/**
 * The same counts in fewer buckets, so that at most `most` of them are between these bounds. Which are joined depends on their
 * bounds alone, so that histograms on one axis have the same columns.
 */
export function joined(
  { bounds, counts }: Histogram,
  [from, to]: readonly [number, number],
  most = COLUMNS,
): Histogram {
  const [first = 1, second = 1] = bounds.slice(-2);
  const factor = Math.log(second / first);
  const size = Math.max(1, Math.ceil(Math.log(to / from) / factor / most));
  const joinedBounds: number[] = [];
  const joinedCounts: number[] = [];
  let group: number | undefined;
  for (const [i, count] of counts.entries()) {
    const bound = bounds[i] ?? 0;
    const own = bound > 0 ? Math.floor(Math.round(Math.log(bound) / factor) / size) : Number.NEGATIVE_INFINITY;
    if (own !== group) {
      joinedBounds.push(bound);
      joinedCounts.push(0);
    }
    group = own;
    joinedCounts.push((joinedCounts.pop() ?? 0) + count);
  }
  return { bounds: [...joinedBounds, bounds.at(-1) ?? 0], counts: joinedCounts };
}

function phaseTable(phases: readonly PhaseTimes[]): Html {
  return table(
    "Times by phase, in milliseconds",
    [
      { title: "phase", kind: "text", cell: ({ phase }) => phaseName(phase) },
      { title: "URLs", cell: ({ urls }) => thousands(urls) },
      ...PERCENTILES.map(({ name, of }) => ({ title: name, cell: (times: PhaseTimes) => msCell(of(times)) || "0" })),
    ],
    phases,
  );
}

/** Without the port that all have: it would take the room in which names differ. */
function withoutCommonPort(hosts: readonly string[]): readonly string[] {
  const [port = ""] = /:\d+$/.exec(hosts[0] ?? "") ?? [];
  return hosts.every((host) => host.endsWith(port))
    ? hosts.map((host) => host.slice(0, host.length - port.length))
    : hosts;
}

/** From p50 to p95 of each host: a line between a dot and a bar. */
function byHost(hosts: readonly HostCounts[]): Html[] {
  const shown = hosts.flatMap(({ host, urls, p50Ms = 0, p95Ms = 0 }) =>
    p95Ms > 0 ? [{ host, urls, p50Ms, p95Ms }] : [],
  );
  if (shown.length < 2) return [];
  const least = Math.min(...shown.map(({ p50Ms, p95Ms }) => Math.max(LEAST_MS, p50Ms || p95Ms)));
  const x = logAxis(least / 1.3, Math.max(...shown.map(({ p95Ms }) => p95Ms)) * 1.3, durationLabel);
  const heightPx = shown.length * ROW_PX;
  const names = withoutCommonPort(shown.map(({ host }) => host));
  const marks = shown.map(({ host, p50Ms, p95Ms }, i) => {
    const y = (i + 0.5) * ROW_PX;
    const [half, most] = [p50Ms, p95Ms].map((ms) => percent(x.place(Math.max(LEAST_MS, ms))));
    return html`<g><title>${host}: p50 ${durationText(p50Ms)}, p95 ${durationText(p95Ms)}</title><line class="range" x1="${half}" x2="${most}" y1="${y}" y2="${y}"/><circle class="half" cx="${half}" cy="${y}" r="4.5"/><line class="most" x1="${most}" x2="${most}" y1="${y - 6}" y2="${y + 6}"/></g>`;
  });
  const chart = plot({
    label: `Times of ${shown.length} hosts, from p50 to p95`,
    heightPx,
    x,
    hasTicks: true,
    shapes: [],
    marks,
    names: names.map((name, i) => ({
      yPx: (i + 0.5) * ROW_PX + 4,
      text: html`<tspan class="wide">${shortened(name, 26)}</tspan><tspan class="narrow">${shortened(name, 14)}</tspan>`,
    })),
  });
  return [
    html`<h3>By host</h3><p class="says">From the dot, which half of the URLs took at most, to the bar, which 95 of 100 did: the ${shown.length} hosts with most URLs.</p>${chart}`,
    numbers(
      table(
        "Times by host, in milliseconds",
        [
          { title: "host", kind: "url", cell: ({ host }) => host },
          { title: "URLs", cell: ({ urls }) => thousands(urls) },
          { title: "p50", cell: ({ p50Ms }) => msCell(p50Ms) || "0" },
          { title: "p95", cell: ({ p95Ms }) => msCell(p95Ms) || "0" },
        ],
        shown,
      ),
    ),
  ];
}
