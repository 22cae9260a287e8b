// The web as the options want it: what a user may say about fetching, with its defaults, put into the Get socket.

import { OptionError } from "./core/option.ts";
import type { Get } from "./core/ports.ts";
import { getter } from "./http/get.ts";
import { proxyRules } from "./http/proxy.ts";
import { VERSION } from "./version.ts";

/** How URLs are fetched. Times in milliseconds, sizes in bytes. The defaults are the command's. */
export interface FetchOptions {
  /** How many URLs at a time. Default 50. */
  readonly concurrency?: number;
  /** Look-up, TCP, TLS and a proxy's CONNECT. Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** To the end of the headers, and then the longest silence in the body. Default 30,000. */
  readonly timeoutMs?: number;
  /** Bytes a second, over a minute: a slower body fails. Default 100; 0 for any speed. */
  readonly minSpeed?: number;
  /** One URL: all its tries and redirects, without the waiting between them. Default: no limit. */
  readonly maxTimeMs?: number;
  /** Redirects followed for one URL. Default 10. */
  readonly maxRedirs?: number;
  /** Headers sent with every request to an origin that the list names; to others only harmless ones. */
  readonly headers?: Readonly<Record<string, string>> | readonly (readonly [string, string])[];
  readonly userAgent?: string;
  /** A proxy's URL; "" for none. Default: the environment's (http_proxy, https_proxy, all_proxy, no_proxy). */
  readonly proxy?: string;
  /** Accept any certificate. Default false. */
  readonly insecure?: boolean;
  /** PEM text of the certificates to trust instead of Node's own. */
  readonly ca?: string;
  /** Ask for compressed bodies and store them decoded. Default false: bytes are stored as sent. */
  readonly compressed?: boolean;
  /** Ask servers for HTTP/2, many requests on one connection. Default false. */
  readonly http2?: boolean;
  /** A larger body, in bytes, fails. Default: no limit; for bodies handed over, 64 MiB. */
  readonly maxFilesize?: number;
}

export const WEB_DEFAULTS = {
  concurrency: 50,
  connectTimeoutMs: 10_000,
  timeoutMs: 30_000,
  minSpeed: 100,
  maxRedirs: 10,
  userAgent: `bulkget/${VERSION}`,
} as const;

/** Over which a body's speed is measured: one minute. */
const SPEED_WINDOW_MS = 60_000;

/** Bodies up to this many bytes are collected and written in one go; less where many are under way at a time. */
const WHOLE_BYTES = 262_144;
const WHOLE_BYTES_IN_ALL = 67_108_864;

/** The web, as the options want it. Throws an OptionError for options that cannot be used. */
export function webOf(options: FetchOptions): Get {
  const concurrency = options.concurrency ?? WEB_DEFAULTS.concurrency;
  return getter({
    connectTimeoutMs: options.connectTimeoutMs ?? WEB_DEFAULTS.connectTimeoutMs,
    timeoutMs: options.timeoutMs ?? WEB_DEFAULTS.timeoutMs,
    minBytesPerSecond: options.minSpeed ?? WEB_DEFAULTS.minSpeed,
    speedWindowMs: SPEED_WINDOW_MS,
    maxTimeMs: options.maxTimeMs ?? Number.POSITIVE_INFINITY,
    maxRedirects: options.maxRedirs ?? WEB_DEFAULTS.maxRedirs,
    maxFileBytes: options.maxFilesize ?? Number.POSITIVE_INFINITY,
    wholeBytes: Math.min(WHOLE_BYTES, Math.ceil(WHOLE_BYTES_IN_ALL / concurrency)),
    headers: headerList(options.headers),
    userAgent: options.userAgent ?? WEB_DEFAULTS.userAgent,
    compressed: options.compressed ?? false,
    http2: options.http2 ?? false,
    insecure: options.insecure ?? false,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    proxyFor: proxyRules(options.proxy, process.env),
    maxConnections: concurrency,
  });
}

/** Name and value in turn. Throws for what is no header: a line feed in one would be a second header. */
function headerList(headers: FetchOptions["headers"]): string[] {
  const pairs = Array.isArray(headers)
    ? (headers as readonly (readonly [string, string])[])
    : Object.entries(headers ?? {});
  return pairs.flatMap(([name, value]) => {
    const fit = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) && /^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(value);
    if (!fit) throw new OptionError(`not a header that can be sent: ${JSON.stringify(`${name}: ${value}`)}`);
    if (REFUSED.has(name.toLowerCase())) throw new OptionError(`the header ${name} is bulkget's own to send`);
    return [name, value];
  });
}

/** What frames the message or the connection (RFC 9112); set by hand it would break either. */
const REFUSED = new Set([
  "connection",
  "content-length",
  "expect",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
