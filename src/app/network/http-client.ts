// Creates the HTTP client (`Get`) from the options, with their defaults.

import type { Get } from "../../core/ports.ts";
import { type Account, bandwidthLimiter } from "../../core/run/bandwidth.ts";
import { getter } from "../../http/get.ts";
import type { GetOptions } from "../../http/options.ts";
import { OPTIONS } from "../../options/table.ts";
import { byteBudget, readSize } from "../../policy/rate.ts";
import { clock } from "../clock.ts";
import { keepsWire, type OutputOptions } from "../output/output-options.ts";
import { type IdentityOptions, identityOf } from "./identity-options.ts";
import { type NetworkOptions, networkRoute } from "./network-options.ts";
import { type RobotsOptions, robotsOf } from "./robots-options.ts";

/** How URLs are fetched. Times are in milliseconds, sizes in bytes. Defaults are those of the command. */
export interface FetchOptions extends IdentityOptions, NetworkOptions, RobotsOptions {
  /** Number of URLs fetched at the same time; "auto" adapts it during the run. Default 50. */
  readonly concurrency?: number | "auto" | undefined;
  /** Limit for making a connection: DNS, TCP, the proxy and TLS together. Default 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Limit from the request to the end of the response headers, and then for each period of silence in the body. Default 30,000. */
  readonly timeoutMs?: number | undefined;
  /** Minimum speed of a body in bytes per second, averaged over one minute; a slower body fails. Default 100; 0 accepts any speed. */
  readonly minSpeed?: number | undefined;
  /** Limit for one URL: all tries, redirects and robots.txt requests together, without the waiting between tries. Default: no limit. */
  readonly maxTimeMs?: number | undefined;
  /** Maximum number of redirects for one URL. Default 10. */
  readonly maxRedirs?: number | undefined;
  /** Accept any certificate. Default false. */
  readonly insecure?: boolean | undefined;
  /** PEM text of the certificates to trust. Default: those built into Node. */
  readonly ca?: string | undefined;
  /** Request gzip or brotli, and save bodies decoded. Default false: bodies are saved as sent. */
  readonly compressed?: boolean | undefined;
  /** Offer HTTP/2 to https servers: many concurrent requests share a connection. Default false. */
  readonly http2?: boolean | undefined;
  /** Maximum size of a body in bytes; a larger one fails. Default: no limit; with `output: "memory"`, 64 MiB. */
  readonly maxFilesize?: number | undefined;
  /** Maximum speed of the whole run, in bytes of bodies per second. Default: no limit. */
  readonly limitRate?: number | undefined;
}

export const FETCH_DEFAULTS = {
  concurrency: OPTIONS.concurrency.default,
  connectTimeoutMs: OPTIONS.connectTimeoutMs.default,
  timeoutMs: OPTIONS.timeoutMs.default,
  minSpeed: OPTIONS.minSpeed.default,
  maxRedirs: OPTIONS.maxRedirs.default,
  userAgent: OPTIONS.userAgent.default,
} as const;

/** The initial and the maximum concurrency of "auto". */
export const AUTO = { initial: 8, max: 512 } as const;

/** Over this time the speed of a body is averaged. */
const SPEED_WINDOW_MS = 60_000;

/**
 * Maximum number of connections, used and idle, where fewer are in use. Four times the concurrency is kept, as curl does
 * (CURLMOPT_MAXCONNECTS), so that lists with more hosts than slots reuse connections; the limit leaves file descriptors free.
 * 1,200 URLs on 60 hosts over TLS: 70 handshakes instead of 1,195, 0.9 s instead of 2.7 s.
 */
const MAX_CONNECTIONS_WITH_IDLE = 256;

/** Maximum number of open connections, used and idle, for a concurrency. */
export function connectionsFor(concurrency: number): number {
  return Math.max(concurrency, Math.min(4 * concurrency, MAX_CONNECTIONS_WITH_IDLE));
}

/** Maximum size of a body that is buffered and written at once, in bytes; and of all such buffers together. */
const MAX_WHOLE_BODY_BYTES = 262_144;
const MAX_WHOLE_BYTES = 67_108_864;

/** Maximum number of bytes that wait for a slow disk, of all bodies; of one body at most 1 MiB. */
const MAX_WAITING_BYTES = 134_217_728;

/** A byte budget that refills at a constant rate (a token bucket). */
function byteAccount(bytesPerSecond: number): Account {
  const pace = byteBudget(bytesPerSecond);
  let cancel = () => {};
  return {
    isPaid: () => pace.paidMs() <= clock.nowMs(),
    spend: (bytes) => pace.spend(bytes, clock.nowMs()),
    whenPaid(act) {
      cancel();
      cancel = clock.after(Math.max(0, pace.paidMs() - clock.nowMs()), act);
    },
    paidMs: () => pace.paidMs(),
    close: () => cancel(),
  };
}

/**
 * Creates the HTTP client. `pays`: the byte budget of `limitRate`, if another process keeps it. `carrier`: sends the requests
 * instead of bulkget's own connections. Throws an OptionError for options that cannot be used.
 */
export function httpClient(
  options: FetchOptions & Pick<OutputOptions, "format" | "saveHeaders">,
  pays: (bytesPerSecond: number) => Account = byteAccount,
  carrier?: GetOptions["carrier"],
): Get {
  // 1. Limits that depend on the concurrency.
  const { concurrency = FETCH_DEFAULTS.concurrency, limitRate } = options;
  const [initial, max] = concurrency === "auto" ? [AUTO.initial, AUTO.max] : [concurrency, concurrency];
  const limits = {
    wholeBytes: Math.min(MAX_WHOLE_BODY_BYTES, Math.ceil(MAX_WHOLE_BYTES / max)),
    waitingBytes: Math.ceil(MAX_WAITING_BYTES / max),
    maxConnections: connectionsFor(initial),
  };

  // 2. Headers, credentials and cookies.
  const { sentUserAgent, ...identity } = identityOf(options, process.env);

  // 3. Robots. They fetch robots.txt by `client`, but not before the first request.
  let client: Get;
  const robots = robotsOf(options, sentUserAgent, () => client);

  // 4. Addresses and proxies. The environment's proxies are for bulkget's own connections.
  const route = networkRoute(options, carrier === undefined ? process.env : {});

  // 5. The client.
  client = getter({
    connectTimeoutMs: options.connectTimeoutMs ?? FETCH_DEFAULTS.connectTimeoutMs,
    timeoutMs: options.timeoutMs ?? FETCH_DEFAULTS.timeoutMs,
    minBytesPerSecond: options.minSpeed ?? FETCH_DEFAULTS.minSpeed,
    speedWindowMs: SPEED_WINDOW_MS,
    maxTimeMs: options.maxTimeMs ?? Number.POSITIVE_INFINITY,
    maxRedirects: options.maxRedirs ?? FETCH_DEFAULTS.maxRedirs,
    maxFileBytes: options.maxFilesize ?? Number.POSITIVE_INFINITY,
    compressed: options.compressed ?? false,
    http2: options.http2 ?? false,
    insecure: options.insecure ?? false,
    ca: options.ca,
    throttle: limitRate === undefined ? undefined : bandwidthLimiter(pays(limitRate), limitRate, readSize(limitRate)),
    carrier,
    wire: keepsWire(options),
    keepsCoding: options.format === "warc",
    ...limits,
    ...identity,
    ...route,
    ...robots.options,
  });
  return robots.policy === undefined ? client : { ...client, robots: robots.policy };
}
