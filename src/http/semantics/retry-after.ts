// How long a server asks to be left alone: Retry-After, in both of its forms.

import { httpDate } from "./http-date.ts";

/** 30 days. A longer wait is meant otherwise: it is an overflow, in milliseconds, or of a clock that is wrong. */
const MAX_MS = 30 * 24 * 3_600_000;

/**
 * Milliseconds to wait from `nowMs` on, which is the wall clock's (RFC 9110 section 10.2.3). Undefined for what is neither
 * seconds nor a date, for a date that has passed, and for more than 30 days: such a wait is as if it were not there.
 */
export function retryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return sensible(Number(value) * 1000);
  const atMs = httpDate(value, nowMs);
  return atMs === undefined || atMs <= nowMs ? undefined : sensible(atMs - nowMs);
}

function sensible(waitMs: number): number | undefined {
  return waitMs <= MAX_MS ? waitMs : undefined;
}
