// Parses runs.jsonl: the line that a run writes at its start, and the one at its end.

import type { AutoPoint, RunEntry } from "./statistics.ts";

const MAX_POINTS = 500;
const MAX_COMMAND_CHARS = 4000;
const MAX_WORD_CHARS = 200;

/**
 * Returns the runs in the order in which they began. A line that is no such object is left out, since another version, an
 * editor or a kill may have written it.
 */
export function parseRuns(lines: Iterable<string>): readonly RunEntry[] {
  const runs = new Map<string, RunEntry>();
  for (const line of lines) {
    const row = objectIn(line);
    const startAtMs = timeOf(row["begin"]);
    if (startAtMs === undefined) continue;
    const id = typeof row["run"] === "string" ? row["run"] : String(row["begin"]);
    const endAtMs = timeOf(row["end"]);
    // A begun line after the ended one would be another run with the same id: the first stays.
    if (endAtMs === undefined && runs.has(id)) continue;
    runs.set(id, entryOf(row, startAtMs, endAtMs));
  }
  return [...runs.values()].sort((a, b) => a.startAtMs - b.startAtMs);
}

function entryOf(row: Readonly<Record<string, unknown>>, startAtMs: number, endAtMs: number | undefined): RunEntry {
  const { version, command, exit_code: exitCode, peak_in_flight: peakInFlight, auto } = row;
  return {
    startAtMs,
    ...(endAtMs !== undefined && { endAtMs }),
    version: textOf(version, MAX_WORD_CHARS),
    command: textOf(command, MAX_COMMAND_CHARS),
    ...(isCount(exitCode) && { exitCode }),
    ...(isCount(peakInFlight) && { peakInFlight }),
    ...(Array.isArray(auto) && { auto: auto.flatMap(pointOf).slice(0, MAX_POINTS) }),
  };
}

/** `[ms, in_flight, urls_per_second, "reason"]` */
function pointOf(row: unknown): AutoPoint[] {
  const [ms, inFlight, urlsPerSecond, reason]: unknown[] = Array.isArray(row) ? row : [];
  if (!isCount(ms) || !isCount(inFlight) || !isCount(urlsPerSecond)) return [];
  return [{ ms, inFlight, urlsPerSecond, reason: textOf(reason, MAX_WORD_CHARS) }];
}

function objectIn(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {}; // checked field by field
  } catch {
    return {};
  }
}

function timeOf(value: unknown): number | undefined {
  const ms = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

function textOf(value: unknown, maxChars: number): string {
  return typeof value === "string" ? value.slice(0, maxChars) : "";
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value < Number.POSITIVE_INFINITY;
}
