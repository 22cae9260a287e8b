// The durations of the handshakes of one try.

/** Durations for the connections opened by one try, in milliseconds. */
export interface ConnectionTimes {
  /** DNS look-ups; absent if there was none. */
  readonly dnsMs?: number;
  /** TCP and proxy handshakes. */
  readonly connectMs?: number;
  readonly tlsMs?: number;
}
