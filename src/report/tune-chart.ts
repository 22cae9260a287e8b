// Draws the measurements of `bulkget tune` as SVG: throughput above and latency below, over the concurrency.

import { bytesText, durationText, rateText } from "./format.ts";
import type { FileKind } from "./own-file.ts";
import type { StepRow } from "./tune-table.ts";

export interface ChartOptions {
  readonly title: string;
  /** The concurrency to choose. */
  readonly knee: number | undefined;
}

export const CHART_MARK = "<!-- made by bulkget tune -->";

/** A file with the mark near its beginning. */
export const CHART_FILE: FileKind = { noun: "chart of bulkget tune", matches: (head) => head.includes(CHART_MARK) };

const WIDTH = 720;
const LEFT = 76;
const RIGHT = WIDTH - 24;
const UPPER = { top: 64, bottom: 244 } as const;
const LOWER = { top: 300, bottom: 440 } as const;
const HEIGHT = 492;
/** From this average size of a body on, the throughput is shown in bytes per second. */
const LARGE_BYTES = 65_536;

const STYLE = `
  svg { background: #fff; font: 13px system-ui, sans-serif; }
  text { fill: #333; } .faint { fill: #777; } .title { font-size: 16px; font-weight: 600; fill: #111; }
  .grid { stroke: #e3e3e3; } .axis { stroke: #999; } .knee { stroke: #999; stroke-dasharray: 4 4; } .kneetext { fill: #111; font-weight: 600; }
  .speed { stroke: #1565c0; } .p50 { stroke: #2e7d32; } .p95 { stroke: #ef6c00; } path { fill: none; stroke-width: 2; }
  .dspeed { fill: #1565c0; } .dp50 { fill: #2e7d32; } .dp95 { fill: #ef6c00; } .failed { fill: none; stroke: #c62828; stroke-width: 2; } .tfailed { fill: #c62828; }
  @media (prefers-color-scheme: dark) {
    svg { background: #16181c; } text { fill: #ccc; } .faint { fill: #999; } .title, .kneetext { fill: #fff; }
    .grid { stroke: #2c3036; } .axis, .knee { stroke: #777; }
    .speed { stroke: #64b5f6; } .p50 { stroke: #81c784; } .p95 { stroke: #ffb74d; }
    .dspeed { fill: #64b5f6; } .dp50 { fill: #81c784; } .dp95 { fill: #ffb74d; } .failed { stroke: #ef5350; } .tfailed { fill: #ef5350; }
  }
`;

interface Panel {
  readonly top: number;
  readonly bottom: number;
  /** The value at its top. */
  readonly most: number;
  readonly label: (value: number) => string;
}

/** The steps must be sorted by concurrency. */
export function tuneChart(steps: readonly StepRow[], { title, knee }: ChartOptions): string {
  const most = Math.max(2, ...steps.map(({ concurrency }) => concurrency));
  const x = (concurrency: number) => LEFT + ((RIGHT - LEFT) * Math.log2(concurrency)) / Math.log2(most);
  const urls = steps.reduce((sum, { finished }) => sum + finished, 0);
  const bytes = steps.reduce((sum, step) => sum + step.bytes, 0);
  const isLarge = bytes > LARGE_BYTES * urls;
  const speedOf = (step: StepRow) => ((isLarge ? step.bytes : step.finished - step.failed) * 1000) / step.ms;
  const unit = isLarge ? "bytes a second" : "URLs a second";
  // Times of steps with many failures do not show the latency of responses.
  const answered = steps.filter(({ finished, failed }) => finished > 2 * failed);
  const speeds = panel(UPPER, steps.map(speedOf), isLarge ? bytesText : rateText, isLarge ? 1024 : 1000);
  const times = panel(
    LOWER,
    answered.map(({ p95Ms }) => p95Ms),
    durationText,
  );
  const line = (on: Panel, kind: string, rows: readonly StepRow[], of: (step: StepRow) => number) => {
    const points = rows.map((step) => [x(step.concurrency), yOf(on, of(step))] as const);
    const path = points.map(([px, py], i) => `${i === 0 ? "M" : "L"}${round(px)} ${round(py)}`).join("");
    const dots = points.map(([px, py]) => `<circle class="d${kind}" cx="${round(px)}" cy="${round(py)}" r="3.5"/>`);
    return [`<path class="${kind}" d="${path}"/>`, ...dots];
  };
  const failed = steps
    .filter((step) => step.failed > 0)
    .map(
      (step) =>
        `<circle class="failed" cx="${round(x(step.concurrency))}" cy="${round(yOf(speeds, speedOf(step)))}" r="7"><title>${step.failed} of ${step.finished} failed</title></circle>`,
    );
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img">`,
    CHART_MARK,
    `<title>${text(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<text class="title" x="${LEFT}" y="28">${text(title)}</text>`,
    ...grid(speeds),
    ...grid(times),
    ...steps.flatMap(({ concurrency }) => tick(x(concurrency), concurrency)),
    ...kneeLine(knee, x),
    ...line(speeds, "speed", steps, speedOf),
    ...failed,
    ...line(times, "p50", answered, ({ p50Ms }) => p50Ms),
    ...line(times, "p95", answered, ({ p95Ms }) => p95Ms),
    `<text x="${LEFT}" y="${UPPER.top - 12}">${unit}</text>`,
    failed.length > 0
      ? `<text class="tfailed" x="${RIGHT}" y="${UPPER.top - 12}" text-anchor="end">○ some failed</text>`
      : "",
    `<text x="${LEFT}" y="${LOWER.top - 12}">time to the outcome: <tspan class="dp50">median</tspan>, <tspan class="dp95">95 %</tspan></text>`,
    `<text class="faint" x="${(LEFT + RIGHT) / 2}" y="${HEIGHT - 12}" text-anchor="middle">URLs at a time (-c)</text>`,
    "</svg>",
  ]
    .filter((part) => part !== "")
    .join("\n")}\n`;
}

type Place = Pick<Panel, "top" | "bottom">;

function panel(place: Place, values: readonly number[], label: Panel["label"], base = 1000): Panel {
  const most = Math.max(1e-3, ...values);
  const unit = Math.max(1, base ** Math.floor(Math.log(most) / Math.log(base)));
  return { ...place, most: unit * roundUp(most / unit), label };
}

function yOf({ top, bottom, most }: Panel, value: number): number {
  return bottom - ((bottom - top) * value) / most;
}

/** Horizontal lines at each quarter, with their values. */
function grid(on: Panel): string[] {
  return [0, 0.25, 0.5, 0.75, 1].flatMap((part) => {
    const y = round(yOf(on, part * on.most));
    const label = part === 0 ? "0" : on.label(part * on.most);
    return [
      `<line class="${part === 0 ? "axis" : "grid"}" x1="${LEFT}" x2="${RIGHT}" y1="${y}" y2="${y}"/>`,
      `<text class="faint" x="${LEFT - 8}" y="${y + 4}" text-anchor="end">${label}</text>`,
    ];
  });
}

function tick(x: number, concurrency: number): string[] {
  return [UPPER, LOWER].map(
    ({ bottom }) => `<text class="faint" x="${round(x)}" y="${bottom + 18}" text-anchor="middle">${concurrency}</text>`,
  );
}

function kneeLine(knee: number | undefined, x: (concurrency: number) => number): string[] {
  if (knee === undefined) return [];
  const at = round(x(knee));
  const isRight = at > (LEFT + RIGHT) / 2;
  const [place, anchor] = isRight ? [at - 8, "end"] : [at + 8, "start"];
  return [
    ...[UPPER, LOWER].map(({ top, bottom }) => `<line class="knee" x1="${at}" x2="${at}" y1="${top}" y2="${bottom}"/>`),
    `<text class="kneetext" x="${place}" y="${UPPER.bottom - 10}" text-anchor="${anchor}">knee: -c ${knee}</text>`,
  ];
}

/** Rounds up to 1, 2, 4, 6, 8 or 10 times a power of ten, whose quarters have few digits. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 4, 6, 8].find((step) => value <= step * power) ?? 10);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function text(value: string): string {
  return value
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, "?");
}
