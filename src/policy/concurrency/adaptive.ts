// How many URLs at a time: as few as are as fast as any number, found by trying more and fewer while the run goes on.

import type { ConcurrencyController, Sample } from "../../core/run/concurrency-sampler.ts";
import { isClose, middle } from "./bisect.ts";
import { explain, type Over } from "./explain.ts";
import { overload } from "./overload.ts";
import { generationsOf, leastMsOf, MIN_SAMPLES, MOST_PATIENCE_MS, PATIENCE_MS, type Phase, SORE_MS } from "./phases.ts";
import { A_LITTLE_FASTER, AS_FAST, CLEARLY_FASTER, EASE, FASTER, FEW, type Point, WARMER } from "./thresholds.ts";
import { throughputOf } from "./throughput.ts";

/** Fewer than this part of the slots were busy: something else than the number of slots limits the run. */
const BUSY = 0.9;

/**
 * Waits at `start` until the run is warm, doubles while that is 5 % faster, looks again at the last that was, halves the distance to
 * the least that is within 3 % of the fastest, holds it, and tries more and fewer now and then. Goes back at once where tries are
 * lost that were not before.
 */
export function adaptiveConcurrency(start: number, mostAtFirst: number): ConcurrencyController {
  const losses = overload();
  let most = mostAtFirst;
  let at = Math.min(start, most);
  let phase: Phase = "warm";
  /** What was kept last; the fastest; the most that was slower; the least that was not worth it. */
  let kept: Point | undefined;
  let fastest = 0;
  let under = 0;
  /** That is no more from the first rise: while a run warms up, whatever came earlier looks slow. */
  let isUnderSure = false;
  let over: Over | undefined;
  /** What it was before it was eased, and the share that was lost. */
  let pressed: { readonly at: number; readonly share: number } | undefined;
  let soreMs = 0;
  let heldMs = 0;
  let patienceMs = PATIENCE_MS;
  let isUpNext = true;
  let slower = 0;
  let idle = 0;

  return {
    get concurrency() {
      return at;
    },
    get found() {
      return isLimited() ? at : (kept?.at ?? at);
    },
    get reason() {
      if (isLimited()) return "the list, a rate or its hosts keep fewer busy";
      if (pressed !== undefined) return "servers ask for less";
      return explain({ at, kept: kept?.at ?? at, most, mostAtFirst, over, under });
    },
    get generations() {
      return generationsOf(phase, at);
    },
    get leastMs() {
      return leastMsOf(phase);
    },
    onSample(interval) {
      soreMs -= interval.ms;
      const share = interval.lost / Math.max(interval.finished, 1);
      if (losses.isOver(interval.finished, interval.lost)) return press(share);
      // Where not all slots are busy, nothing can be learnt of their number.
      idle = interval.inFlight < BUSY * at ? idle + 1 : 0;
      if (idle > 0) return;
      losses.calm(share);
      judge({ at, speed: throughputOf(interval) }, interval);
    },
    isPressed: losses.isOver,
    cap(fewer) {
      most = Math.min(most, Math.max(1, fewer));
      at = Math.min(at, most);
      forget();
    },
  };

  function judge(point: Point, { ms, finished }: Sample): void {
    const speed = kept?.speed ?? 0;
    if (phase === "eased") {
      over = { at: pressed?.at ?? at + 1, sore: true };
      soreMs = SORE_MS;
      under = 0;
      pressed = undefined;
      keep(point);
      climb();
    } else if (phase === "warm") {
      const isWarm = kept !== undefined && point.speed < WARMER * speed;
      keep(point);
      if (isWarm) rise();
    } else if (phase === "rise" || phase === "doubt") {
      if (phase === "rise" && finished < MIN_SAMPLES && point.speed < CLEARLY_FASTER * speed) {
        phase = "doubt"; // a second and longer look: much depends on it
      } else if (point.speed >= FASTER * speed) {
        under = kept?.at ?? 0;
        keep(point);
        rise();
      } else {
        over = { at, sore: false };
        phase = "again";
        at = kept?.at ?? at;
      }
    } else if (phase === "again") {
      keep(point);
      if (point.speed < WARMER * speed) return sink();
      over = undefined;
      rise();
    } else if (phase === "climb") {
      if (point.speed >= A_LITTLE_FASTER * speed) {
        under = kept?.at ?? 0;
        keep(point);
        climb();
      } else {
        over = { at, sore: over?.sore ?? false };
        sink();
      }
    } else if (phase === "sink") {
      sank(point);
    } else if (phase === "hold") hold(point, ms);
    else probed(point);
  }

  function keep(point: Point): void {
    kept = point;
    fastest = point.speed;
  }

  function rise(): void {
    phase = "rise";
    if (at >= most) return sink();
    at = Math.min(2 * at, most);
    if (over?.sore === true && soreMs > 0 && at >= over.at) climb();
  }

  /** Half way to where servers asked for less. */
  function climb(): void {
    const low = kept?.at ?? 1;
    const high = over?.at ?? low;
    if (isClose(low, high)) return sink();
    phase = "climb";
    at = middle(low, high);
  }

  /** Half way to where it was slower. */
  function sink(): void {
    const high = kept?.at ?? at;
    const low = Math.max(under, pressed === undefined ? FEW - 1 : 0);
    if (isClose(low, high)) return settle();
    phase = "sink";
    at = middle(low, high);
  }

  function sank(point: Point): void {
    if (point.speed < AS_FAST * fastest) {
      under = at;
      isUnderSure = true;
      return sink();
    }
    kept = point;
    fastest = Math.max(fastest, (fastest + point.speed) / 2);
    if (isUnderSure || under === 0) return sink();
    // Nothing was slower since the rise: the next look is at what was slower then, and at half of that.
    if (at === under) under = Math.floor(at / 2);
    if (under < FEW) return sink();
    at = under;
  }

  function settle(): void {
    phase = "hold";
    isUnderSure = true;
    at = kept?.at ?? at;
    heldMs = 0;
    slower = 0;
  }

  function hold(point: Point, ms: number): void {
    const speed = kept?.speed ?? point.speed;
    slower = point.speed < 0.8 * speed ? slower + 1 : 0;
    if (slower === 1) return; // once is nothing
    kept = { at, speed: slower > 1 ? point.speed : (speed + point.speed) / 2 };
    heldMs += ms;
    if (slower > 1) patienceMs = PATIENCE_MS;
    if (slower > 1 || heldMs >= patienceMs) probe();
  }

  function probe(): void {
    phase = isUpNext ? "probe-up" : "probe-down";
    isUpNext = !isUpNext;
    const bound = over?.sore === true && soreMs > 0 ? over.at - 1 : most;
    const next = phase === "probe-up" ? Math.min(bound, Math.ceil(1.5 * at)) : Math.floor(0.8 * at);
    fastest = kept?.speed ?? 0;
    if (next < FEW || (phase === "probe-up" && next <= at)) settle();
    else at = next;
  }

  function probed(point: Point): void {
    const from = kept?.at ?? at;
    const isBetter = phase === "probe-up" ? point.speed >= FASTER * fastest : point.speed >= AS_FAST * fastest;
    if (!isBetter) {
      patienceMs = Math.min(2 * patienceMs, MOST_PATIENCE_MS);
      if (phase === "probe-up") over = { at, sore: false };
      else under = at;
      return settle();
    }
    patienceMs = PATIENCE_MS;
    if (phase === "probe-up") {
      under = from;
      over = undefined;
      keep(point);
      rise();
    } else {
      over = { at: from, sore: false };
      kept = point;
      at = Math.floor(0.8 * at);
      if (at < FEW) settle();
    }
  }

  /** Servers ask for less than they are asked for. */
  function press(share: number): void {
    if (kept !== undefined && at > kept.at) {
      over = { at, sore: true };
      soreMs = SORE_MS;
      return climb();
    }
    const before = pressed;
    if (before !== undefined && losses.isTheirs(before.share, share, at === 1)) {
      at = Math.min(before.at, most); // what was taken away was for nothing
      return forget();
    }
    pressed = { at: before?.at ?? at, share };
    phase = "eased";
    kept = undefined;
    at = Math.max(1, Math.floor(EASE * at));
  }

  /** The search begins anew, here. */
  function forget(): void {
    phase = "warm";
    isUnderSure = false;
    kept = undefined;
    pressed = undefined;
    over = undefined;
    under = 0;
    patienceMs = PATIENCE_MS;
  }

  function isLimited(): boolean {
    return idle >= 3;
  }
}
