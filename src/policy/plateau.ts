// How many URLs at a time: as few as are as fast as any number, found by trying more and fewer while the run goes on.

import type { Governor, Interval } from "../core/governed.ts";
import { isClose, middle } from "./bisect.ts";
import { pressure } from "./pressure.ts";
import { speedOf } from "./speed.ts";

/** A step is kept only if it is so much faster; and so much may be lost by taking fewer. */
const FASTER = 1.05;
const CLEARLY_FASTER = 1.3;
const AS_FAST = 0.97;
/** Between an error and what is clean a small step is worth this. */
const A_LITTLE_FASTER = 1.02;
/** Fewer than this part of the slots were busy: something else than the number of slots limits the run. */
const BUSY = 0.9;
/** So many tries say enough. */
const MANY = 300;
/** What is left where tries are lost. */
const EASE = 0.7;
/** What was found is tried again after so long, and later and later while it stays right. */
const PATIENCE_MS = 5000;
const MOST_PATIENCE_MS = 60_000;
/** For so long no more is tried than what servers have refused. */
const SORE_MS = 60_000;
interface Point {
  readonly at: number;
  readonly speed: number;
}

type Phase = "rise" | "doubt" | "climb" | "sink" | "hold" | "probe-up" | "probe-down" | "eased";

/**
 * Doubles from `start` while that is 5 % faster, then halves the distance, to the least that is within 2 % of the fastest; holds it, and
 * tries more and fewer now and then. Goes back at once where tries are lost that were not before.
 */
export function plateau(start: number, mostAtFirst: number): Governor {
  const losses = pressure();
  let most = mostAtFirst;
  let at = Math.min(start, most);
  let phase: Phase = "rise";
  /** What was kept last; the fastest; the most that was slower; the least that was not worth it. */
  let kept: Point | undefined;
  let fastest = 0;
  let under = 0;
  let over: { readonly at: number; readonly sore: boolean } | undefined;
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
      return reasons().join(", ");
    },
    get generations() {
      return phase === "rise" ? 3 : Math.min(8, Math.max(3, Math.ceil(MANY / at)));
    },
    get leastMs() {
      return phase === "rise" ? 200 : phase === "hold" ? 1000 : 600;
    },
    tell(interval) {
      soreMs -= interval.ms;
      const share = interval.lost / Math.max(interval.finished, 1);
      if (losses.isOver(interval.finished, interval.lost)) return press(share);
      // Where not all slots are busy, nothing can be learnt of their number.
      idle = interval.inFlight < BUSY * at ? idle + 1 : 0;
      if (idle > 0) return;
      losses.calm(share);
      judge({ at, speed: speedOf(interval) }, interval);
    },
    isPressed: losses.isOver,
    cap(fewer) {
      most = Math.min(most, Math.max(1, fewer));
      at = Math.min(at, most);
      forget();
    },
  };

  function judge(point: Point, { ms, finished }: Interval): void {
    const speed = kept?.speed ?? 0;
    if (phase === "eased") {
      over = { at: pressed?.at ?? at + 1, sore: true };
      soreMs = SORE_MS;
      under = 0;
      pressed = undefined;
      keep(point);
      climb();
    } else if (phase === "rise" || phase === "doubt") {
      if (phase === "rise" && finished < MANY && point.speed < CLEARLY_FASTER * speed) {
        phase = "doubt"; // a second and longer look: much depends on it
      } else if (point.speed >= FASTER * speed) {
        under = kept?.at ?? 0;
        keep(point);
        rise();
      } else {
        over = { at, sore: false };
        fastest = Math.max(speed, (speed + point.speed) / 2);
        sink();
      }
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
      if (point.speed >= AS_FAST * fastest) kept = point;
      else under = at;
      sink();
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
    if (isClose(under, high)) return settle();
    phase = "sink";
    at = middle(under, high);
  }

  function settle(): void {
    phase = "hold";
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
    if (next < 1 || (phase === "probe-up" && next <= at)) settle();
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
      if (at < 1) settle();
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
    phase = "rise";
    kept = undefined;
    pressed = undefined;
    over = undefined;
    under = 0;
    patienceMs = PATIENCE_MS;
  }

  function isLimited(): boolean {
    return idle >= 3;
  }

  function reasons(): string[] {
    if (isLimited()) return ["the list, a rate or its hosts keep fewer busy"];
    if (pressed !== undefined) return ["servers ask for less"];
    if (over === undefined && at >= most)
      return [most < mostAtFirst ? "no more file descriptors" : "the most it takes"];
    if (over === undefined) return ["the run was too short to find more"];
    const reason = `${over.at} ${over.sore ? "were too many for a server" : "were no faster"}`;
    return under > 0 && under < (kept?.at ?? at) ? [reason, `${under} slower`] : [reason];
  }
}
