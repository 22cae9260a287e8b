// Remembers which host was slowed last, and by what, for reporters.

import type { Failure, FailureKind } from "../failure.ts";
import { type Host, withoutHttpsPort } from "./host.ts";

/** What slowed a host: it gets fewer requests at a time, or later ones. */
export interface Slowed {
  /** As in `URL.host`. */
  readonly host: string;
  readonly error: FailureKind;
  readonly status: number | undefined;
  /** In milliseconds of the run's clock. */
  readonly atMs: number;
  /** Number of hosts that were slowed so far, this one included. */
  readonly hosts: number;
}

/** What reporters show of hosts. */
export interface HostFigures {
  readonly slowed: Slowed | undefined;
  /** Returns the lines read so far whose URL is of this host (as of `hostKey`); undefined where that is not certain. */
  linesOf(host: string): number | undefined;
}

export interface Slowdowns {
  readonly last: Slowed | undefined;
  /** Records that a failure slowed a host; not where no other line waits there, since nothing is slower then. */
  record(host: Host, failure: Failure, nowMs: number): void;
}

export function slowdowns(): Slowdowns {
  let last: Slowed | undefined;
  let hosts = 0;
  return {
    get last() {
      return last;
    },
    record(host, { error, status }, nowMs) {
      if (host.waiting === 0) return;
      if (!host.wasSlowed) hosts++;
      host.wasSlowed = true;
      last = { host: withoutHttpsPort(host.host), error, status, atMs: nowMs, hosts };
    },
  };
}
