// What to do without a file descriptor to be had: go on with fewer at a time, for as long as that may help.

/** Without one for so long, in milliseconds, even one URL at a time, a failure counts. */
const SCARCE_MS = 30_000;

export interface Descriptors {
  /** There was one. */
  had(): void;
  /** There was none, with so many URLs under way: how many there may be from now on; undefined where that has not helped for long. */
  lacked(concurrency: number, inFlight: number, nowMs: number): number | undefined;
}

export function descriptors(): Descriptors {
  let sinceMs: number | undefined;
  return {
    had() {
      sinceMs = undefined;
    },
    lacked(concurrency, inFlight, nowMs) {
      sinceMs ??= nowMs;
      if (concurrency === 1 && nowMs - sinceMs > SCARCE_MS) return undefined;
      return Math.max(1, Math.min(concurrency, inFlight) - 1);
    },
  };
}
