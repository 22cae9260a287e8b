// Holds the bytes of all bodies together to a speed: large ones wait while they arrive, small ones are paid off afterwards.

import { isFailure } from "./failure.ts";
import type { BodyStream, Get } from "./ports.ts";

/** A debt of bytes that is paid off at a fixed speed. */
export interface BytesPace {
  /** When there is none left, by the clock of `nowMs`. */
  readyMs(nowMs: number): number;
  spend(bytes: number, nowMs: number): void;
}

export interface ThrottleClock {
  nowMs(): number;
  after(ms: number, act: () => void): () => void;
}

/** The same web, slower. What is to be started next must wait for `pace` elsewhere: here it would hold a slot. */
export function throttled(get: Get, pace: BytesPace, clock: ThrottleClock): Get {
  const sleepers = new Set<() => void>();
  let aborted = false;

  /** Waits until the debt is paid, or all is given up. */
  async function ready(): Promise<void> {
    for (;;) {
      const nowMs = clock.nowMs();
      const delayMs = pace.readyMs(nowMs) - nowMs;
      if (delayMs <= 0 || aborted) return;
      await new Promise<void>((resolve) => {
        const wake = () => {
          sleepers.delete(wake);
          cancel();
          resolve();
        };
        const cancel = clock.after(delayMs, wake);
        sleepers.add(wake);
      });
    }
  }

  const slowed = (body: BodyStream): BodyStream => ({
    async next() {
      await ready();
      const pieces = await body.next();
      if (pieces !== undefined && !isFailure(pieces)) pace.spend(lengthOf(pieces), clock.nowMs());
      return pieces;
    },
    cancel: () => body.cancel(),
  });

  return {
    ...get,
    async fetch(target, ask) {
      const answer = await get.fetch(target, ask);
      if (isFailure(answer)) return answer;
      const { body } = answer;
      if ("next" in body) return { ...answer, body: slowed(body) };
      pace.spend(lengthOf(body), clock.nowMs());
      return answer;
    },
    abort() {
      aborted = true;
      for (const wake of [...sleepers]) wake();
      get.abort();
    },
  };
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}
