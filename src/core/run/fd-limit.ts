// Lowers the concurrency when file descriptors run out, as long as that may help.

/** Where one URL at a time finds no descriptor for this long, in milliseconds, its failure counts. */
const MAX_EXHAUSTION_MS = 30_000;

export interface FdLimit {
  /** Called when a descriptor was available. */
  recordSuccess(): void;
  /** Called when none was available. Returns the concurrency from now on; undefined where lowering it has not helped. */
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
      if (concurrency === 1 && nowMs - sinceMs > MAX_EXHAUSTION_MS) return undefined;
      return Math.max(1, Math.min(concurrency, inFlight) - 1);
    },
  };
}
