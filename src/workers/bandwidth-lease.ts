// Shares --limit-rate among processes: a worker asks the run's process for portions of bytes that it may read.

import type { Account } from "../core/run/bandwidth.ts";
import type { FromWorker } from "./messages.ts";

/** A portion has the bytes of this time, or of one read. A request for every read would slow a fast connection down. */
const PORTION_MS = 10;

/** The number of bytes that a worker is granted at once. */
export function portion(bytesPerSecond: number, readBytes: number): number {
  return Math.max(readBytes, Math.round((bytesPerSecond * PORTION_MS) / 1000));
}

export interface BandwidthLease extends Account {
  /** Called when the run's process has granted this many bytes. */
  granted(bytes: number): void;
}

/** The account of a worker: `put` requests portions from the run's process, and reports bytes beyond what was granted. */
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
    // The run's process decides when a URL starts, by its own account.
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
