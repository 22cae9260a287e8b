// How much work is done in a time, in one number for small bodies and large ones.

import type { Sample } from "../../core/run/concurrency-sampler.ts";

/** So many bytes are as much work as a URL: large bodies count by their bytes, small ones by their number. */
const BYTES_A_URL = 65_536;

/** URLs a second, and bytes in their terms; what was lost is none. */
export function throughputOf({ ms, finished, lost, bytes, inFlight, latencyMs }: Sample): number {
  const counted = finished / ms;
  // Little's law: the same in the long run, and right where a server answers in waves that the interval does not fit.
  const perMs = latencyMs > 0 ? (counted + inFlight / latencyMs) / 2 : counted;
  return 1000 * (perMs * (1 - lost / Math.max(finished, 1)) + bytes / BYTES_A_URL / ms);
}
