// Starts a run: creates frontier, executor and retry policy from the options. Used by the command, the library and `tune`.

import type { Outcome, SavedFile } from "../core/job.ts";
import type { Get, Sink, Source, View } from "../core/ports.ts";
import { concurrencySampler } from "../core/run/concurrency-sampler.ts";
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
import { hostLimit } from "../policy/host-limit.ts";
import { arrivals, rateLimiter } from "../policy/rate.ts";
import { decideRetry, hostSignal, MAX_RETRY_AFTER_MS } from "../policy/retry.ts";
import { clock } from "./clock.ts";
import { AUTO, connectionsFor } from "./http-client.ts";

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
  /** HTTP statuses that are retried. Default: 408 425 429 500 502 503 504 520 to 524. */
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
  readonly report: (outcome: Outcome) => void | Promise<void>;
  readonly stop: AbortController;
  /** How long URLs in flight may continue after a stop, in milliseconds. */
  readonly graceMs: number;
  /** Time until the run is stopped, in milliseconds. Default: no limit. */
  readonly deadlineMs?: number | undefined;
  /** The name of a line as far as it is known before its response. If given, lines that may get the same name run in list order. */
  readonly expect?: NameQueueOptions["expect"];
  /** The file that was saved for a URL. If given, each distinct URL is fetched once. */
  readonly twinOf?: (url: string) => SavedFile | undefined;
  /** Creates an executor that distributes tasks over several processes. */
  readonly spread?: (own: Executor, about: { readonly view: () => View; readonly sink: Sink }) => Executor;
  /** Whether this many failures, of this many finished URLs, stop the run. */
  readonly maxFailures?: FailOn;
}

/** Combines several rate limiters: the slowest one decides. */
function all(paces: readonly RateLimiter[]): RateLimiter {
  return {
    nextAtMs: (nowMs) => Math.max(...paces.map((one) => one.nextAtMs(nowMs))),
    acquire(nowMs) {
      for (const one of paces) one.acquire(nowMs);
    },
    release(isUsed) {
      for (const one of paces) one.release?.(isUsed);
    },
  };
}

/** Starts the run. `done` resolves after its connections and timers are closed. */
export function download(plan: DownloadPlan): Run {
  const { source, get, sink, stop, graceMs, maxFailures, rate, hostRate, order = SCHEDULE_DEFAULTS.order } = plan;
  const { concurrency: asked = SCHEDULE_DEFAULTS.concurrency } = plan;
  const governor = asked === "auto" ? adaptiveConcurrency(AUTO.start, AUTO.most) : undefined;
  const concurrency = asked === "auto" ? AUTO.start : asked;
  const { robots: permits, throttle } = get;
  const arriving = throttle && arrivals(throttle.bytesPerSecond, throttle.paidMs);
  const hostPace = () => (hostRate === undefined ? undefined : rateLimiter(hostRate));
  const starts = [...(rate === undefined ? [] : [rateLimiter(rate)]), ...(arriving === undefined ? [] : [arriving])];
  const retries = {
    retries: plan.retries ?? SCHEDULE_DEFAULTS.retries,
    ...(plan.retryOn === undefined ? {} : { retryOn: new Set(plan.retryOn) }),
    maxRetryAfterMs: MAX_RETRY_AFTER_MS,
  };
  const queue = frontier({
    ...LOOK_AHEAD,
    perHost: plan.perHost ?? Number.POSITIVE_INFINITY,
    get concurrency() {
      return governor?.concurrency ?? concurrency;
    },
    order: typeof order === "function" ? order : ORDERS[order],
    allowance: hostLimit,
    ...(starts.length === 0 ? {} : { pace: all(starts) }),
    hostPace: permits === undefined ? hostPace : (host) => crawlDelayLimiter(() => permits.delayMs(host), hostPace()),
  });
  const { expect, twinOf } = plan;
  const unique = twinOf && dedupe(queue, { twinOf, ...LOOK_AHEAD });
  const named = expect && nameQueue(unique ?? queue, { expect, ...LOOK_AHEAD });
  const follow = (task: Task, from: string, host: string) =>
    queue.move(task, host, from === task.host ? "ok" : "neutral", clock.nowMs());
  const own = localExecutor({ get, sink, clock, follow });
  const crew = plan.spread?.(own, { view: () => started.view, sink }) ?? own;
  const receivedBytes = () => crew.receivedBytes();
  let isScarce = false; // once file descriptors ran out, none are spent on idle connections
  const resize = (most: number) => {
    crew.resize(isScarce || plan.spread !== undefined ? most : connectionsFor(most));
    started.resize(most);
  };
  const watching = governor && concurrencySampler({ governor, clock, receivedBytes, resize });
  const perform = (task: Task) => crew.perform(task);
  const started: Run = run({
    source,
    frontier: named ?? unique ?? queue,
    perform: watching?.around(perform, hostSignal) ?? perform,
    retry: (failure, attempts) => decideRetry(failure, attempts, retries, Math.random),
    hostSignal,
    concurrency,
    report(outcome) {
      arriving?.learn(outcome.outcome === "saved" && outcome.duplicate_of === undefined ? outcome.bytes : 0);
      unique?.settled(outcome, clock.nowMs());
      named?.settled(outcome, clock.nowMs());
      if (maxFailures?.(started.view.tally.failed, finished(started.view.tally)) === true)
        stop.abort("max-failures" satisfies StopReason);
      return plan.report(outcome);
    },
    clock,
    stop,
    abandon: () => crew.abort(),
    graceMs,
    onScarce(fewer) {
      isScarce = true;
      crew.resize(fewer);
      watching?.scarce(fewer);
    },
    receivedBytes,
    ...(governor === undefined ? {} : { auto: governor }),
  });
  const cancelDeadline =
    plan.deadlineMs === undefined
      ? () => {}
      : clock.after(plan.deadlineMs, () => stop.abort("deadline" satisfies StopReason));
  const over = async () => {
    try {
      await started.done.finally(cancelDeadline);
    } finally {
      watching?.close();
      await crew.close();
    }
  };
  return { ...started, done: over() };
}
