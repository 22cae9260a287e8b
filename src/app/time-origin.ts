// One clock for several processes.

/** What the machine's own clock shows, in milliseconds, when this process's `performance.now()` shows zero. */
export function timeOriginMs(): number {
  return Number(process.hrtime.bigint()) / 1e6 - performance.now();
}
