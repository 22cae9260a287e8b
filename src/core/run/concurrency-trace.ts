// The concurrencies that -c auto has tried during a run: at most 500 points, of which the changes are kept longest.

/** The measurement of one concurrency. */
export interface TracePoint {
  /** When its measurement ended, in milliseconds since the run began. */
  readonly ms: number;
  /** The maximum number of URLs in flight that was tried. */
  readonly inFlight: number;
  /** Tries that ended per second; a URL that is retried has several. */
  readonly urlsPerSecond: number;
  /** Why this number was tried. */
  readonly reason: string;
}

/** What a run with -c auto shows of its concurrency. */
export interface AutoView {
  /** The best concurrency known. */
  readonly found: number;
  /** Why it is the best, for a person. */
  readonly reason: string;
  readonly trace?: readonly TracePoint[];
}

export interface ConcurrencyTrace {
  /** In the order of time. */
  readonly points: readonly TracePoint[];
  add(point: TracePoint): void;
}

/** Maximum number of points: 30 KB in runs.jsonl, and one for each pixel of a chart. */
export const MAX_POINTS = 500;

export function concurrencyTrace(): ConcurrencyTrace {
  let points: TracePoint[] = [];
  return {
    get points() {
      return points;
    },
    add(point) {
      points.push(point);
      if (points.length > MAX_POINTS) points = thinned(points);
    },
  };
}

/** The share of the points that is removed at a time. */
const THINNED_SHARE = 1 / 8;

/**
 * Removes points with the nearest neighbours in time, so that the rest covers the run evenly: of those that repeat the number
 * before them, and if there are too few of these, of all. The first and the last point stay.
 */
function thinned(points: readonly TracePoint[]): TracePoint[] {
  const inner = [...points.keys()].slice(1, -1);
  const repeats = inner.filter((i) => points[i]?.inFlight === points[i - 1]?.inFlight);
  const gone = new Set<number>();
  const most = points.length * THINNED_SHARE;
  const gapMs = (i: number) => (points[i + 1]?.ms ?? 0) - (points[i - 1]?.ms ?? 0);
  for (const i of (repeats.length > 2 * most ? repeats : inner).sort((a, b) => gapMs(a) - gapMs(b))) {
    if (gone.size >= most) break;
    if (!gone.has(i - 1) && !gone.has(i + 1)) gone.add(i);
  }
  return points.filter((_, i) => !gone.has(i));
}
