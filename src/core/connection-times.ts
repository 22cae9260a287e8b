// How long the connections of one try took to open.

/** How long it took to open the connections that were made for one try, in milliseconds. */
export interface ConnectionTimes {
  /** Look-ups of names; absent where there was none. */
  readonly dnsMs?: number;
  /** TCP, and what a proxy takes. */
  readonly connectMs?: number;
  readonly tlsMs?: number;
}
