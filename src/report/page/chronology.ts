// The chronology: each request a line from its reading to its end, with its phases, as in the network panel of a browser.

import { durationText, thousands } from "../format.ts";
import { PHASES, type RequestTimes, type Statistics } from "../statistics/statistics.ts";
import { hasClock, timeAxis } from "./axes.ts";
import { type Html, html, markup, shortened, type UrlBudget, urlHtml } from "./html.ts";
import { BOX_WIDTH, plot } from "./plot.ts";
import { legend, type Section, section } from "./section.ts";
import { msCell, numbers, table } from "./table.ts";
import { utc } from "./tiles.ts";

/** Up to this many requests have their names beside them. */
const MAX_NAMED = 60;
const ROW_PX = 16;
/** Rows without names: as thick as they can be within the height of a screen. */
const MAX_ROW_PX = 6;
const MAX_PX = 720;
/** The chart is exact to this duration as far as five places allow, since it can be zoomed. */
const RESOLUTION_MS = 0.1;
/** More dots than this would cover the lines: they are smaller. */
const MANY_DOTS = 300;
/** The part of a row that the line of each phase fills: later phases are thicker, so that not only colours tell them apart. */
const THICKNESS = [0.16, 0.34, 0.46, 0.58, 0.72, 0.86] as const;

/** Where the phases of the chronology are in the names of classes: p0 to p5. */
const DRAWN = PHASES.slice(0, THICKNESS.length);

export function chronologySection({ chronology, span, counts }: Statistics): Section {
  const { requests, of } = chronology;
  const title = "Chronology";
  if (span === undefined || requests.length === 0)
    return section("chronology", title, "No request has a record yet.", "");
  const spanMs = Math.max(1, span.endAtMs - span.startAtMs);
  const isNamed = requests.length <= MAX_NAMED;
  const rowPx = isNamed ? ROW_PX : Math.min(MAX_ROW_PX, MAX_PX / requests.length);
  const heightPx = Math.max(ROW_PX, Math.round(rowPx * requests.length));
  const x = timeAxis(span.startAtMs, span.endAtMs);
  const which =
    requests.length < of
      ? html`<strong>A random sample of ${thousands(requests.length)} of ${thousands(of)} requests</strong>, each`
      : requests.length === 1
        ? "The request is"
        : `Each of the ${thousands(requests.length)} requests is`;
  const sentence = html`${which} a line from the time when its URL was read to its end, by start; the axis is ${
    hasClock(spanMs) ? "the time of day (UTC)" : `the time since ${utc(span.startAtMs)} UTC`
  }. Each phase is thicker than the one before it.`;
  const chart = plot({
    id: "lines",
    label: `${thousands(requests.length)} requests by start over ${durationText(spanMs)}; the numbers are in the table below`,
    heightPx,
    x,
    hasTicks: true,
    shapes: [...phasePaths(requests, rowPx, span.startAtMs, spanMs), ...ends(requests, rowPx, span.startAtMs, spanMs)],
    names: isNamed ? requests.map((request, i) => ({ yPx: (i + 0.5) * rowPx + 4, text: nameOf(request) })) : [],
  });
  const key = legend([
    ...DRAWN.map((phase, i) => ({ kind: `p${i}`, text: phaseName(phase) })).filter((_, i) =>
      requests.some(({ phasesMs }) => (phasesMs[i] ?? 0) > 0),
    ),
    ...(counts.failed > 0 ? [{ kind: "fail", text: "failed" }] : []),
    ...(counts.skipped > 0 ? [{ kind: "skip", text: "skipped" }] : []),
  ]);
  return section("chronology", title, sentence, [
    key,
    html`<div id="chrono" data-ms="${spanMs}" data-rows="${requests.length}" data-px="${heightPx}"${hasClock(spanMs) ? html` data-clock="${span.startAtMs}"` : ""}>${chart}</div>`,
    numbers(requestTable(requests, span.startAtMs), "The numbers of each request"),
  ]);
}

const NAMES: Readonly<Record<string, string>> = { wait: "waiting", dns: "look-up", tls: "TLS", total: "in all" };

/** What people call a phase. */
export function phaseName(phase: string): string {
  return NAMES[phase] ?? phase;
}

/** One path for the lines of each phase: far smaller than an element for each of 30,000. */
function phasePaths(requests: readonly RequestTimes[], rowPx: number, startAtMs: number, spanMs: number): Html[] {
  const unitMs = spanMs / BOX_WIDTH;
  const places = 10 ** Math.min(5, Math.max(2, Math.ceil(Math.log10(unitMs / RESOLUTION_MS))));
  const exact = (ms: number) => Math.round((ms / unitMs) * places) / places;
  const paths = DRAWN.map(() => "");
  let dots = "";
  for (const [i, { startAtMs: at, phasesMs }] of requests.entries()) {
    const y = fine((i + 0.5) * rowPx);
    let from = at - startAtMs;
    for (const [phase, ms] of phasesMs.entries()) {
      const length = exact(ms);
      if (length > 0) paths[phase] += `M${exact(from)} ${y}h${length}`;
      from += ms;
    }
    if (from - (at - startAtMs) < unitMs) dots += `M${exact(at - startAtMs)} ${y}h0`;
  }
  return [
    ...(dots === "" ? [] : [html`<path class="tiny" d="${markup(dots)}"/>`]),
    ...paths.map((d, phase) => {
      const width = fine(Math.max(rowPx, 0.6) * (THICKNESS[phase] ?? 1));
      return html`<path class="p${phase}" stroke-width="${width}" d="${markup(d)}"/>`;
    }),
  ];
}

/** Dots where failed requests ended, and squares where skipped ones did: lines without a length, whose ends keep their shape. */
function ends(requests: readonly RequestTimes[], rowPx: number, startAtMs: number, spanMs: number): Html[] {
  return (["failed", "skipped"] as const).map((outcome) => {
    let d = "";
    let dots = 0;
    for (const [i, request] of requests.entries()) {
      if (request.outcome !== outcome) continue;
      d += `M${fine(((endOf(request) - startAtMs) * BOX_WIDTH) / spanMs)} ${fine((i + 0.5) * rowPx)}h0`;
      dots++;
    }
    const kind = `${outcome === "failed" ? "fail" : "skip"}${dots > MANY_DOTS ? " many" : ""}`;
    return html`<path class="${kind}" d="${markup(d)}"/>`;
  });
}

function endOf({ startAtMs, phasesMs }: RequestTimes): number {
  return phasesMs.reduce((sum, ms) => sum + ms, startAtMs);
}

function fine(value: number): number {
  return Math.round(value * 100) / 100;
}

/** The number, and, where the page is wide, how the URL ends. */
function nameOf({ n, url }: RequestTimes): Html {
  const path = url.replace(/^\w+:\/\/[^/]*\/?/, "").replace(/[?#].*$/, "");
  return html`<tspan class="wide" x="0">${shortened(path.split("/").at(-1) || path || url, 22)}</tspan><tspan x="100%">${thousands(n)}</tspan>`;
}

const URL_BUDGET = 200_000;

function requestTable(requests: readonly RequestTimes[], startAtMs: number): Html {
  const budget: UrlBudget = { left: URL_BUDGET };
  return table(
    "Requests by start, times in milliseconds",
    [
      { title: "line", cell: ({ n }) => n },
      { title: "URL", kind: "url", cell: ({ url }) => urlHtml(url, budget) },
      { title: "outcome", kind: "text", cell: outcomeText },
      { title: "start", cell: (request) => msCell(request.startAtMs - startAtMs) || "0" },
      ...DRAWN.map((phase, i) => ({
        title: phaseName(phase),
        cell: ({ phasesMs }: RequestTimes) => msCell(phasesMs[i] ?? 0),
      })),
    ],
    requests,
    { id: "requests" },
  );
}

/** "saved", "failed: http_status 404", "skipped: robots" */
export function outcomeText({ outcome, reason, status }: Pick<RequestTimes, "outcome" | "reason" | "status">): string {
  if (reason === undefined) return outcome;
  return `${outcome}: ${shortened(reason, 60)}${reason === "http_status" && status !== undefined ? ` ${status}` : ""}`;
}
