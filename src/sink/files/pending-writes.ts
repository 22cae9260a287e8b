// Tracks writes in other threads, and abandons them when the run is to end: a slow disk must not delay that.

import type { Failure } from "../../core/failure.ts";
import type { Stored } from "../../core/ports.ts";
import { Deferred, type Thenable } from "../../core/structures/deferred.ts";

type Result = Stored | Failure;

/** The outcome of a body that was not stored because the run was stopped. */
export const STOPPED_BEFORE_WRITE: Failure = { error: "interrupted", detail: "stopped before it was written" };

/** Milliseconds that `abort` waits for system calls under way, which cannot be cancelled: most disks need less. */
const ABORT_GRACE_MS = 2000;

export interface PendingWrites {
  /** Nothing may be started any more, and no file may be committed. */
  readonly isAborted: boolean;
  /** A file may be committed, now or later, whose result nobody received. */
  readonly isUnsure: boolean;
  /** Returns the result of `work`, or STOPPED_BEFORE_WRITE once it is abandoned. */
  track(work: Promise<Result>): Thenable<Result>;
  /** Tracks work whose result nobody uses. `work` must not reject. */
  trackCleanup(work: Promise<void>): void;
  /**
   * Abandons all work after the grace period. Calls `abandonThread` then, which returns whether a thread is still
   * writing.
   */
  abort(abandonThread: () => boolean): void;
  /** Sets `isUnsure`: another process was killed while it wrote. */
  doubt(): void;
  /** Resolves when no work is under way any more. */
  idle(): Promise<void>;
  close(): void;
}

export function pendingWrites(): PendingWrites {
  const open = new Set<Deferred<Result>>();
  const waiting: (() => void)[] = [];
  let underWay = 0;
  let isAborted = false;
  let isUnsure = false;
  let timer: NodeJS.Timeout | undefined;

  const settled = () => {
    underWay--;
    if (underWay === 0) for (const resolve of waiting.splice(0)) resolve();
  };

  return {
    get isAborted() {
      return isAborted;
    },
    get isUnsure() {
      return isUnsure;
    },
    track(work) {
      const result = new Deferred<Result>();
      open.add(result);
      underWay++;
      work.then(
        (value) => {
          if (open.delete(result)) result.resolve(value);
          settled();
        },
        (error) => {
          if (open.delete(result)) result.reject(error);
          settled();
        },
      );
      return result;
    },
    trackCleanup(work) {
      underWay++;
      void work.finally(settled);
    },
    abort(abandonThread) {
      if (isAborted) return;
      isAborted = true;
      timer = setTimeout(() => {
        const isThreadWriting = abandonThread();
        isUnsure ||= isThreadWriting || open.size > 0;
        for (const result of open) result.resolve(STOPPED_BEFORE_WRITE);
        open.clear();
      }, ABORT_GRACE_MS);
    },
    doubt() {
      isUnsure = true;
    },
    idle: () => (underWay === 0 ? Promise.resolve() : new Promise((resolve) => void waiting.push(resolve))),
    close: () => clearTimeout(timer),
  };
}
