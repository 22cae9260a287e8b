// Whether more processes would fetch a list faster: it is long, and this one has no time left.

/** So many tries are over before anybody looks: V8 has compiled what they need. */
const FIRST = 5000;
/** What another process costs to start, and to get as fast as this one, comes back over so many. */
const LEFT = 50_000;
/** So often it is looked, in milliseconds, and so much of the time has to be used, twice in a row. */
const WINDOW_MS = 300;
const BUSY = 0.9;

export interface Load {
  /** Tries that are over. */
  readonly finished: number;
  /** Jobs that are left; undefined where nobody knows: as many as are done already, then. */
  readonly left: number | undefined;
  readonly nowMs: number;
  /** Milliseconds so far in which this process had something to do. */
  readonly activeMs: number;
}

/** Gives a function that is told of the load now and then, and says when there should be more processes. */
export function worthSpreading(): (load: Load) => boolean {
  let last: Load | undefined;
  let busyWindows = 0;
  return (load) => {
    if (load.finished < FIRST || (load.left ?? load.finished) < LEFT) return false;
    if (last !== undefined && load.nowMs - last.nowMs < WINDOW_MS) return false;
    const share = last === undefined ? 0 : (load.activeMs - last.activeMs) / (load.nowMs - last.nowMs);
    last = load;
    busyWindows = share >= BUSY ? busyWindows + 1 : 0;
    return busyWindows >= 2;
  };
}
