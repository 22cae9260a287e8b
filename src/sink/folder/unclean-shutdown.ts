// When runs were under way whose records were not all written: what was saved then and is in no record may be replaced.

import { closeSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { STATE_LAYOUT } from "../../core/layout.ts";
import { createNew } from "../../fs/open-nofollow.ts";

/** A span of time by the file system's own clock, in milliseconds: from, and before; Infinity while it lasts. */
export interface Span {
  readonly fromMs: number;
  readonly beforeMs: number;
}

export interface RunMark {
  /** When this run began. */
  readonly startMs: number;
  /** What the mark took, in milliseconds: two small files, and a rename. */
  readonly tookMs: number;
  /** When files were saved that are in no record. A span is kept: its files may be those of lines that come back. */
  readonly unrecorded: readonly Span[];
  /** This run's records are all written. */
  end(): void;
}

/** So many spans are kept apart; of more, the earliest two become one. */
const MAX_SPANS = 20;

/**
 * Marks in the folder `state` that a run is under way, until its end: if there is none, because it was killed or its disk
 * failed, the next run finds the mark. To be called under the lock. Throws what the file system says.
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
    const text = few(spans).map(({ fromMs, beforeMs }) => `${fromMs} ${beforeMs}\n`);
    const file = created(next);
    try {
      writeFileSync(file, text.join(""));
    } finally {
      closeSync(file);
    }
    renameSync(next, mark);
  }
}

function few(spans: readonly Span[]): readonly Span[] {
  const [first, second, ...rest] = spans;
  if (spans.length <= MAX_SPANS || first === undefined || second === undefined) return spans;
  return [{ fromMs: first.fromMs, beforeMs: second.beforeMs }, ...rest];
}

/** The spans in the mark; for a mark whose text a power loss has taken, the time since it was made. */
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

/** Now, by the clock that files get their times from: it may be behind ours, or another machine's. */
function nowMs(state: string): number {
  const probe = `${state}/${STATE_LAYOUT.clockProbe}`;
  closeSync(created(probe));
  const { mtimeMs } = lstatSync(probe);
  rmSync(probe);
  return mtimeMs;
}

/** A new, empty file in the place of whatever had its name; links are not followed. */
function created(path: string): number {
  rmSync(path, { force: true });
  return createNew(path);
}
