// The options of the HTTP client.

import type { Failure } from "../core/failure.ts";
import type { BandwidthLimiter } from "../core/run/bandwidth.ts";
import type { Skip } from "../core/run/robots-policy.ts";
import type { OpenOptions } from "./connect/connector.ts";
import type { ProxyServer } from "./connect/proxy.ts";
import type { Limits } from "./exchange/reply.ts";
import type { ConnectionPool } from "./h1/connection-pool.ts";
import type { Cookies } from "./identity/cookies.ts";
import type { Authorize } from "./identity/credentials.ts";

export interface GetOptions extends Limits, OpenOptions {
  /** Maximum time for a URL including redirects, in milliseconds; Infinity for none. */
  readonly maxTimeMs: number;
  readonly maxRedirects: number;
  /** Resolves with why a redirect may not be followed, if so; absent without robots.txt. `spentMs`: time the URL took so far. */
  readonly checkRedirect?: (target: URL, spentMs: number) => Promise<Skip | Failure | undefined>;
  /** Offer HTTP/2 over TLS. */
  readonly http2: boolean;
  /** The user's headers, as alternating names and values. */
  readonly headers: readonly string[];
  /** Returns the Authorization for an origin of the list. Default: Basic, from the user and password of the URL. */
  readonly authorize?: Authorize;
  /** The cookie jar of the run. Default: only cookies that redirects set, for the rest of their chain. */
  readonly cookies?: Cookies;
  /** Send no cookies that redirects set. Default: false. */
  readonly noCookies?: boolean;
  /** Request compressed bodies, and decode them. */
  readonly compressed: boolean;
  /** Leave bodies as they were sent, also those that `compressed` requests. Default: those are decoded. */
  readonly keepsCoding?: boolean;
  readonly proxyFor: (target: URL) => ProxyServer | undefined;
  /** Maximum number of open connections, busy and idle. */
  readonly maxConnections: number;
  /** Carries the requests instead of `ownConnections`: an undici Dispatcher. */
  readonly carrier?: ConnectionPool | undefined;
  /** Keep what was sent and received, for `Answer.wire` and `Failure.wire`. */
  readonly wire?: boolean;
  /** Limits the speed of all bodies together. */
  readonly throttle?: BandwidthLimiter | undefined;
}
