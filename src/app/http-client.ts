// The web as the options want it: what a user may say about fetching, with its defaults, put into the Get socket.

import type { Get } from "../core/ports.ts";
import { type Account, bandwidthLimiter } from "../core/run/bandwidth.ts";
import { getter } from "../http/get.ts";
import type { GetOptions } from "../http/options.ts";
import { OPTIONS } from "../options/table.ts";
import { byteBudget, readSize } from "../policy/rate.ts";
import { clock } from "./clock.ts";
import { type IdentityOptions, identityOf } from "./identity-options.ts";
import { type NetworkOptions, networkRoute } from "./network-options.ts";
import { type RobotsOptions, robotsOf } from "./robots-options.ts";

/** How URLs are fetched. Times in milliseconds, sizes in bytes. The defaults are the command's. */
export interface FetchOptions extends IdentityOptions, NetworkOptions, RobotsOptions {
  /** How many URLs at a time; "auto" finds it while running. Default 50. */
  readonly concurrency?: number | "auto" | undefined;
  /** Look-up, TCP, TLS and a proxy's CONNECT. Default 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** To the end of the headers, and then the longest silence in the body. Default 30,000. */
  readonly timeoutMs?: number | undefined;
  /** Bytes a second, over a minute: a slower body fails. Default 100; 0 for any speed. */
  readonly minSpeed?: number | undefined;
  /** One URL: all its tries and redirects, with their robots.txt, without the waiting between them. Default: no limit. */
  readonly maxTimeMs?: number | undefined;
  /** Redirects followed for one URL. Default 10. */
  readonly maxRedirs?: number | undefined;
  /** Accept any certificate. Default false. */
  readonly insecure?: boolean | undefined;
  /** PEM text of the certificates to trust instead of Node's own. */
  readonly ca?: string | undefined;
  /** Ask for compressed bodies and store them decoded. Default false: bytes are stored as sent. */
  readonly compressed?: boolean | undefined;
  /** Ask servers for HTTP/2, many requests on one connection. Default false. */
  readonly http2?: boolean | undefined;
  /** A larger body, in bytes, fails. Default: no limit; for bodies handed over, 64 MiB. */
  readonly maxFilesize?: number | undefined;
  /** Bytes of bodies a second, of the whole run. Default: no limit. */
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

/** "auto" begins with so many, and takes no more than these. */
export const AUTO = { start: 8, most: 512 } as const;

/** Over which a body's speed is measured: one minute. */
const SPEED_WINDOW_MS = 60_000;

/**
 * Of more hosts than slots each would be connected to anew for every URL, if only as many connections were kept as may be busy: four
 * times as many are, as curl does, but no more than this, so that file descriptors are left. 1,200 URLs on 60 hosts by TLS: 70
 * handshakes in the place of 1,195, 0.9 s in the place of 2.7 s.
 */
const MAX_WITH_IDLE = 256;

/** The most connections that are open, used and idle, where this many URLs are fetched at a time. */
export function connectionsFor(concurrency: number): number {
  return Math.max(concurrency, Math.min(4 * concurrency, MAX_WITH_IDLE));
}

/** Bodies up to this many bytes are collected and written in one go; less where many are under way at a time. */
const WHOLE_BYTES = 262_144;
const WHOLE_BYTES_IN_ALL = 67_108_864;

/** What waits for a slow disk, in all; of one body never more than 1 MiB. */
const WAITING_BYTES_IN_ALL = 134_217_728;

/** Pays for bytes at their speed. */
function timed(bytesPerSecond: number): Account {
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
 * The web, as the options want it. `pays`: who pays for bytes where those have a speed, if that is another process. `carrier`: what
 * carries requests, if not connections of our own. Throws an OptionError for options that cannot be used.
 */
export function httpClient(
  options: FetchOptions,
  pays: (bytesPerSecond: number) => Account = timed,
  carrier?: GetOptions["carrier"],
): Get {
  const { limitRate } = options;
  const { concurrency = FETCH_DEFAULTS.concurrency } = options;
  const most = concurrency === "auto" ? AUTO.most : concurrency;
  const { goesBy, ...identity } = identityOf(options, process.env);
  const manners = robotsOf(options, goesBy, () => get);
  const get = getter({
    connectTimeoutMs: options.connectTimeoutMs ?? FETCH_DEFAULTS.connectTimeoutMs,
    timeoutMs: options.timeoutMs ?? FETCH_DEFAULTS.timeoutMs,
    minBytesPerSecond: options.minSpeed ?? FETCH_DEFAULTS.minSpeed,
    speedWindowMs: SPEED_WINDOW_MS,
    maxTimeMs: options.maxTimeMs ?? Number.POSITIVE_INFINITY,
    maxRedirects: options.maxRedirs ?? FETCH_DEFAULTS.maxRedirs,
    maxFileBytes: options.maxFilesize ?? Number.POSITIVE_INFINITY,
    wholeBytes: Math.min(WHOLE_BYTES, Math.ceil(WHOLE_BYTES_IN_ALL / most)),
    waitingBytes: Math.ceil(WAITING_BYTES_IN_ALL / most),
    ...identity,
    compressed: options.compressed ?? false,
    http2: options.http2 ?? false,
    insecure: options.insecure ?? false,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    ...networkRoute(options, carrier === undefined ? process.env : {}), // the environment's proxies are for connections of our own
    carrier,
    ...manners.options,
    ...(limitRate === undefined ? {} : { throttle: bandwidthLimiter(pays(limitRate), limitRate, readSize(limitRate)) }),
    maxConnections: connectionsFor(concurrency === "auto" ? AUTO.start : concurrency),
  });
  return manners.permits === undefined ? get : { ...get, robots: manners.permits };
}
