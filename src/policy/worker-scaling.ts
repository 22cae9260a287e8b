// Decides when more worker processes are worth their start: the list is long, and this process is busy.

/** Tries before the first measurement: V8 has compiled the hot code by then. */
const WARM_UP_TRIES = 5000;
/** Jobs left, over which the start and warm-up of another process are repaid. */
const MIN_JOBS_LEFT = 50_000;
/** Duration of a measurement, and the share of busy time that it needs twice in a row. */
const WINDOW_MS = 300;
const MIN_BUSY_SHARE = 0.9;

export interface Load {
  /** Number of tries that have ended. */
  readonly finished: number;
  /** Number of jobs left; undefined if unknown: then assumed to be as many as are finished. */
  readonly left: number | undefined;
  readonly nowMs: number;
  /** Busy time of the event loop so far, in milliseconds. */
  readonly activeMs: number;
}

/** Returns a function that gets the load repeatedly, and returns whether there should be more processes. */
export function worthSpreading(): (load: Load) => boolean {
  let last: Load | undefined;
  let busyWindows = 0;
  return (load) => {
    if (load.finished < WARM_UP_TRIES || (load.left ?? load.finished) < MIN_JOBS_LEFT) return false;
    if (last !== undefined && load.nowMs - last.nowMs < WINDOW_MS) return false;
    const share = last === undefined ? 0 : (load.activeMs - last.activeMs) / (load.nowMs - last.nowMs);
    last = load;
    busyWindows = share >= MIN_BUSY_SHARE ? busyWindows + 1 : 0;
    return busyWindows >= 2;
  };
}
