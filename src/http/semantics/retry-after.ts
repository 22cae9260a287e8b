// Parses Retry-After: seconds or an HTTP-date (RFC 9110 section 10.2.3).

import { httpDate } from "../../core/http/http-date.ts";

/** Maximum wait, in milliseconds: 30 days. Longer ones are an overflow, a value in milliseconds, or of a wrong clock. */
const MAX_MS = 30 * 24 * 3_600_000;

/**
 * Returns the milliseconds to wait from `nowMs` (wall clock) on. Undefined, as without the header, for an invalid value, for a
 * date in the past, and for more than 30 days.
 */
export function retryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return atMost30Days(Number(value) * 1000);
  const atMs = httpDate(value, nowMs);
  return atMs === undefined || atMs <= nowMs ? undefined : atMost30Days(atMs - nowMs);
}

function atMost30Days(waitMs: number): number | undefined {
  return waitMs <= MAX_MS ? waitMs : undefined;
}
