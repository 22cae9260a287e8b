// Parses what people type: durations, sizes, speeds, rates, limits, statuses and headers.

import { parseListShard, shardText } from "../../core/list-shard.ts";
import { DURATION } from "../../options/row.ts";
import { SCHEDULING } from "../../options/rows/scheduling.ts";
import { type FailOn, parseFailOn } from "../../policy/fail-on.ts";
import { parseReport, REPORT_FORMATS, type ReportRequest } from "../../report/formats/registry.ts";
import { type MetricsTarget, parseMetricsTarget } from "../../report/metrics/target.ts";
import { COLUMN_ROLES, type ColumnRole, type TableOptions } from "../../source/formats/table/table-options.ts";

/** A text that an option does not accept. The message completes "is not …". */
export class ValueError extends Error {}

const DURATIONS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  "": 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const SIZES: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** Milliseconds of "500ms", "10s", "1.5m", "2h", "1d"; a number without a unit is in seconds. */
export function duration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|)$/.exec(text.trim());
  const ms = Number(match?.[1]) * (DURATIONS[match?.[2] ?? ""] ?? 1);
  const { least, most } = DURATION;
  if (!(ms >= least)) throw new ValueError("a duration such as 500ms, 10s, 5m or 2h");
  if (ms > most) throw new ValueError(`a duration of ${most / 86_400_000} days at most`);
  return ms;
}

/** Bytes of "0", "100", "10k", "1.5M", "2G", "2GiB"; units are powers of 1024. At least `least`. */
export function size(text: string, least = 0): number {
  const bytes = bytesIn(text);
  if (bytes === undefined) throw new ValueError("a size such as 500, 10k, 2M or 1G");
  if (bytes < least) throw new ValueError(`a size of at least ${least / 1024}k`);
  return bytes;
}

function bytesIn(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(text.trim());
  const bytes = Math.round(Number(match?.[1]) * (SIZES[match?.[2]?.toLowerCase() ?? ""] ?? 1));
  return match === null || !Number.isSafeInteger(bytes) ? undefined : bytes;
}

/** A whole number from `least` to `most`, or one of `words`. */
export function whole(least: number, most: number, words: readonly string[] = []): (text: string) => number | string {
  return (text) => {
    const word = text.trim().toLowerCase();
    if (words.includes(word)) return word;
    const number = /^\d+$/.test(word) ? Number(word) : Number.NaN;
    if (number >= least && number <= most) return number;
    throw new ValueError(`a whole number from ${least} to ${most}${words.map((one) => `, or ${one}`).join("")}`);
  };
}

/** "3/16": the third of 16 shards; "auto" and "auto/16", the shard of a task of an array job (array-shard.ts). */
export function shard(text: string): string {
  const [auto, ofCount] = /^auto(\/.+)?$/.exec(text.trim()) ?? [];
  if (auto !== undefined && ofCount === undefined) return auto;
  const parsed = parseListShard(auto === undefined ? text : `1${ofCount}`);
  if (parsed === undefined)
    throw new ValueError(
      "a shard such as 3/16, the third of 16 (from 1/16 to 16/16), or auto or auto/16 in an array job",
    );
  return auto === undefined ? shardText(parsed) : `auto/${parsed.count}`;
}

/** Events per second of "5", "0.5", "10/s", "30/m", "100/h". */
export function perSecond(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(?:\/(s|m|h))?$/.exec(text.trim());
  const rate = Number(match?.[1]) / ((DURATIONS[match?.[2] ?? "s"] ?? 1000) / 1000);
  const { least, most } = SCHEDULING.rate;
  if (match === null || rate <= 0) throw new ValueError("a rate such as 5, 0.5 or 30/m");
  if (rate < least || rate > most) throw new ValueError(`a rate from 1 a day to ${most} a second`);
  return rate;
}

/** Bytes per second, more than 0: a size with an optional "/s". */
export function speed(text: string): number {
  const bytes = bytesIn(text.trim().replace(/\/s$/, ""));
  if (bytes !== undefined && bytes > 0) return bytes;
  throw new ValueError("a speed such as 500k or 2M");
}

export type Header = readonly [string, string];

/** `Name: value`; a variable has one per line. */
export function header(text: string, before: readonly Header[] = []): readonly Header[] {
  const added = text.split("\n").filter((line) => line.trim() !== "");
  return [...before, ...(added.length === 0 ? [oneHeader(text)] : added.map(oneHeader))];
}

function oneHeader(line: string): Header {
  const colon = line.indexOf(":");
  if (colon < 1) throw new ValueError("one: a header is 'Name: value'");
  return [line.slice(0, colon).trim(), line.slice(colon + 1).replace(/^[\t ]+|[\t\r ]+$/g, "")];
}

type Columns = NonNullable<TableOptions["column"]>;

/** `role=column`, with commas between; a column without a name is none. */
export function columns(text: string, before: Columns = {}): Columns {
  const result: { [Role in ColumnRole]?: string | undefined } = { ...before };
  for (const part of text.split(",")) {
    const [, word = "", name = ""] = /^\s*(\w+)\s*=(.*)$/s.exec(part) ?? [];
    const role = COLUMN_ROLES.find((one) => one === word.toLowerCase());
    if (role === undefined) throw new ValueError(`columns such as url=URL,name=key (of ${COLUMN_ROLES.join(", ")})`);
    result[role] = name.trim();
  }
  return result;
}

/** Names with commas between. */
export function names(text: string, before: readonly string[] = []): readonly string[] {
  const added = text.split(",").map((name) => name.trim());
  if (added.includes("")) throw new ValueError("names of columns with commas between, or all");
  return [...before, ...added];
}

/** An option that may be repeated, and may be empty. */
export function added(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** An option that may be repeated; a variable has one value per line. `what` names one value. */
export function several(what: string): (text: string, before?: readonly string[]) => readonly string[] {
  return (text, before = []) => {
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    if (lines.length === 0) throw new ValueError(what);
    return [...before, ...lines];
  };
}

/** `[format:]file`, which may be repeated; a variable has one per line. */
export function reports(noun: string): (text: string, before?: readonly ReportRequest[]) => readonly ReportRequest[] {
  const names = REPORT_FORMATS.map(({ name }) => name).join(", ");
  return (text, before = []) => {
    const requests = several(`the path of a ${noun}`)(text).map((line) => {
      const request = parseReport(line);
      if (request !== undefined) return request;
      throw new ValueError(`the path of a ${noun}, behind one of these formats and a colon, if any: ${names}`);
    });
    return [...before, ...requests];
  };
}

/** `9100`, `host:9100`, `[::1]:9100` or `path.prom`. */
export function metricsTarget(text: string): MetricsTarget {
  const target = parseMetricsTarget(text);
  if (target !== undefined) return target;
  throw new ValueError("a port such as 9100, host:9100 or [::1]:9100, nor the path of a file that ends in .prom");
}

/** A text that is not blank. `what` names it. */
export function nonBlank(what: string): (text: string) => string {
  return (text) => {
    if (text.trim() === "") throw new ValueError(what);
    return text;
  };
}

/** One of `words`. */
export function oneOf(words: readonly string[]): (text: string) => string {
  return (text) => {
    if (words.includes(text)) return text;
    throw new ValueError(`one of ${words.join(", ")}`);
  };
}

/** Some of `words`, separated by commas. */
export function someOf(words: readonly string[]): (text: string) => readonly string[] {
  return (text) => {
    const typed = text.split(",").map((word) => word.trim().toLowerCase());
    if (typed.every((word) => words.includes(word))) return typed;
    throw new ValueError(`one or some of ${words.join(",")}`);
  };
}

/** The values of both limits. */
const LIMITS = "a number such as 10, or a share such as 5% (both over 0)";

export function failOn(text: string): FailOn {
  const parsed = parseFailOn(text);
  if (parsed === undefined) throw new ValueError(`any, never, ${LIMITS}`);
  return parsed;
}

/** A share applies from this number of finished URLs on: below it, a few failures would be a large share. */
const MIN_FINISHED_FOR_SHARE = 100;

export function maxFailures(text: string): FailOn {
  const parsed = /^\d/.test(text) ? parseFailOn(text) : undefined;
  if (parsed === undefined) throw new ValueError(LIMITS);
  return text.endsWith("%")
    ? (failed, finished) => finished >= MIN_FINISHED_FOR_SHARE && parsed(failed, finished)
    : parsed;
}

export function statuses(text: string): readonly number[] {
  const codes = text.split(",").map((code) => code.trim());
  if (!codes.every((code) => /^[1-5]\d\d$/.test(code))) {
    throw new ValueError("HTTP statuses with commas between, such as 429,503");
  }
  return codes.map(Number);
}
