// A run for tests: nothing in it happens by itself, every try ends when the test says so.

import type { Failure } from "../../src/core/failure.ts";
import type { Job, Outcome } from "../../src/core/job.ts";
import type { Source } from "../../src/core/ports.ts";
import type { Perform } from "../../src/core/run/attempt.ts";
import type { RetryDecision } from "../../src/core/run/completion.ts";
import { type Run, run } from "../../src/core/run/run.ts";
import type { TryResult } from "../../src/core/run/try-result.ts";
import { frontier } from "../../src/core/scheduler/frontier.ts";
import { ORDERS, type Order } from "../../src/core/scheduler/order.ts";
import type { HostSignal, Task } from "../../src/core/scheduler/task.ts";
import { overloadLimit } from "../../src/policy/overload-limit.ts";
import { decideRetry, MAX_RETRY_AFTER_MS } from "../../src/policy/retry.ts";
import { type FakeClock, fakeClock } from "./clock.ts";
import { saved } from "./outcomes.ts";

export { quiet } from "./clock.ts";

type Result = TryResult;

/** Something under way, to be ended by the test. */
export interface Pending {
  readonly n: number;
  readonly what: "perform" | "report";
  end(result?: Result): void;
}

export interface Pool extends Run {
  readonly stop: AbortController;
  /** In the order in which they began. */
  readonly pending: Pending[];
  /** Tries begun, by their jobs' numbers, in order. */
  readonly started: number[];
  /** Outcomes told, in order. */
  readonly told: Outcome[];
  readonly clock: FakeClock;
  /** How often `abandon` was called. */
  readonly abandoned: () => number;
  /** What was said of too few file descriptors. */
  readonly fdsExhausted: number[];
  /** What was asked of `retry`. */
  readonly judged: (readonly [failure: Failure, attempts: number])[];
}

export interface PoolOptions {
  readonly source: Source;
  readonly concurrency: number;
  /** How many waiting jobs are enough to read no further. */
  readonly capacity?: number;
  readonly order?: Order;
  /** Whose report is slow. */
  readonly slow?: (n: number) => boolean;
  readonly graceMs?: number;
  readonly stop?: AbortController;
  /** More that `abandon` does. */
  readonly onAbandon?: () => void;
  /** In place of a try that the test ends. */
  readonly perform?: Perform;
  /** What follows a failure; default: no other try, and the pause that Retry-After asks for. */
  readonly retry?: (failure: Failure, attempts: number) => RetryDecision;
  /** The effect of a try on its host; default: none. */
  readonly hostSignal?: (failure: Failure | undefined) => HostSignal;
  readonly clock?: FakeClock;
}

/** Decides on no other try. */
function never(failure: Failure, attempts: number): RetryDecision {
  return decideRetry(failure, attempts, { retries: 0, maxRetryAfterMs: MAX_RETRY_AFTER_MS }, () => 0);
}

export function pool(options: PoolOptions): Pool {
  const { source, concurrency, slow, stop = new AbortController(), clock = fakeClock() } = options;
  const { retry = never, hostSignal = () => "neutral" } = options;
  const pending: Pending[] = [];
  const started: number[] = [];
  const told: Outcome[] = [];
  const fdsExhausted: number[] = [];
  const judged: (readonly [Failure, number])[] = [];
  let abandoned = 0;

  const wait = (n: number, what: Pending["what"]) =>
    new Promise<Result>((resolve) => {
      const one: Pending = {
        n,
        what,
        end(result = saved({ n })) {
          pending.splice(pending.indexOf(one), 1);
          resolve(result);
        },
      };
      pending.push(one);
    });
  const perform = options.perform ?? (({ job }: Task) => wait(job.n, "perform"));
  const { view, done, abandon, resize } = run({
    source,
    frontier: frontier({
      capacity: options.capacity ?? 1000,
      capacityChars: 1_000_000,
      perHost: Number.POSITIVE_INFINITY,
      concurrency,
      order: options.order ?? ORDERS.fair,
      overloadLimit,
    }),
    concurrency,
    stop,
    clock,
    graceMs: options.graceMs ?? 5000,
    perform(task) {
      started.push(task.job.n);
      return perform(task);
    },
    retry(failure, attempts) {
      judged.push([failure, attempts]);
      return retry(failure, attempts);
    },
    hostSignal,
    report(outcome) {
      told.push(outcome);
      return slow?.(outcome.n) === true ? wait(outcome.n, "report").then(() => {}) : undefined;
    },
    abandon() {
      abandoned++;
      options.onAbandon?.();
    },
    onFdsExhausted: (fewer) => void fdsExhausted.push(fewer),
    receivedBytes: () => 0,
  });
  const looks = { pending, started, told, fdsExhausted, judged, abandoned: () => abandoned };
  return { view, done, abandon, resize, stop, clock, ...looks };
}

/** Ends the oldest try of a job. */
export function end({ pending }: Pool, n: number, result?: Result): void {
  const one = pending.find((other) => other.n === n && other.what === "perform");
  if (one === undefined) throw new Error(`job ${n} is not under way`);
  one.end(result);
}

export interface FakeSource extends Source {
  /** How often it was asked for a batch, and told that no more are wanted. */
  readonly asked: () => number;
  readonly returned: () => number;
}

/** What comes after the last batch. */
type After = "end" | "silence" | Error;

/** Jobs numbered from 1, in batches of the given sizes. */
export function fakeSource(
  sizes: readonly number[],
  after: After = "end",
  url: (n: number) => string = (n) => `http://example.org/${n}`,
): FakeSource {
  let asked = 0;
  let returned = 0;
  let n = 0;
  const batch = (size: number): Job[] =>
    Array.from({ length: size }, () => {
      n++;
      return { n, url: url(n) };
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
