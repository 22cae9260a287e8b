// A run for tests: nothing in it happens by itself, every job ends when the test says so.
import type { Job, Outcome } from "../../src/core/job.ts";
import type { Source } from "../../src/core/ports.ts";
import { type Run, type RunOptions, run } from "../../src/core/run.ts";
import { saved, TIME } from "./outcomes.ts";

/** Something under way, to be ended by the test. */
export interface Pending {
  readonly n: number;
  readonly what: "perform" | "report";
  end(outcome?: Outcome): void;
}

export interface Timer {
  readonly ms: number;
  readonly act: () => void;
  cancelled: boolean;
}

export interface Pool extends Run {
  readonly stop: AbortController;
  /** In the order in which they began. */
  readonly pending: Pending[];
  /** Jobs begun, by number, in order. */
  readonly started: number[];
  /** Outcomes told, in order. */
  readonly told: Outcome[];
  readonly timers: Timer[];
  readonly clock: { ms: number };
  /** How often `abandon` was called. */
  readonly abandoned: () => number;
}

export interface PoolOptions {
  readonly source: Source;
  readonly concurrency: number;
  /** Whose report is slow. */
  readonly slow?: (n: number) => boolean;
  readonly graceMs?: number;
  readonly stop?: AbortController;
  /** More that `abandon` does. */
  readonly onAbandon?: () => void;
}

export function pool({
  source,
  concurrency,
  slow,
  graceMs,
  stop = new AbortController(),
  onAbandon,
}: PoolOptions): Pool {
  const pending: Pending[] = [];
  const started: number[] = [];
  const told: Outcome[] = [];
  const timers: Timer[] = [];
  const clock = { ms: 0 };
  let abandoned = 0;

  const wait = <T>(n: number, what: Pending["what"], become: (outcome: Outcome) => T) =>
    new Promise<T>((resolve) => {
      const one: Pending = {
        n,
        what,
        end(outcome = saved({ n })) {
          pending.splice(pending.indexOf(one), 1);
          resolve(become(outcome));
        },
      };
      pending.push(one);
    });
  const options: RunOptions = {
    source,
    concurrency,
    stop,
    graceMs: graceMs ?? 5000,
    perform(job) {
      started.push(job.n);
      return wait(job.n, "perform", (outcome) => outcome);
    },
    report(outcome) {
      told.push(outcome);
      return slow?.(outcome.n) === true ? wait(outcome.n, "report", () => {}) : undefined;
    },
    clock: {
      nowMs: () => clock.ms,
      timestamp: () => TIME,
      after(ms, act) {
        const timer: Timer = { ms, act, cancelled: false };
        timers.push(timer);
        return () => {
          timer.cancelled = true;
        };
      },
    },
    abandon() {
      abandoned++;
      onAbandon?.();
    },
    receivedBytes: () => 0,
  };
  const { view, done, abandon } = run(options);
  return { view, done, abandon, stop, pending, started, told, timers, clock, abandoned: () => abandoned };
}

export interface FakeSource extends Source {
  /** How often it was asked for a batch, and told that no more are wanted. */
  readonly asked: () => number;
  readonly returned: () => number;
}

/** What comes after the last batch. */
type After = "end" | "silence" | Error;

/** Jobs numbered from 1, in batches of the given sizes. */
export function fakeSource(sizes: readonly number[], after: After = "end"): FakeSource {
  let asked = 0;
  let returned = 0;
  let n = 0;
  const batch = (size: number): Job[] =>
    Array.from({ length: size }, () => {
      n++;
      return { n, url: `http://example.org/${n}` };
    });
  const iterator: AsyncIterator<readonly Job[]> = {
    next() {
      const size = sizes[asked];
      asked++;
      if (size !== undefined) return Promise.resolve({ done: false, value: batch(size) });
      if (after === "end") return Promise.resolve({ done: true, value: undefined });
      return after === "silence" ? new Promise(() => {}) : Promise.reject(after);
    },
    return() {
      returned++;
      return Promise.resolve({ done: true, value: undefined });
    },
  };
  return {
    [Symbol.asyncIterator]: () => iterator,
    total: () => undefined,
    asked: () => asked,
    returned: () => returned,
  };
}

/** When everything has happened that can happen by itself: all of it is microtasks. */
export function quiet(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Whether a promise is settled, and how, without waiting for it. */
export function watched(promise: Promise<unknown>): () => "pending" | "resolved" | "rejected" {
  let state: "pending" | "resolved" | "rejected" = "pending";
  promise.then(
    () => {
      state = "resolved";
    },
    () => {
      state = "rejected";
    },
  );
  return () => state;
}
