// How long a server asks to be left alone: Retry-After, in both of its forms.

import { httpDate } from "./dates.ts";

/** No wait is longer: 10^12 ms, some 31 years. It can still be added to a date. */
const MAX_MS = 1e12;

/**
 * Milliseconds to wait from `nowMs` on, which is the wall clock's (RFC 9110 section 10.2.3). Undefined for what is neither
 * seconds nor a date, and for a date that has passed.
 */
export function retryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1000, MAX_MS);
  const atMs = httpDate(value, nowMs);
  return atMs === undefined || atMs <= nowMs ? undefined : Math.min(atMs - nowMs, MAX_MS);
}
