// The options of the Get socket.

import type { Failure } from "../core/failure.ts";
import type { Skip } from "../core/ports.ts";
import type { BandwidthLimiter } from "../core/run/bandwidth.ts";
import type { OpenOptions } from "./connect/connector.ts";
import type { ProxyServer } from "./connect/proxy.ts";
import type { Limits } from "./exchange/reply.ts";
import type { ConnectionPool } from "./h1/connection-pool.ts";
import type { Cookies } from "./identity/cookies.ts";
import type { Authorize } from "./identity/credentials.ts";

export interface GetOptions extends Limits, OpenOptions {
  /** The whole URL, all redirects included; Infinity for none. */
  readonly maxTimeMs: number;
  readonly maxRedirects: number;
  /** Says whether a redirect may be followed, where somebody has to be asked. `spentMs`: what the URL took already. */
  readonly checkRedirect?: (target: URL, spentMs: number) => Promise<Skip | Failure | undefined>;
  /** Ask for HTTP/2 where there is TLS. */
  readonly http2: boolean;
  /** Headers of the user's own, name and value in turn. */
  readonly headers: readonly string[];
  /** Who we are to the list's own origins. Default: what the URL says. */
  readonly authorize?: Authorize;
  /** What is sent, and what servers set. Default: what redirects set, for the rest of the try. */
  readonly cookies?: Cookies;
  /** Not even what redirects set. Default false. */
  readonly noCookies?: boolean;
  /** Ask for compressed bodies, and store them decoded. */
  readonly compressed: boolean;
  readonly proxyFor: (target: URL) => ProxyServer | undefined;
  /** The most connections at a time, busy and idle. */
  readonly maxConnections: number;
  /** What carries requests in the place of connections of our own. */
  readonly carrier?: ConnectionPool | undefined;
  /** Holds the bytes of all bodies together to a speed. */
  readonly throttle?: BandwidthLimiter | undefined;
}
