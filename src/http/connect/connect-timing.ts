// How long the steps of opening a connection took: look-up, TCP with what a proxy takes, TLS.

import type { ConnectionTimes } from "../../core/connection-times.ts";

/** How long each step of opening a connection took, in milliseconds; and how far it has come. */
export interface ConnectTiming {
  /** When it began, by `performance.now()`. */
  readonly startedMs: number;
  /** All look-ups of names; undefined where there was none: an address, or a name that a proxy looks up. */
  dnsMs: number | undefined;
  /** TCP, and what a proxy takes. */
  connectMs: number | undefined;
  /** The TLS handshake with the server. */
  tlsMs: number | undefined;
  isResolving: boolean;
  /** Its look-up could not be sent yet: no time that counts. */
  isQueued: boolean;
}

export function connectTiming(): ConnectTiming {
  return {
    startedMs: performance.now(),
    dnsMs: undefined,
    connectMs: undefined,
    tlsMs: undefined,
    isResolving: false,
    isQueued: false,
  };
}

/** The times of all connections that were opened for one try; undefined where none came so far. */
export function addTimings(
  opened: ConnectionTimes | undefined,
  { dnsMs, connectMs, tlsMs }: ConnectTiming,
): ConnectionTimes | undefined {
  if (dnsMs === undefined && connectMs === undefined) return opened;
  return {
    ...sum("dnsMs", opened?.dnsMs, dnsMs),
    ...sum("connectMs", opened?.connectMs, connectMs),
    ...sum("tlsMs", opened?.tlsMs, tlsMs),
  };
}

function sum(key: keyof ConnectionTimes, one: number | undefined, other: number | undefined): ConnectionTimes {
  return one === undefined && other === undefined ? {} : { [key]: (one ?? 0) + (other ?? 0) };
}
