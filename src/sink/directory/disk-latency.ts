// Whether the disk takes what it is given at once, or is better left to the thread pool: decided by what its writes took.

/** Decides by numbers alone: milliseconds of any clock that does not jump. */
export interface DiskLatency {
  /** Whether to write synchronously now. While the disk is slow, now and then for one write: to see whether it still is. */
  now(nowMs: number): boolean;
  /** A synchronous write of so many bytes took so long, and ended now. */
  took(ms: number, bytes: number, nowMs: number): void;
  /** A file took so long in the thread pool. */
  tookLater?(ms: number): void;
}

/** What is quick: a millisecond for a file, and one for every 256 KiB; a trip through the pool costs a tenth of that. */
const FILE_MS = 1;
const BYTES_PER_MS = 262_144;

/** A write weighs an eighth of the mean, and at most so many times what is quick: one hiccup is none, two in a row are. */
const WEIGHT = 1 / 8;
const MOST = 6;

/** Slow with a mean above what is quick, and quick again below half of that. */
const QUICK_AGAIN = 0.5;

/** A slow disk is tried after a quarter of a second, and so rarely that trying takes no more than a twentieth of the time. */
const TRY_MS = 250;
const TRY_SHARE = 20;

/** Takes a disk for quick until it is seen to be slow. */
export function diskLatency(): DiskLatency {
  let isSwift = true;
  let mean = 0;
  let tryAtMs = 0;

  return {
    now: (nowMs) => isSwift || nowMs >= tryAtMs,
    took(ms, bytes, nowMs) {
      const times = ms / (FILE_MS + bytes / BYTES_PER_MS);
      mean += (Math.min(times, MOST) - mean) * WEIGHT;
      isSwift = mean < (isSwift ? 1 : QUICK_AGAIN);
      // After a quick one the next is tried at once.
      tryAtMs = times < 1 ? nowMs : nowMs + Math.max(TRY_MS, ms * TRY_SHARE);
    },
  };
}

/**
 * The same, but for what took long while this process had to wait for a CPU: that says nothing of the disk. `switches`: how often
 * it was made to wait so far.
 */
export function unlessBusy(disk: DiskLatency, switches: () => number = involuntarySwitches): DiskLatency {
  let seen = switches();
  return {
    now: (nowMs) => disk.now(nowMs),
    took(ms, bytes, nowMs) {
      if (ms >= FILE_MS) {
        const before = seen;
        seen = switches();
        if (seen > before) return;
      }
      disk.took(ms, bytes, nowMs);
    },
  };
}

/** A write that takes so long, in milliseconds, holds up signals, timers and every connection. */
const STUCK_MS = 100;

/**
 * The same, but for a disk on which one write took far too long: it is left to the thread pool at once, until a file there has
 * been quicker, or for so long that trying takes no more than a twentieth of the time.
 */
export function unlessStuck(disk: DiskLatency): DiskLatency {
  let stuckUntilMs = Number.NEGATIVE_INFINITY;
  return {
    now: (nowMs) => nowMs >= stuckUntilMs && disk.now(nowMs),
    took(ms, bytes, nowMs) {
      if (ms >= STUCK_MS) stuckUntilMs = nowMs + ms * TRY_SHARE;
      disk.took(ms, bytes, nowMs);
    },
    tookLater(ms) {
      if (ms < STUCK_MS) stuckUntilMs = Number.NEGATIVE_INFINITY;
    },
  };
}

/** The same, until `stop` is aborted: then nothing may hold this thread up any more. */
export function until(disk: DiskLatency, stop: AbortSignal | undefined): DiskLatency {
  return stop === undefined ? disk : { ...disk, now: (nowMs) => !stop.aborted && disk.now(nowMs) };
}

function involuntarySwitches(): number {
  return process.resourceUsage().involuntaryContextSwitches;
}
