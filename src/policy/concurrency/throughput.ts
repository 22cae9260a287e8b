// Throughput as one number for small and large bodies.

import type { Sample } from "../../core/run/concurrency-sampler.ts";

/** Bytes that count as one URL: small bodies count by their number, large ones by their bytes. */
const BYTES_PER_URL = 65_536;

/** Returns URLs per second, plus bytes converted to URLs. Lost tries do not count. */
export function throughputOf({ ms, finished, lost, bytes, inFlight, latencyMs }: Sample): number {
  const counted = finished / ms;
  // The mean with Little's law, which equals it over time, and is exact where answers come in waves that do not fit the sample.
  const perMs = latencyMs > 0 ? (counted + inFlight / latencyMs) / 2 : counted;
  return 1000 * (perMs * (1 - lost / Math.max(finished, 1)) + bytes / BYTES_PER_URL / ms);
}
