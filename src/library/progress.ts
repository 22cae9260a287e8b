// How far a run of the library is: a live look at it, and what is told of it while it goes on and at its end.

import type { FailureKind } from "../core/failure.ts";
import type { DoneEarlier, View } from "../core/ports.ts";
import { emptyTally, finished } from "../core/run/tally.ts";

/** How far a run is, in numbers. Every URL that has its outcome is in exactly one of saved, unchanged, failed and skipped. */
export interface Progress {
  readonly saved: number;
  /** Files of an earlier run that are still good. */
  readonly unchanged: number;
  readonly failed: number;
  readonly skipped: number;
  /** All four together. */
  readonly finished: number;
  /** Of the saved: those whose file another URL had fetched. */
  readonly duplicates: number;
  /** Bytes saved or handed over. */
  readonly bytes: number;
  /** Bytes of bodies that have come, those of bodies under way or thrown away among them. */
  readonly receivedBytes: number;
  /** Tries beyond the first of each URL. */
  readonly retries: number;
  readonly inFlight: number;
  /** URLs read and not started: held up by their host, a rate or a back-off, or only just read. */
  readonly waiting: number;
  /** How many URLs at a time there may be now. */
  readonly concurrency: number;
  readonly elapsedMs: number;
  /** How many URLs there are in all, once that is known; not `exact`: a guess from the part of the list that was read. */
  readonly total: { readonly jobs: number; readonly exact: boolean } | undefined;
  /** What an earlier run in the folder had finished, of what was read so far: none of the other numbers has it. */
  readonly doneEarlier: DoneEarlier;
  /** How many failed of each kind. */
  readonly failures: Readonly<Partial<Record<FailureKind, number>>>;
}

/** What became of a run. */
export interface Summary extends Progress {
  /**
   * Why it ended before its list did: `deadlineMs`; the disk; the loop was left, or the signal aborted; an error that the
   * loop threw. Undefined where every URL has its outcome.
   */
  readonly stopped: "deadline" | "disk" | "request" | "error" | undefined;
}

const NOTHING: Readonly<Omit<View, "receivedBytes" | "total" | "nowMs" | "open">> = {
  tally: emptyTally(),
  concurrency: 0,
  inFlight: 0,
  peakInFlight: 0,
  waiting: 0,
  elapsedMs: 0,
};
const NONE: DoneEarlier = { saved: 0, failed: 0, skipped: 0 };

/** Looks at the run whenever it is read; all is 0 before there is one. */
export function progressOf(run: () => View | undefined): Progress {
  const at = () => run() ?? NOTHING;
  return {
    get saved() {
      return at().tally.saved;
    },
    get unchanged() {
      return at().tally.unchanged;
    },
    get failed() {
      return at().tally.failed;
    },
    get skipped() {
      return at().tally.skipped;
    },
    get finished() {
      return finished(at().tally);
    },
    get duplicates() {
      return at().tally.duplicates;
    },
    get bytes() {
      return at().tally.bytes;
    },
    get receivedBytes() {
      return run()?.receivedBytes() ?? 0;
    },
    get retries() {
      return at().tally.retries;
    },
    get inFlight() {
      return at().inFlight;
    },
    get waiting() {
      return at().waiting;
    },
    get concurrency() {
      return at().concurrency;
    },
    get elapsedMs() {
      return at().elapsedMs;
    },
    get total() {
      return run()?.total();
    },
    get doneEarlier() {
      return { ...(at().doneEarlier ?? NONE) };
    },
    get failures() {
      return Object.fromEntries(at().tally.kinds);
    },
  };
}

/** What is seen now, which changes no more. */
export function snapshot(progress: Progress): Progress {
  return { ...progress };
}

/** A program is told at most so often, in milliseconds; and at the end. */
const TELL_MS = 100;

export interface Ticker {
  /** Tells once more, and no more. Throws what the program's own function throws. */
  end(): void;
}

/**
 * Tells `onProgress` how far the run is; `fail` is called, once, with what it throws meanwhile, or rejects with. Nobody waits
 * for what it returns.
 */
export function ticker(
  progress: Progress,
  onProgress: (progress: Progress) => unknown,
  fail: (error: unknown) => void,
): Ticker {
  let isOver = false;
  let timer: NodeJS.Timeout;
  let toldMs = performance.now();
  const lost = (error: unknown) => {
    clearTimeout(timer);
    if (!isOver) fail(error);
    isOver = true;
  };
  const tell = () => void Promise.resolve(onProgress(snapshot(progress))).catch(lost);
  // Not an interval: it makes up for a tick that came late by one that comes early.
  const tick = () => {
    const nowMs = performance.now();
    const earlyMs = toldMs + TELL_MS - nowMs;
    timer = setTimeout(tick, Math.ceil(earlyMs > 0 ? earlyMs : TELL_MS)).unref();
    if (earlyMs > 0) return;
    toldMs = nowMs;
    try {
      tell();
    } catch (error) {
      lost(error);
    }
  };
  tick();
  return {
    end() {
      clearTimeout(timer);
      if (isOver) return;
      isOver = true;
      tell();
    },
  };
}
