// The HTTP client, the port `Get` of the core: fetches a URL, follows its redirects, decodes its body.

import type { Get, RequestConditions } from "../core/ports.ts";
import type { Decoding } from "./answer.ts";
import { bufferPool } from "./exchange/buffer-pool.ts";
import { Exchange } from "./exchange/exchange.ts";
import { tickFor, timeoutTimer } from "./exchange/timeouts.ts";
import type { GetOptions } from "./options.ts";
import { ownConnections } from "./own-connections.ts";
import { type ChainContext, RedirectChain } from "./redirect-chain.ts";
import { requestBuilder } from "./request-builder.ts";
import { decodeBody } from "./semantics/content-decoding.ts";
import { decoderMemory } from "./semantics/decoder-memory.ts";

/** Maximum number of redirects for robots.txt: those that RFC 9309 section 2.3.1.2 asks crawlers to follow. */
const MAX_ROBOTS_REDIRECTS = 5;

export function getter(options: GetOptions): Get {
  const { throttle, cookies, noCookies = false, compressed, maxFileBytes, maxTimeMs } = options;
  const timer = timeoutTimer(tickFor([options.connectTimeoutMs, options.timeoutMs, maxTimeMs]));
  const pool = options.carrier ?? ownConnections(options);
  const meter = { bytes: 0 };
  const memory = decoderMemory();
  const exchange = { limits: options, timer, meter, buffers: bufferPool(), throttle };
  const requests = requestBuilder(options);

  const decoding =
    (maxBytes: number) =>
    (untilMs: number): Decoding =>
    (body, encoding) =>
      decodeBody(body, encoding, maxBytes, (bytes) => memory.acquire(bytes, untilMs));
  const listed: ChainContext = {
    exchange,
    pool,
    requests,
    maxTimeMs,
    maxRedirects: options.maxRedirects,
    cookies,
    keepsRedirectCookies: !noCookies && cookies === undefined,
    decoding: compressed && options.keepsCoding !== true ? decoding(maxFileBytes) : () => undefined,
    checkRedirect: options.checkRedirect,
    isRobots: false,
    keepsWire: options.wire === true,
  };
  const { respect: _, ...limits } = options;
  /** For lists: what decides about bodies that are saved does not apply. */
  const lists: ChainContext = {
    ...listed,
    exchange: { ...exchange, limits: { ...limits, maxFileBytes: Number.POSITIVE_INFINITY } },
    decoding: decoding(Number.POSITIVE_INFINITY),
    checkRedirect: undefined,
    keepsWire: false,
  };
  const robots: ChainContext = {
    ...lists,
    maxRedirects: MAX_ROBOTS_REDIRECTS,
    cookies: undefined,
    keepsRedirectCookies: !noCookies,
    isRobots: true,
  };
  const contextFor = (conditions: RequestConditions | undefined): ChainContext => {
    if (conditions === undefined) return listed;
    return conditions.robots === undefined ? (conditions.isList === true ? lists : listed) : robots;
  };

  return {
    fetch: (target, conditions, follow, isLast = false) =>
      new RedirectChain(contextFor(conditions), target, conditions, follow, isLast).start(),
    throttle,
    resize: (connections) => pool.resize(connections),
    receivedBytes: () => meter.bytes,
    abort() {
      memory.abort();
      for (const one of timer.all()) if (one instanceof Exchange) one.abort();
    },
    close() {
      timer.stop();
      throttle?.close();
      pool.close();
    },
  };
}
