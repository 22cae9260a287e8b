// Measures the steps of opening a connection: DNS look-up, TCP with the proxy's handshake, TLS.

import type { ConnectionTimes } from "../../core/http/connection-times.ts";

/** The duration of each step of opening a connection, in milliseconds, and the current step. */
export interface ConnectTiming {
  /** Start time, by `performance.now()`. */
  readonly startedMs: number;
  /** All look-ups of names; undefined if there was none: an address, or a name that a proxy resolves. */
  dnsMs: number | undefined;
  /** TCP, and the handshake with a proxy. */
  connectMs: number | undefined;
  /** The TLS handshake with the server. */
  tlsMs: number | undefined;
  isResolving: boolean;
  /** The look-up is queued and not sent yet: this time does not count towards a timeout. */
  isQueued: boolean;
  /** The address of the server, if the connection leads straight to it: without a proxy or Unix socket. */
  address: string | undefined;
}

export function connectTiming(): ConnectTiming {
  return {
    startedMs: performance.now(),
    dnsMs: undefined,
    connectMs: undefined,
    tlsMs: undefined,
    isResolving: false,
    isQueued: false,
    address: undefined,
  };
}

/** Adds the times of a connection to those of earlier ones of the same try; undefined if no step was completed. */
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
