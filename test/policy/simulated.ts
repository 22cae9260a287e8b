// Servers as numbers, under a clock of their own: how fast they are by how many URLs are asked for at a time.

import { type ConcurrencyController, concurrencySampler } from "../../src/core/run/concurrency-sampler.ts";
import { heap } from "../../src/core/scheduler/order.ts";

/** What becomes of a try that starts at `nowMs` beside `running` others. */
export type Server = (nowMs: number, running: number) => { readonly ms: number; readonly lost?: boolean };

/** So many at a time, `ms` each; the others queue. */
export function knee(workers: number, ms: number, random: () => number = () => 0.5): Server {
  const free = heap<undefined>();
  for (let i = 0; i < workers; i++) free.push(0, undefined);
  return (nowMs) => {
    const fromMs = Math.max(nowMs, free.minKey);
    const untilMs = fromMs + ms * (0.5 + random());
    free.pop();
    free.push(untilMs, undefined);
    return { ms: untilMs - nowMs };
  };
}

/** The more there are, the longer each takes. */
export function linear(ms: number, perOther: number, random: () => number = () => 0.5): Server {
  return (_nowMs, running) => ({ ms: (ms + perOther * running) * (0.9 + random() / 5) });
}

/** More than `most` at a time are refused at once. */
export function shedding(most: number, ms: number, random: () => number = () => 0.5): Server {
  let ends: number[] = [];
  return (nowMs) => {
    ends = ends.filter((endMs) => endMs > nowMs);
    if (ends.length >= most) return { ms: 5, lost: true };
    const took = ms * (0.8 + random() * 0.4);
    ends.push(nowMs + took);
    return { ms: took };
  };
}

/** Bodies of `bytes` one behind the other through a link, each after a round trip; no connection gets more than its window. */
export function link(bytesPerMs: number, bytes: number, tripMs: number): Server {
  let freeMs = 0;
  return (nowMs) => {
    freeMs = Math.max(freeMs, nowMs) + bytes / bytesPerMs;
    return { ms: Math.max(freeMs - nowMs, tripMs * 10) + tripMs };
  };
}

/** Everything takes `times` as long: a machine that warms up, or has something else to do for a while. */
export function slowed(server: Server, times: (nowMs: number) => number): Server {
  let lastMs = 0;
  let workMs = 0; // the server's own clock
  return (nowMs, running) => {
    const factor = times(nowMs);
    workMs += (nowMs - lastMs) / factor;
    lastMs = nowMs;
    const { ms, ...rest } = server(workMs, running);
    return { ...rest, ms: ms * factor };
  };
}

/** Within `warmMs` it becomes `cold` times as fast. */
export const warming = (cold: number, warmMs: number) => (nowMs: number) => cold ** Math.max(0, 1 - nowMs / warmMs);

export interface Ran {
  /** Tries that were not lost, a second: over all, and over the second half. */
  readonly perSecond: number;
  readonly settledPerSecond: number;
  readonly lost: number;
  readonly reason: string;
  readonly found: number;
  /** Milliseconds at each concurrency. */
  readonly at: ReadonlyMap<number, number>;
  /** Each that was set, in turn. */
  readonly steps: readonly number[];
}

export interface Simulation {
  readonly server: Server;
  readonly governor: ConcurrencyController;
  readonly forMs: number;
  readonly bytesEach?: number;
  /** No more than so many are ever under way: the list, a rate or a host's cap. */
  readonly supply?: number;
  readonly fdsExhausted?: { readonly atMs: number; readonly most: number };
}

/** Keeps as many tries under way as the governor says. */
export function simulate({ server, governor, forMs, bytesEach = 0, supply = 10_000, fdsExhausted }: Simulation): Ran {
  let nowMs = 0;
  let bytes = 0;
  let timer: { readonly atMs: number; readonly act: () => void } | undefined;
  const clock = {
    nowMs: () => nowMs,
    after(ms: number, act: () => void) {
      timer = { atMs: nowMs + ms, act };
      return () => {
        timer = undefined;
      };
    },
  };
  const at = new Map<number, number>();
  const steps = [governor.concurrency];
  const running = heap<{ readonly fromMs: number; readonly endMs: number; readonly lost: boolean }>();
  let concurrency = governor.concurrency;
  let sinceMs = 0;
  const change = (next: number) => {
    at.set(concurrency, (at.get(concurrency) ?? 0) + nowMs - sinceMs);
    sinceMs = nowMs;
    concurrency = next;
    steps.push(next);
  };
  const watching = concurrencySampler({ governor, clock, receivedBytes: () => bytes, resize: change });
  let done = 0;
  let late = 0;
  let lost = 0;
  let isFdExhausted = false;
  while (nowMs < forMs) {
    if (fdsExhausted !== undefined && !isFdExhausted && nowMs >= fdsExhausted.atMs) {
      isFdExhausted = true;
      watching.fdsExhausted(fdsExhausted.most);
      change(governor.concurrency);
    }
    while (running.size < Math.min(concurrency, supply)) {
      const { ms, lost = false } = server(nowMs, running.size);
      watching.began();
      running.push(nowMs + ms, { fromMs: nowMs, endMs: nowMs + ms, lost });
    }
    const ended = running.pop();
    if (ended === undefined) break;
    while (timer !== undefined && timer.atMs <= ended.endMs) {
      const { atMs, act } = timer;
      nowMs = atMs;
      timer = undefined;
      act();
    }
    nowMs = ended.endMs;
    bytes += ended.lost ? 0 : bytesEach;
    if (ended.lost) lost++;
    else done++;
    if (!ended.lost && nowMs > forMs / 2) late++;
    watching.ended(ended.lost ? "overloaded" : "ok", nowMs - ended.fromMs);
  }
  watching.close();
  change(concurrency);
  return {
    perSecond: (done * 1000) / nowMs,
    settledPerSecond: (late * 2000) / nowMs,
    lost,
    reason: governor.reason,
    found: governor.found,
    at,
    steps,
  };
}

/** Always as many. */
export function fixed(concurrency: number): ConcurrencyController {
  return {
    concurrency,
    found: concurrency,
    reason: "",
    step: "",
    generations: 4,
    leastMs: 1000,
    isPressed: () => false,
    onSample() {},
    cap() {},
  };
}
