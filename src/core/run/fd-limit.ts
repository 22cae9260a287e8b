// What to do without a file descriptor to be had: go on with fewer at a time, for as long as that may help.

/** Without one for so long, in milliseconds, even one URL at a time, a failure counts. */
const SCARCE_MS = 30_000;

export interface FdLimit {
  /** There was one. */
  recordSuccess(): void;
  /** There was none, with so many URLs under way: how many there may be from now on; undefined where that has not helped for long. */
  recordExhaustion(concurrency: number, inFlight: number, nowMs: number): number | undefined;
}

export function fdLimit(): FdLimit {
  let sinceMs: number | undefined;
  return {
    recordSuccess() {
      sinceMs = undefined;
    },
    recordExhaustion(concurrency, inFlight, nowMs) {
      sinceMs ??= nowMs;
      if (concurrency === 1 && nowMs - sinceMs > SCARCE_MS) return undefined;
      return Math.max(1, Math.min(concurrency, inFlight) - 1);
    },
  };
}
