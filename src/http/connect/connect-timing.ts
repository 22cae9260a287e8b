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
  const times: { -readonly [K in keyof ConnectionTimes]: ConnectionTimes[K] } = { ...opened };
  if (dnsMs !== undefined) times.dnsMs = dnsMs + (opened?.dnsMs ?? 0);
  if (connectMs !== undefined) times.connectMs = connectMs + (opened?.connectMs ?? 0);
  if (tlsMs !== undefined) times.tlsMs = tlsMs + (opened?.tlsMs ?? 0);
  return times;
}
