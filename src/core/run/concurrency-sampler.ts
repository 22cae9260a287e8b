// Tells a governor how the tries of a run go, in intervals that mean something, and sets how many there are at a time.

import type { Failure } from "../failure.ts";
import type { WriteBehind } from "../ports.ts";
import type { HostSignal } from "../scheduler/task.ts";
import type { TimerClock } from "../structures/deadline-timer.ts";
import type { Perform } from "./attempt.ts";
import { isDone, isRequeue, madeRequest, type TryResult } from "./try-result.ts";

/** What happened in one interval at one concurrency. */
export interface Sample {
  readonly ms: number;
  /** Tries that ended, those that are `lost` among them. */
  readonly finished: number;
  /** Tries by which a server asked for less, cut the connection, or did not answer. */
  readonly lost: number;
  /** Bytes of bodies that arrived. */
  readonly bytes: number;
  /** How many tries were under way, on average. */
  readonly inFlight: number;
  /** How long those that ended took, on average. */
  readonly latencyMs: number;
}

/** Decides how many tries there are at a time. Numbers in, numbers out: it has no clock. */
export interface ConcurrencyController {
  /** Now: a whole number, at least 1. */
  readonly concurrency: number;
  /** The best that is known: what it goes back to, should it be trying something else now. */
  readonly found: number;
  /** Why so many, for a person: "64 were no faster". */
  readonly reason: string;
  /** The next interval has so many tries for each that is under way, at least. */
  readonly generations: number;
  readonly leastMs: number;
  /** Whether so many are lost that it wants to be told at once. */
  isPressed(finished: number, lost: number): boolean;
  onSample(interval: Sample): void;
  /** From now on never more than this. */
  cap(most: number): void;
}

export interface ConcurrencySamplerOptions {
  readonly governor: ConcurrencyController;
  readonly clock: Pick<TimerClock, "nowMs" | "after">;
  readonly receivedBytes: () => number;
  /** Has so many tries at a time from now on. */
  readonly resize: (concurrency: number) => void;
}

export interface ConcurrencySampler {
  /** A try that is watched. */
  around(perform: Perform, hostSignal: (failure: Failure | undefined) => HostSignal): Perform;
  began(): void;
  ended(signal: HostSignal, tookMs: number): void;
  /** The machine is out of file descriptors at more than this. */
  scarce(most: number): void;
  /** No timer is left. */
  close(): void;
}

const TICK_MS = 1000;
/** A body that takes long says enough in a second by the bytes that arrive: so many for each try that ended, and more. */
const MANY_BYTES = 1_048_576;
/** Whatever was seen in this time has to do. */
const LONGEST_MS = 30_000;

/** Begins to watch; `close` ends it. */
export function concurrencySampler({
  governor,
  clock,
  receivedBytes,
  resize,
}: ConcurrencySamplerOptions): ConcurrencySampler {
  let running = 0;
  /** So many of the next to end were started before the last change, or just after it: they say nothing of what is now. */
  let older = 0;
  let fromMs = clock.nowMs();
  let fromBytes = receivedBytes();
  let finished = 0;
  let lost = 0;
  let latencyMs = 0;
  /** Of `running` over time, since `fromMs`. */
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
    scarce(most) {
      governor.cap(most);
      older = running;
      begin(clock.nowMs());
    },
    close: () => cancel(),
  };

  function began(): void {
    sum(clock.nowMs());
    running++;
  }

  function ended(signal: HostSignal, tookMs: number): void {
    const nowMs = clock.nowMs();
    sum(nowMs);
    running--;
    if (older > 0) {
      if (--older === 0) begin(nowMs);
      return;
    }
    if (signal === "neutral" || signal === "not_requested") return;
    finished++;
    latencyMs += tookMs;
    const isLost = signal !== "ok";
    if (isLost) lost++;
    const { concurrency, generations, leastMs } = governor;
    // Whole generations: tries that all take as long come in waves, and a part of one would look fast or slow.
    const isWhole = finished % concurrency === 0 && finished >= generations * concurrency;
    if (isWhole && nowMs - fromMs >= leastMs) tell(nowMs);
    else if (isLost && governor.isPressed(finished, lost)) tell(nowMs);
  }

  function sum(nowMs: number): void {
    area += running * (nowMs - areaMs);
    areaMs = nowMs;
  }

  function begin(nowMs: number): void {
    fromMs = nowMs;
    fromBytes = receivedBytes();
    finished = 0;
    lost = 0;
    latencyMs = 0;
    area = 0;
    areaMs = nowMs;
  }

  /** For tries that take long: none may end within many seconds. */
  function tick(): void {
    const nowMs = clock.nowMs();
    cancel = clock.after(TICK_MS, tick);
    sum(nowMs);
    const ms = nowMs - fromMs;
    const bytes = receivedBytes() - fromBytes;
    const isEnough = ms >= TICK_MS / 2 && bytes >= MANY_BYTES * Math.max(4, finished);
    if (!isEnough && ms < LONGEST_MS) return;
    if (older === 0) return tell(nowMs);
    older = 0;
    begin(nowMs);
  }

  function tell(nowMs: number): void {
    const before = governor.concurrency;
    const ms = Math.max(nowMs - fromMs, 1);
    governor.onSample({
      ms,
      finished,
      lost,
      bytes: receivedBytes() - fromBytes,
      inFlight: area / ms,
      latencyMs: latencyMs / Math.max(finished, 1),
    });
    begin(nowMs);
    const { concurrency } = governor;
    if (concurrency === before) return;
    older = running + concurrency; // and those that found the queues as they were
    resize(concurrency);
  }
}

/** What a try says: nothing where nothing was asked for. */
function signalOf(
  result: TryResult | WriteBehind<TryResult>,
  hostSignal: (failure: Failure | undefined) => HostSignal,
): HostSignal {
  if ("storing" in result) return hostSignal(undefined);
  if (isDone(result)) return madeRequest(result) ? hostSignal(undefined) : "not_requested";
  return isRequeue(result) ? "neutral" : hostSignal(result);
}
