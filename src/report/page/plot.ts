// The frame of a chart: SVG with values on the left, grid lines, ticks below, and shapes that stretch to the width of the page.

import type { Axis, Tick } from "./axes.ts";
import { type Html, html, markup } from "./html.ts";

/** Shapes are drawn in a box of this width and of the chart's height, which stretches: texts and lines keep their size. */
export const BOX_WIDTH = 1000;

/** Below the lowest line of a chart with ticks. */
const TICKS_PX = 22;

/** Labels closer to the right end than this end there. */
const NEAR_END = 0.04;

export interface Plot {
  /** What a screen reader reads. */
  readonly label: string;
  readonly heightPx: number;
  readonly x: Axis;
  /** The values on the left; or rows with names. */
  readonly y?: Axis;
  readonly names?: readonly { readonly yPx: number; readonly text: Html }[];
  /** Whether the ticks of `x` have labels. */
  readonly hasTicks: boolean;
  /** Paths in the stretched box. */
  readonly shapes: readonly Html[];
  /** What keeps its proportions: its places are percentages. */
  readonly marks?: readonly Html[];
  readonly id?: string;
}

export function plot({ label, heightPx, x, y, names = [], hasTicks, shapes, marks = [], id }: Plot): Html {
  const total = heightPx + (hasTicks ? TICKS_PX : 0);
  const levels = (y?.ticks ?? []).map((tick) => ({ ...tick, yPx: Math.round((1 - tick.at) * heightPx) }));
  const aside = [
    ...levels.map(({ yPx, label: text }) => html`<text x="100%" y="${yPx + 4}">${text}</text>`),
    ...names.map(({ yPx, text }) => html`<text x="100%" y="${round(yPx)}">${text}</text>`),
  ];
  const gutter = html`<svg class="y" height="${total}" aria-hidden="true">${aside}</svg>`;
  return html`<div class="plot${names.length > 0 ? " named" : ""}">${gutter}<svg class="p" height="${total}" role="img" aria-label="${label}"${
    id === undefined ? "" : html` id="${id}"`
  }>
<g class="grid">${levels.map(({ yPx, at }) => html`<line${at === 0 ? markup(' class="base"') : ""} x2="100%" y1="${yPx}" y2="${yPx}"/>`)}${x.ticks.map((tick) => verticalLine(tick.at, heightPx))}</g>
<svg class="s" viewBox="0 0 ${BOX_WIDTH} ${heightPx}" width="100%" height="${heightPx}" preserveAspectRatio="none">${shapes}</svg>
${marks}${hasTicks ? html`<g class="x">${x.ticks.map((tick, i) => tickLabel(tick, i, heightPx))}</g>` : ""}</svg></div>`;
}

function verticalLine(at: number, heightPx: number): Html {
  return html`<line x1="${percent(at)}" x2="${percent(at)}" y2="${heightPx}"/>`;
}

/** On a phone each second label is left out. */
function tickLabel({ at, label }: Tick, i: number, heightPx: number): Html {
  const anchor = at > 1 - NEAR_END ? "end" : "middle";
  return html`<text${i % 2 === 1 ? markup(' class="odd"') : ""} x="${percent(at)}" y="${heightPx + 16}" text-anchor="${anchor}">${label}</text>`;
}

/** A line of steps over `values`, each of this width (0 to 1) but the last, which ends where the chart does; closed to an area. */
export function steps(values: readonly number[], y: Axis, heightPx: number, width: number, kind: string): Html {
  if (values.length === 0) return html``;
  const top = (value: number) => round((1 - y.place(value)) * heightPx);
  let line = "";
  for (const [i, value] of values.entries()) {
    line += `${i === 0 ? `M0 ${top(value)}` : `V${top(value)}`}H${round((i === values.length - 1 ? 1 : Math.min(1, (i + 1) * width)) * BOX_WIDTH)}`;
  }
  return html`<path class="area ${kind}" d="${markup(line)}V${heightPx}H0Z"/><path class="line ${kind}" d="${markup(line)}"/>`;
}

/** A bar of a table: `share` of the column, 0 to 1. */
export function bar(share: number, kind = ""): Html {
  const width = share > 0 ? Math.max(0.5, share * 100) : 0;
  return html`<svg class="bar ${kind}" width="100%" height="10" aria-hidden="true"><rect width="${round(width)}%" height="10"/></svg>`;
}

export function percent(at: number): string {
  return `${Math.round(at * 10_000) / 100}%`;
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
