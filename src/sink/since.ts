// When the first run began whose records were not all written: what it saved and did not record may be replaced.

import { closeSync, constants, lstatSync, openSync, rmSync } from "node:fs";

/** A span of time by the file system's own clock, in milliseconds: from, and before. */
export interface Span {
  readonly fromMs: number;
  readonly beforeMs: number;
}

export interface Since {
  /** When this run began. */
  readonly startMs: number;
  /** When files were saved that are in no record; undefined where every run so far has written all of its records. */
  readonly unrecorded: Span | undefined;
  /** This run's records are all written. `complete`: and no line is left to be done, so that no such file is left either. */
  end(complete: boolean): void;
}

const NOFOLLOW = constants.O_NOFOLLOW ?? 0;

/**
 * Marks the beginning of this run in the folder `state`, unless that of an earlier run is still marked there: one that was
 * killed, or whose disk failed. To be called under the lock. Throws what the file system says.
 */
export function since(state: string): Since {
  const mark = `${state}/since`;
  const earlier = lstatSync(mark, { throwIfNoEntry: false });
  const isEarlier = earlier?.isFile() === true;
  const startMs = isEarlier ? nowMs(state) : touched(mark);
  return {
    startMs,
    unrecorded: isEarlier ? { fromMs: earlier.mtimeMs, beforeMs: startMs } : undefined,
    end(complete) {
      if (complete || !isEarlier) rmSync(mark, { force: true });
    },
  };
}

/** Now, by the clock that files get their times from: it may be behind ours, or another machine's. */
function nowMs(state: string): number {
  const probe = `${state}/now`;
  const ms = touched(probe);
  rmSync(probe);
  return ms;
}

/** Makes an empty file; gives its time. */
function touched(path: string): number {
  rmSync(path, { force: true });
  closeSync(openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | NOFOLLOW, 0o666));
  return lstatSync(path).mtimeMs;
}
