// Aligns the clocks of several processes: the origin of `performance.now()` on the machine's monotonic clock.

/** Time on the machine's monotonic clock, in milliseconds, at which this process's `performance.now()` was zero. */
export function timeOriginMs(): number {
  return Number(process.hrtime.bigint()) / 1e6 - performance.now();
}
