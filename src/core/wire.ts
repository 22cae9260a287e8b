// One request and its answer as they were sent and received: what --save-headers and WARC keep, beside the body.

/** One request and its answer, without the body. */
export interface WireExchange {
  /** The requested URL, without user name and password and without fragment. */
  readonly url: string;
  readonly protocol: "http/1.0" | "http/1.1" | "h2";
  /** The address of the server that was connected to; undefined through a proxy. */
  readonly address: string | undefined;
  /** When the request was sent, in milliseconds since 1970. */
  readonly sentMs: number;
  /** The request's head as it was sent, with its blank line, in Latin-1; the values of its credentials are `***`. */
  readonly request: string;
  /**
   * The response's head as it came: status line with its reason, header lines in their order and letters, blank line. HTTP/2 as
   * HTTP/1.1 text with an empty reason: `HTTP/1.1 200 \r\n`. In Latin-1: each character is a byte.
   */
  readonly response: string;
}

/** A response whose body is not stored: a redirect's, or that of a final answer that is not 2xx. */
export interface WireResponse extends WireExchange {
  /** What was read of its body: at most 16 KiB, without its transfer coding, its content coding as sent. */
  readonly body: readonly Uint8Array[];
  /** Whether that is all of it. */
  readonly isWhole: boolean;
}

/** All exchanges that led to one answer; those of its last try. */
export interface Wire extends WireExchange {
  /** The redirects before it, in order; of more than 1 MiB in all, the first ones. */
  readonly hops: readonly WireResponse[];
}

/** All exchanges that led to a final answer that is not stored; those of its last try. */
export interface FailedWire extends WireResponse {
  readonly hops: readonly WireResponse[];
}
