// What people type: durations, sizes and counts with units, read into milliseconds, bytes and numbers.

import { InvalidArgumentError } from "./commander.ts";

const DURATIONS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  "": 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const SIZES: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** Timers hold no more: 24.8 days. */
const MAX_MS = 2 ** 31 - 1;

/** "500ms", "10s", "1.5m", "2h", "1d"; a bare number is seconds. Milliseconds, more than 0. */
export function duration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|)$/.exec(text.trim());
  const ms = Number(match?.[1]) * (DURATIONS[match?.[2] ?? ""] ?? 1);
  if (match === null || ms <= 0) throw new InvalidArgumentError("a duration such as 500ms, 10s, 5m or 2h");
  if (ms > MAX_MS) throw new InvalidArgumentError("longer than 24 days");
  return ms;
}

/** "0", "100", "10k", "1.5M", "2G": 1024-based, an optional B or iB behind. Whole bytes. */
export function size(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(text.trim());
  const bytes = Math.round(Number(match?.[1]) * (SIZES[match?.[2]?.toLowerCase() ?? ""] ?? 1));
  if (match === null || !Number.isSafeInteger(bytes))
    throw new InvalidArgumentError("a size such as 500, 10k, 2M or 1G");
  return bytes;
}

/** A whole number from `least` to `most`. */
export function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`a whole number from ${least} to ${most}`);
  };
}
