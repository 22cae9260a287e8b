// Measures the tries of a run in samples, passes them to the concurrency controller, and applies its decision.

import type { Failure } from "../failure.ts";
import type { WriteBehind } from "../ports.ts";
import type { HostSignal } from "../scheduler/task.ts";
import type { TimerClock } from "../structures/deadline-timer.ts";
import type { Perform } from "./attempt.ts";
import type { ConcurrencyTrace } from "./concurrency-trace.ts";
import { isDone, isRequeue, madeRequest, type TryResult } from "./try-result.ts";

/** The measurement of one interval at one concurrency. */
export interface Sample {
  readonly ms: number;
  /** Number of tries that ended, `lost` ones included. */
  readonly finished: number;
  /** Number of tries that were `overloaded`, `unreachable` or `silent`. */
  readonly lost: number;
  /** Bytes of bodies received. */
  readonly bytes: number;
  /** Mean number of tries in flight. */
  readonly inFlight: number;
  /** Mean duration of the tries that ended. */
  readonly latencyMs: number;
}

/** Decides the concurrency from samples. It has no clock. */
export interface ConcurrencyController {
  /** The concurrency now: an integer of at least 1. */
  readonly concurrency: number;
  /** The best concurrency known, where another one is being measured. */
  readonly found: number;
  /** The reason for a person: "64 were no faster". */
  readonly reason: string;
  /** Why the concurrency now is tried, for a person: "twice as many". */
  readonly step: string;
  /** Minimum number of tries per slot in the next sample. */
  readonly generations: number;
  /** Minimum duration of the next sample. */
  readonly leastMs: number;
  /** Whether so many tries are lost that the sample should end now. */
  isPressed(finished: number, lost: number): boolean;
  onSample(interval: Sample): void;
  /** Sets the maximum. */
  cap(most: number): void;
}

export interface ConcurrencySamplerOptions {
  readonly governor: ConcurrencyController;
  readonly clock: Pick<TimerClock, "nowMs" | "after">;
  readonly receivedBytes: () => number;
  /** Called when the concurrency changes. */
  readonly resize: (concurrency: number) => void;
  /** Gets a point for each sample. */
  readonly trace?: Pick<ConcurrencyTrace, "add"> | undefined;
}

export interface ConcurrencySampler {
  /** Wraps `perform`, so that its tries are measured. */
  around(perform: Perform, hostSignal: (failure: Failure | undefined) => HostSignal): Perform;
  began(): void;
  ended(signal: HostSignal, tookMs: number): void;
  /** Sets the maximum: file descriptors run out above it. */
  fdsExhausted(most: number): void;
  /** Cancels the timer. */
  close(): void;
}

const TICK_MS = 1000;
/** Where bodies are large, a sample ends after a second with at least this many bytes per finished try. */
const MIN_BYTES_PER_TRY = 1_048_576;
/** Maximum duration of a sample. */
const MAX_SAMPLE_MS = 30_000;

/** Starts to measure; `close` ends it. */
export function concurrencySampler({
  governor,
  clock,
  receivedBytes,
  resize,
  trace,
}: ConcurrencySamplerOptions): ConcurrencySampler {
  let running = 0;
  /** Number of tries, the next to end, that started before or just after the last change: they are not measured. */
  let stale = 0;
  const startedMs = clock.nowMs();
  let fromMs = startedMs;
  let fromBytes = receivedBytes();
  let finished = 0;
  let lost = 0;
  let latencyMs = 0;
  /** The integral of `running` over time since `fromMs`. */
  let area = 0;
  let areaMs = fromMs;
  let cancel = clock.after(TICK_MS, tick);

  return {
    around(perform, hostSignal) {
      return async (task) => {
        began();
        const beganMs = clock.nowMs();
        const result = await perform(task);
        ended(signalOf(result, hostSignal), clock.nowMs() - beganMs);
        return result;
      };
    },
    began,
    ended,
    fdsExhausted(most) {
      governor.cap(most);
      stale = running;
      reset(clock.nowMs());
    },
    close: () => cancel(),
  };

  function began(): void {
    integrate(clock.nowMs());
    running++;
  }

  function ended(signal: HostSignal, tookMs: number): void {
    const nowMs = clock.nowMs();
    integrate(nowMs);
    running--;
    if (stale > 0) {
      if (--stale === 0) reset(nowMs);
      return;
    }
    if (signal === "neutral" || signal === "not_requested") return;
    finished++;
    latencyMs += tookMs;
    const isLost = signal !== "ok";
    if (isLost) lost++;
    const { concurrency, generations, leastMs } = governor;
    // Whole generations: tries of equal length end in waves, of which a part would look faster or slower than it is.
    const isWhole = finished % concurrency === 0 && finished >= generations * concurrency;
    if (isWhole && nowMs - fromMs >= leastMs) sample(nowMs);
    else if (isLost && governor.isPressed(finished, lost)) sample(nowMs);
  }

  function integrate(nowMs: number): void {
    area += running * (nowMs - areaMs);
    areaMs = nowMs;
  }

  function reset(nowMs: number): void {
    fromMs = nowMs;
    fromBytes = receivedBytes();
    finished = 0;
    lost = 0;
    latencyMs = 0;
    area = 0;
    areaMs = nowMs;
  }

  /** Ends samples of long tries, of which none may end within many seconds. */
  function tick(): void {
    const nowMs = clock.nowMs();
    cancel = clock.after(TICK_MS, tick);
    integrate(nowMs);
    const ms = nowMs - fromMs;
    const bytes = receivedBytes() - fromBytes;
    const isEnough = ms >= TICK_MS / 2 && bytes >= MIN_BYTES_PER_TRY * Math.max(4, finished);
    if (!isEnough && ms < MAX_SAMPLE_MS) return;
    if (stale === 0) return sample(nowMs);
    stale = 0;
    reset(nowMs);
  }

  function sample(nowMs: number): void {
    const before = governor.concurrency;
    const ms = Math.max(nowMs - fromMs, 1);
    const urlsPerSecond = (finished * 1000) / ms;
    trace?.add({ ms: nowMs - startedMs, inFlight: before, urlsPerSecond, reason: governor.step });
    governor.onSample({
      ms,
      finished,
      lost,
      bytes: receivedBytes() - fromBytes,
      inFlight: area / ms,
      latencyMs: latencyMs / Math.max(finished, 1),
    });
    reset(nowMs);
    const { concurrency } = governor;
    if (concurrency === before) return;
    stale = running + concurrency; // also those that start before the server's queues have adapted
    resize(concurrency);
  }
}

/** Returns the effect of a try on its host. */
function signalOf(
  result: TryResult | WriteBehind<TryResult>,
  hostSignal: (failure: Failure | undefined) => HostSignal,
): HostSignal {
  if ("storing" in result) return hostSignal(undefined);
  if (isDone(result)) return madeRequest(result) ? hostSignal(undefined) : "not_requested";
  return isRequeue(result) ? "neutral" : hostSignal(result);
}
