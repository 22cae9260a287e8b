// Decides by the latency of recent writes whether the disk is fast enough to write in the main thread.

/** Decides by numbers alone: milliseconds of any monotonic clock. */
export interface DiskLatency {
  /**
   * Whether to write synchronously now. On a slow disk it is true now and then, for one write that measures the disk
   * again.
   */
  isFast(nowMs: number): boolean;
  /** Records a synchronous write that ended now. */
  record(ms: number, bytes: number, nowMs: number): void;
  /** Records a file that was written in the thread pool. */
  recordAsync?(ms: number): void;
}

/** A fast write takes at most 1 ms per file and 1 ms per 256 KiB; the detour through the thread pool costs about 0.1 ms. */
const FAST_FILE_MS = 1;
const FAST_BYTES_PER_MS = 262_144;

/**
 * Weight of one write in the moving average, and its maximum ratio to a fast write: one slow write is ignored, two in a
 * row are not.
 */
const AVERAGE_WEIGHT = 1 / 8;
const MAX_RATIO = 6;

/** The disk is slow at an average ratio of 1, and fast again below this one (hysteresis). */
const FAST_AGAIN_RATIO = 0.5;

/** A slow disk is measured again after 250 ms at the earliest, and so seldom that this takes at most 1/20 of the time. */
const PROBE_MS = 250;
const PROBE_SHARE = 20;

/** The disk is fast until writes are seen to be slow. */
export function diskLatency(): DiskLatency {
  let isFast = true;
  let averageRatio = 0;
  let probeAtMs = 0;

  return {
    isFast: (nowMs) => isFast || nowMs >= probeAtMs,
    record(ms, bytes, nowMs) {
      const ratio = ms / (FAST_FILE_MS + bytes / FAST_BYTES_PER_MS);
      averageRatio += (Math.min(ratio, MAX_RATIO) - averageRatio) * AVERAGE_WEIGHT;
      isFast = averageRatio < (isFast ? 1 : FAST_AGAIN_RATIO);
      // After a fast write the next one is measured as well.
      probeAtMs = ratio < 1 ? nowMs : nowMs + Math.max(PROBE_MS, ms * PROBE_SHARE);
    },
  };
}

/**
 * Ignores slow writes during which this process waited for a CPU: they do not measure the disk. `switches` returns the
 * number of involuntary context switches so far (getrusage(2)).
 */
export function unlessBusy(disk: DiskLatency, switches: () => number = involuntarySwitches): DiskLatency {
  let seen = switches();
  return {
    isFast: (nowMs) => disk.isFast(nowMs),
    record(ms, bytes, nowMs) {
      if (ms >= FAST_FILE_MS) {
        const before = seen;
        seen = switches();
        if (seen > before) return;
      }
      disk.record(ms, bytes, nowMs);
    },
  };
}

/** A write that takes this many milliseconds delays signals, timers and all connections. */
const STUCK_MS = 100;

/**
 * Uses the thread pool at once after one write that took far too long, until a file there was faster, or for 20 times
 * as long as that write took.
 */
export function unlessStuck(disk: DiskLatency): DiskLatency {
  let stuckUntilMs = Number.NEGATIVE_INFINITY;
  return {
    isFast: (nowMs) => nowMs >= stuckUntilMs && disk.isFast(nowMs),
    record(ms, bytes, nowMs) {
      if (ms >= STUCK_MS) stuckUntilMs = nowMs + ms * PROBE_SHARE;
      disk.record(ms, bytes, nowMs);
    },
    recordAsync(ms) {
      if (ms < STUCK_MS) stuckUntilMs = Number.NEGATIVE_INFINITY;
    },
  };
}

/** Never fast once `stop` is aborted: the main thread must not be delayed any more. */
export function untilStopped(disk: DiskLatency, stop: AbortSignal | undefined): DiskLatency {
  return stop === undefined ? disk : { ...disk, isFast: (nowMs) => !stop.aborted && disk.isFast(nowMs) };
}

function involuntarySwitches(): number {
  return process.resourceUsage().involuntaryContextSwitches;
}
