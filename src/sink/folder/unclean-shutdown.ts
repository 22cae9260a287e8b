// Marks the time spans of runs that did not shut down cleanly: files from those spans without a record may be replaced.

import { closeSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { STATE_LAYOUT } from "../../core/layout.ts";
import { createNew } from "../../fs/open-nofollow.ts";

/** A half-open time span by the file system's clock, in milliseconds; `beforeMs` is Infinity while the run lasts. */
export interface Span {
  readonly fromMs: number;
  readonly beforeMs: number;
}

export interface RunMark {
  /** The start of this run, by the file system's clock. */
  readonly startMs: number;
  /** How long writing the mark took, in milliseconds: two small files and a rename. */
  readonly tookMs: number;
  /** The time spans of unclean shutdowns. They are kept: their files may belong to lines that return to the list. */
  readonly unrecorded: readonly Span[];
  /** Ends the span: all records of this run are written. */
  end(): void;
}

/** Maximum number of spans; of more, the two earliest are merged. */
const MAX_SPANS = 20;

/**
 * Marks in the folder `state` that a run is under way. If `end` is never called (a kill, a disk error), the next run
 * finds the mark. The caller holds the lock. Throws file-system errors.
 */
export function markRun(state: string): RunMark {
  const mark = `${state}/${STATE_LAYOUT.unclean}`;
  const fromMs = performance.now();
  const startMs = nowMs(state);
  const earlier = spansIn(mark);
  const unrecorded = earlier.map(({ fromMs, beforeMs }) => ({ fromMs, beforeMs: Math.min(beforeMs, startMs) }));
  if (earlier.at(-1)?.beforeMs !== Infinity) write([...earlier, { fromMs: startMs, beforeMs: Infinity }]);
  return { startMs, tookMs: performance.now() - fromMs, unrecorded, end: () => write(unrecorded) };

  function write(spans: readonly Span[]): void {
    if (spans.length === 0) return rmSync(mark, { force: true });
    const next = `${mark}.next`;
    const text = merged(spans).map(({ fromMs, beforeMs }) => `${fromMs} ${beforeMs}\n`);
    const file = createEmpty(next);
    try {
      writeFileSync(file, text.join(""));
    } finally {
      closeSync(file);
    }
    renameSync(next, mark);
  }
}

function merged(spans: readonly Span[]): readonly Span[] {
  const [first, second, ...rest] = spans;
  if (spans.length <= MAX_SPANS || first === undefined || second === undefined) return spans;
  return [{ fromMs: first.fromMs, beforeMs: second.beforeMs }, ...rest];
}

/** The spans in the mark; where a power loss has destroyed its text, the time since it was written. */
function spansIn(mark: string): Span[] {
  const stats = lstatSync(mark, { throwIfNoEntry: false });
  if (stats?.isFile() !== true) return [];
  const spans: Span[] = [];
  for (const [, from, before] of readFileSync(mark, "utf8").matchAll(/^(\S+) (\S+)\n/gm)) {
    spans.push({ fromMs: Number(from), beforeMs: Number(before) });
  }
  const areSpans = spans.length > 0 && spans.every(({ fromMs, beforeMs }) => fromMs <= beforeMs);
  return areSpans ? spans : [{ fromMs: stats.mtimeMs, beforeMs: Infinity }];
}

/** The current time by the clock that sets file times: it may be another machine's (NFS), or behind Date.now(). */
function nowMs(state: string): number {
  const probe = `${state}/${STATE_LAYOUT.clockProbe}`;
  closeSync(createEmpty(probe));
  const { mtimeMs } = lstatSync(probe);
  rmSync(probe);
  return mtimeMs;
}

/** Creates an empty file, and replaces whatever has its name, links included. */
function createEmpty(path: string): number {
  rmSync(path, { force: true });
  return createNew(path);
}
