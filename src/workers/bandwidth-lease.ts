// What a helper may read where bytes have a speed: the run's process pays for all, and grants it in portions.

import type { Account } from "../core/run/bandwidth.ts";
import type { FromWorker } from "./messages.ts";

/** A portion is what comes in 10 ms, or one read: to ask for each read would be too slow for a fast connection. */
const PORTION_MS = 10;

/** How many bytes a helper is granted at once. */
export function portion(bytesPerSecond: number, readBytes: number): number {
  return Math.max(readBytes, Math.round((bytesPerSecond * PORTION_MS) / 1000));
}

export interface BandwidthLease extends Account {
  /** The run's process has paid for so many bytes. */
  granted(bytes: number): void;
}

/** The helper's account: `put` asks the run's process, and says what has arrived beyond what was granted. */
export function bandwidthLease(put: (notice: FromWorker) => void): BandwidthLease {
  let balance = 0;
  let waiting: (() => void) | undefined;
  let isAsked = false;

  return {
    isPaid: () => balance > 0,
    spend(bytes) {
      balance -= bytes;
      if (balance >= 0) return;
      put({ spent: -balance });
      balance = 0;
    },
    whenPaid(act) {
      waiting = act;
      if (!isAsked) put({ wants: true });
      isAsked = true;
    },
    // Who starts what is the run's process, by its own account.
    paidMs: () => Number.NEGATIVE_INFINITY,
    granted(bytes) {
      isAsked = false;
      balance += bytes;
      const act = waiting;
      waiting = undefined;
      act?.();
    },
    close() {
      waiting = undefined;
    },
  };
}
