// Limits the memory of all brotli decoders together: a decoder waits until there is room for its window.

import type { Failure } from "../../core/failure.ts";

/** Frees the reserved memory. */
export type Release = () => void;

export interface DecoderMemory {
  /**
   * Reserves memory, first come, first served: waits until other bodies have freed enough, at most until `untilMs` of
   * `performance.now()`. Resolves with a function that frees it, or with a failure.
   */
  acquire(bytes: number, untilMs: number): Promise<Release | Failure>;
  /** Ends all waiting requests as `interrupted`, and later ones that would have to wait. */
  abort(): void;
}

/** Maximum memory of all windows, in bytes: 8 of the largest (16 MiB), or 32 of the usual ones (4 MiB). */
const MAX_BYTES = 134_217_728;

/** Maximum delay of setTimeout, in milliseconds (24.8 days); Node uses 1 ms for longer ones. */
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
    acquire(bytes, untilMs) {
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

/** Returns the window size of a brotli stream in bytes, by its first byte (RFC 7932 section 9.1). */
export function windowBytes(firstByte: number): number {
  const [n, m] = [(firstByte >> 1) & 7, (firstByte >> 4) & 7];
  if ((firstByte & 1) === 0) return 2 ** 16;
  if (n > 0) return 2 ** (17 + n);
  if (m === 0) return 2 ** 17;
  return m === 1 ? 2 ** 24 : 2 ** (8 + m); // 1 is invalid: decoders refuse it
}
