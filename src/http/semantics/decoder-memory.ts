// The memory in which decoders of brotli keep what they may refer back to: so much of it at a time, for all bodies together.

import type { Failure } from "../../core/failure.ts";

/** Gives what was taken back. */
export type Release = () => void;

export interface DecoderMemory {
  /**
   * Waits until there is room for so many bytes, in the order in which it was asked for: for as long as the bodies take that
   * have it, but only until `untilMs` of `performance.now()`. Returns what gives them back, or why there was none.
   */
  take(bytes: number, untilMs: number): Promise<Release | Failure>;
  /** Whoever waits gets none, nor does who comes later and would have to. */
  abort(): void;
}

/** In bytes: eight of the largest windows, 32 of those that are usual. */
const MAX_BYTES = 134_217_728;

/** A timer holds no more: 24.8 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

interface Waiting {
  readonly bytes: number;
  readonly settle: (result: Release | Failure) => void;
}

const LATE: Failure = { error: "deadline", detail: "over the maximum time while it waited to be decoded" };
const INTERRUPTED: Failure = { error: "interrupted", detail: "stopped while it waited to be decoded" };

export function decoderMemory(maxBytes = MAX_BYTES): DecoderMemory {
  const waiting = new Set<Waiting>();
  let taken = 0;
  let isAborted = false;

  const grant = (bytes: number): Release => {
    taken += bytes;
    return () => {
      taken -= bytes;
      for (const one of waiting) {
        if (taken + one.bytes > maxBytes) return;
        one.settle(grant(one.bytes));
      }
    };
  };
  return {
    take(bytes, untilMs) {
      if (waiting.size === 0 && taken + bytes <= maxBytes) return Promise.resolve(grant(bytes));
      if (isAborted) return Promise.resolve(INTERRUPTED);
      const leftMs = untilMs - performance.now();
      return new Promise((resolve) => {
        const settle = (result: Release | Failure) => {
          clearTimeout(timer);
          waiting.delete(one);
          resolve(result);
        };
        const one = { bytes, settle };
        const timer = leftMs > MAX_TIMER_MS ? undefined : setTimeout(settle, leftMs, LATE);
        waiting.add(one);
      });
    },
    abort() {
      isAborted = true;
      for (const one of [...waiting]) one.settle(INTERRUPTED);
    },
  };
}

/** How large the window is that a stream of brotli needs, in bytes, by its first byte (RFC 7932 section 9.1). */
export function windowBytes(firstByte: number): number {
  const [n, m] = [(firstByte >> 1) & 7, (firstByte >> 4) & 7];
  if ((firstByte & 1) === 0) return 2 ** 16;
  if (n > 0) return 2 ** (17 + n);
  if (m === 0) return 2 ** 17;
  return m === 1 ? 2 ** 24 : 2 ** (8 + m); // 1 stands for none that a decoder takes
}
