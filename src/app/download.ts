// Starts a run: creates frontier, executor and retry policy from the options. Used by the command, the library and `tune`.

import type { DuplicateSource, Job, Outcome } from "../core/job.ts";
import type { Get, Sink, Source, View } from "../core/ports.ts";
import { type ConcurrencyController, concurrencySampler } from "../core/run/concurrency-sampler.ts";
import { type AutoView, type ConcurrencyTrace, concurrencyTrace } from "../core/run/concurrency-trace.ts";
import { type Executor, localExecutor } from "../core/run/executor.ts";
import { type Run, run, type StopReason } from "../core/run/run.ts";
import { finished } from "../core/run/tally.ts";
import { dedupe } from "../core/scheduler/dedupe.ts";
import { frontier } from "../core/scheduler/frontier.ts";
import { type NameQueueOptions, nameQueue } from "../core/scheduler/name-queue.ts";
import { ORDERS, type Order } from "../core/scheduler/order.ts";
import type { RateLimiter, Task } from "../core/scheduler/task.ts";
import { OPTIONS } from "../options/table.ts";
import { adaptiveConcurrency } from "../policy/concurrency/adaptive.ts";
import { crawlDelayLimiter } from "../policy/crawl-delay.ts";
import type { FailOn } from "../policy/fail-on.ts";
import { overloadLimit } from "../policy/overload-limit.ts";
import { arrivals, rateLimiter } from "../policy/rate.ts";
import { decideRetry, hostSignal, MAX_RETRY_AFTER_MS } from "../policy/retry.ts";
import { clock } from "./clock.ts";
import { AUTO, connectionsFor } from "./network/http-client.ts";

/** When each URL is fetched, and how often it is tried. */
export interface ScheduleOptions {
  /** Number of URLs fetched at the same time; "auto" adapts it during the run. Default 50. */
  readonly concurrency?: number | "auto" | undefined;
  /** Maximum number of concurrent requests to one host (name and port). Default: `concurrency`. */
  readonly perHost?: number | undefined;
  /** Maximum number of URLs started per second. Default: no limit. */
  readonly rate?: number | undefined;
  /** Maximum number of URLs started per second on one host. Default: no limit. */
  readonly hostRate?: number | undefined;
  /** Which host's next URL starts first: `fair` takes hosts in turn (the default), `list` keeps the list's order, `longest` takes the host with the most waiting URLs; or a function. */
  readonly order?: keyof typeof ORDERS | Order | undefined;
  /** Number of retries of a URL after transient failures. Default 3. */
  readonly retries?: number | undefined;
  /** HTTP statuses that are retried. Default: 408 425 429, and those from 500 on but for 501, 505 to 508, 510, 511, 525 and 526. */
  readonly retryOn?: readonly number[] | undefined;
}

export const SCHEDULE_DEFAULTS = {
  concurrency: OPTIONS.concurrency.default,
  order: OPTIONS.order.default,
  retries: OPTIONS.retries.default,
} as const;

/** Maximum number of jobs that are read ahead while others wait, and of characters of their URLs. */
const LOOK_AHEAD = { capacity: 10_000, capacityChars: 16_777_216 } as const;

export interface DownloadPlan extends ScheduleOptions {
  readonly source: Source;
  readonly get: Get;
  readonly sink: Sink;
  readonly report: (outcome: Outcome, job: Job) => void | Promise<void>;
  readonly stop: AbortController;
  /** How long URLs in flight may continue after a stop, in milliseconds. */
  readonly graceMs: number;
  /** Time until the run is stopped, in milliseconds. Default: no limit. */
  readonly deadlineMs?: number | undefined;
  /** The name of a line as far as it is known before its response. If given, lines that may get the same name run in list order. */
  readonly expect?: NameQueueOptions["expect"] | undefined;
  /** The file that was saved for a URL. If given, each distinct URL is fetched once. */
  readonly savedFileOf?: ((url: string) => DuplicateSource | undefined) | undefined;
  /** Creates an executor that distributes tasks over several processes. */
  readonly spread?:
    | ((own: Executor, about: { readonly view: () => View; readonly sink: Sink }) => Executor)
    | undefined;
  /** Whether this many failures, of this many finished URLs, stop the run. */
  readonly maxFailures?: FailOn;
}

/** Combines several rate limiters: the slowest one decides. */
function all(limiters: readonly RateLimiter[]): RateLimiter {
  return {
    nextAtMs: (nowMs) => Math.max(...limiters.map((one) => one.nextAtMs(nowMs))),
    acquire(nowMs) {
      for (const one of limiters) one.acquire(nowMs);
    },
    release(isUsed) {
      for (const one of limiters) one.release?.(isUsed);
    },
  };
}

/** Starts the run. `done` resolves after its connections and timers are closed. */
export function download(plan: DownloadPlan): Run {
  const { source, get, sink, stop, graceMs, maxFailures, spread } = plan;

  // 1. The concurrency: a number, or adapted by a controller.
  const { concurrency: asked = SCHEDULE_DEFAULTS.concurrency } = plan;
  const controller = asked === "auto" ? adaptiveConcurrency(AUTO.initial, AUTO.max) : undefined;
  const concurrency = asked === "auto" ? AUTO.initial : asked;

  // 2. The frontier; behind `dedupe` and the queue of names, where they are needed.
  const { throttle } = get;
  const bandwidth = throttle && arrivals(throttle.bytesPerSecond, throttle.paidMs);
  const { expect, savedFileOf } = plan;
  const queue = frontierOf(plan, bandwidth, () => controller?.concurrency ?? concurrency);
  const unique = savedFileOf && dedupe(queue, { savedFileOf, ...LOOK_AHEAD });
  const named = expect && nameQueue(unique ?? queue, { expect, ...LOOK_AHEAD });

  // 3. The executor: this process, or several. From here on callbacks use `started`; they are called after step 5.
  let started: Run;
  const follow = (task: Task, from: string, host: string) =>
    queue.move(task, host, from === task.host ? "ok" : "neutral", clock.nowMs());
  // A connection is closed at once if it would be closed before another line of its host, as the least recently used one.
  const isLast = ({ host }: Task) =>
    queue.waiting >= connectionsFor(controller?.concurrency ?? concurrency) && !queue.hasJobs(host);
  const own = localExecutor({ get, sink, clock, follow, isLast });
  const executor = spread?.(own, { view: () => started.view, sink }) ?? own;
  const perform = (task: Task) => executor.perform(task);

  // 4. The samples for the controller.
  let isFdExhausted = false; // once file descriptors ran out, none are spent on idle connections
  const receivedBytes = () => executor.receivedBytes();
  const resize = (most: number) => {
    executor.resize(isFdExhausted || spread !== undefined ? most : connectionsFor(most));
    started.resize(most);
  };
  const trace = concurrencyTrace();
  const sampler = controller && concurrencySampler({ governor: controller, clock, receivedBytes, resize, trace });

  // 5. The run.
  const retryPolicy = {
    retries: plan.retries ?? SCHEDULE_DEFAULTS.retries,
    retryOn: plan.retryOn && new Set(plan.retryOn),
    maxRetryAfterMs: MAX_RETRY_AFTER_MS,
  };
  started = run({
    source,
    frontier: named ?? unique ?? queue,
    perform: sampler?.around(perform, hostSignal) ?? perform,
    retry: (failure, attempts) => decideRetry(failure, attempts, retryPolicy, Math.random),
    hostSignal,
    concurrency,
    report(outcome, job) {
      bandwidth?.learn(outcome.outcome === "saved" && outcome.duplicate_of === undefined ? outcome.bytes : 0);
      unique?.settled(outcome, clock.nowMs());
      named?.settled(outcome, clock.nowMs());
      if (maxFailures?.(started.view.tally.failed, finished(started.view.tally)) === true)
        stop.abort("max-failures" satisfies StopReason);
      return plan.report(outcome, job);
    },
    clock,
    stop,
    abandon: () => executor.abort(),
    graceMs,
    onFdsExhausted(fewer) {
      isFdExhausted = true;
      executor.resize(fewer);
      sampler?.fdsExhausted(fewer);
    },
    receivedBytes,
    keep: sink.keep,
    auto: controller && autoView(controller, trace),
    hosts: queue,
  });

  // 6. The deadline, and the end.
  const { deadlineMs = Number.POSITIVE_INFINITY } = plan;
  const cancelDeadline = clock.after(deadlineMs, () => stop.abort("deadline" satisfies StopReason));
  const close = async () => {
    try {
      await started.done.finally(cancelDeadline);
    } finally {
      sampler?.close();
      await executor.close();
    }
  };
  return { ...started, done: close() };
}

function autoView(controller: ConcurrencyController, trace: ConcurrencyTrace): AutoView {
  return {
    get found() {
      return controller.found;
    },
    get reason() {
      return controller.reason;
    },
    get trace() {
      return trace.points;
    },
  };
}

/** The frontier with the rates of the plan. `bandwidth` delays starts while --limit-rate is exhausted. */
function frontierOf(
  { get, rate, hostRate, perHost = Number.POSITIVE_INFINITY, order = SCHEDULE_DEFAULTS.order }: DownloadPlan,
  bandwidth: RateLimiter | undefined,
  concurrency: () => number,
) {
  const { robots } = get;
  const starts = [rate === undefined ? undefined : rateLimiter(rate), bandwidth].filter((one) => one !== undefined);
  const hostPace = () => (hostRate === undefined ? undefined : rateLimiter(hostRate));
  return frontier({
    ...LOOK_AHEAD,
    perHost,
    get concurrency() {
      return concurrency();
    },
    order: typeof order === "function" ? order : ORDERS[order],
    overloadLimit,
    ...(starts.length === 0 ? {} : { pace: all(starts) }),
    hostPace: robots === undefined ? hostPace : (host) => crawlDelayLimiter(() => robots.delayMs(host), hostPace()),
  });
}
