// The progress of a library run: a live view, snapshots, and the calls of `onProgress`.

import type { FailureKind } from "../core/failure.ts";
import type { DoneEarlier } from "../core/page-memory.ts";
import type { View } from "../core/ports.ts";
import { emptyTally, finished } from "../core/run/tally.ts";

/** The progress of a run. Each finished URL counts in exactly one of saved, unchanged, failed and skipped. */
export interface Progress {
  readonly saved: number;
  /** Files of an earlier run that have not changed on the server. */
  readonly unchanged: number;
  readonly failed: number;
  readonly skipped: number;
  /** The sum of these four. */
  readonly finished: number;
  /** Saved URLs whose file was fetched for another line. */
  readonly duplicates: number;
  /** Bytes of saved bodies. */
  readonly bytes: number;
  /** Bytes of bodies received, including bodies in flight and discarded ones. */
  readonly receivedBytes: number;
  /** Number of tries after the first of each URL. */
  readonly retries: number;
  readonly inFlight: number;
  /** URLs that are read but not started: they wait for a slot, their host, a rate or a retry delay. */
  readonly waiting: number;
  /** The current maximum of `inFlight`. */
  readonly concurrency: number;
  readonly elapsedMs: number;
  /** Number of URLs in the input, if known; not `exact`: an estimate from the part of the list that was read. */
  readonly total: { readonly jobs: number; readonly exact: boolean } | undefined;
  /** URLs read so far that an earlier run in the folder finished. They are in none of the other counts. */
  readonly doneEarlier: DoneEarlier;
  /** Number of failures of each kind. */
  readonly failures: Readonly<Partial<Record<FailureKind, number>>>;
}

/** The result of a run. */
export interface Summary extends Progress {
  /**
   * Why the run ended early: "deadline": `deadlineMs` passed; "disk": the disk failed; "request": the loop was left or the signal
   * aborted; "error": the loop threw. Undefined if every URL has its outcome.
   */
  readonly stopped: "deadline" | "disk" | "request" | "error" | undefined;
}

const NOTHING: Readonly<Omit<View, "receivedBytes" | "total" | "nowMs" | "open" | "transfers" | "linesOf">> = {
  tally: emptyTally(),
  concurrency: 0,
  inFlight: 0,
  peakInFlight: 0,
  waiting: 0,
  retrying: 0,
  elapsedMs: 0,
};
const NONE: DoneEarlier = { saved: 0, failed: 0, skipped: 0 };

/** A live view of the run. All counts are 0 before it starts. */
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

/** A copy of the current values. */
export function snapshot(progress: Progress): Progress {
  return { ...progress };
}

/** Minimum time between two calls of `onProgress`, in milliseconds. */
const INTERVAL_MS = 100;

export interface Ticker {
  /** Calls `onProgress` a last time. Throws what it throws. */
  end(): void;
}

/**
 * Calls `onProgress` regularly. Calls `fail` once with the error that it throws or rejects with. A promise that it returns is not
 * awaited.
 */
export function ticker(
  progress: Progress,
  onProgress: (progress: Progress) => unknown,
  fail: (error: unknown) => void,
): Ticker {
  let isOver = false;
  let timer: NodeJS.Timeout;
  let lastCallMs = performance.now();
  const onError = (error: unknown) => {
    clearTimeout(timer);
    if (!isOver) fail(error);
    isOver = true;
  };
  const call = () => void Promise.resolve(onProgress(snapshot(progress))).catch(onError);
  // No setInterval: after a late tick, its next one comes early.
  const tick = () => {
    const nowMs = performance.now();
    const earlyMs = lastCallMs + INTERVAL_MS - nowMs;
    timer = setTimeout(tick, Math.ceil(earlyMs > 0 ? earlyMs : INTERVAL_MS)).unref();
    if (earlyMs > 0) return;
    lastCallMs = nowMs;
    try {
      call();
    } catch (error) {
      onError(error);
    }
  };
  tick();
  return {
    end() {
      clearTimeout(timer);
      if (isOver) return;
      isOver = true;
      call();
    },
  };
}
