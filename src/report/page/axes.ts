// The axes of the charts: places between 0 and 1 of values, and ticks with labels that people read easily.

import { scaleLinear, scaleLog, scaleUtc } from "d3-scale";
import { durationText, thousands } from "../format.ts";

export interface Tick {
  /** From 0 to 1 along the axis. */
  readonly at: number;
  readonly label: string;
}

export interface Axis {
  /** From 0 to 1. */
  readonly place: (value: number) => number;
  readonly ticks: readonly Tick[];
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** From this span on, the axis shows the time of day instead of the time since the start. */
const CLOCK_MS = 20 * MINUTE_MS;
/** d3 makes as many or a few more or fewer, at round values. */
const TIME_TICKS = 8;
/** With more, labels touch: of them, each second one or so is left. */
const MAX_TICKS = 10;

/** From 0 to at least `most`, with some `count` ticks; `unit` is 1024 ** n for bytes, so that the ticks are round. */
export function linearAxis(most: number, label: (value: number) => string, count = 2, unit = 1): Axis {
  const scale = scaleLinear([0, most > 0 ? most / unit : 1], [0, 1]).nice(count);
  const ticks = most > 0 ? scale.ticks(count) : [0];
  return {
    place: (value) => scale(value / unit),
    ticks: ticks.map((tick) => ({ at: scale(tick), label: tick === 0 ? "0" : label(tick * unit) })),
  };
}

/** A count beside an axis: "500", "20 k", "1.5 M". */
export function countLabel(count: number): string {
  if (count < 10_000) return thousands(count);
  return count < 1e6 ? `${Number((count / 1000).toPrecision(3))} k` : `${Number((count / 1e6).toPrecision(3))} M`;
}

/** The powers of ten from `least` to `most`, or 1, 2 and 5 times these if there are few. */
export function logAxis(least: number, most: number, label: (value: number) => string): Axis {
  const scale = scaleLog([least, Math.max(most, least * 1.01)], [0, 1]);
  const all = scale.ticks(50);
  const round = all.filter((tick) => /^[125](?:e|\.0*e)/.test(tick.toExponential(6)));
  const powers = round.filter((tick) => /^1/.test(tick.toExponential(6)));
  const [found = scaleLinear([least, most], [0, 1]).ticks(5)] = [powers, round].filter(({ length }) => length >= 3);
  return axisOf(scale, thinned(found), label);
}

function thinned<Value>(ticks: readonly Value[]): Value[] {
  const each = Math.ceil(ticks.length / MAX_TICKS);
  return ticks.filter((_, i) => i % each === 0);
}

/** The same for bytes, with ticks at powers of two: at each, each second, fifth or tenth one. */
export function byteAxis(least: number, most: number, label: (value: number) => string): Axis {
  const scale = scaleLog([least, Math.max(most, least * 1.01)], [0, 1]).base(2);
  const from = Math.ceil(Math.log2(least) - 1e-9);
  const to = Math.floor(Math.log2(most) + 1e-9);
  const step = [1, 2, 5].find((one) => (to - from) / one <= 7) ?? 10;
  const ticks: number[] = [];
  for (let power = Math.ceil(from / step) * step; power <= to; power += step) ticks.push(2 ** power);
  return axisOf(scale, ticks, label);
}

function axisOf(place: (value: number) => number, values: readonly number[], label: (value: number) => string): Axis {
  return { place, ticks: values.map((value) => ({ at: place(value), label: label(value) })) };
}

/** Whether a time axis of this length shows the time of day (UTC). */
export function hasClock(spanMs: number): boolean {
  return spanMs >= CLOCK_MS;
}

/** Times in milliseconds since 1970: of a short run as time since its start, otherwise the time of day (UTC). */
export function timeAxis(startAtMs: number, endAtMs: number): Axis {
  const spanMs = Math.max(1, endAtMs - startAtMs);
  const place = (atMs: number) => Math.min(1, Math.max(0, (atMs - startAtMs) / spanMs));
  if (!hasClock(spanMs)) {
    // From 1970 on, so that the ticks are at whole seconds and minutes since the start.
    const ticks =
      spanMs < 10_000
        ? scaleLinear([0, spanMs], [0, 1]).ticks(TIME_TICKS)
        : scaleUtc([0, spanMs], [0, 1]).ticks(TIME_TICKS).map(Number);
    return { place, ticks: thinned(ticks).map((ms) => ({ at: ms / spanMs, label: sinceStart(ms) })) };
  }
  const ticks = scaleUtc([startAtMs, endAtMs], [0, 1]).ticks(TIME_TICKS);
  return { place, ticks: thinned(ticks).map((date) => ({ at: place(date.getTime()), label: clockLabel(date) })) };
}

function sinceStart(ms: number): string {
  if (ms === 0) return "0";
  return ms % 1000 === 0 || ms < 1000 ? durationText(ms).replace(".0 s", " s").replace(" 0 s", "") : `${ms / 1000} s`;
}

function clockLabel(date: Date): string {
  if (date.getTime() % DAY_MS !== 0) return date.toISOString().slice(11, 16);
  return `${MONTHS[date.getUTCMonth()]} ${date.getUTCDate()}`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
