// The Get socket: routes, repeats on a fresh connection, redirects, decoding; one answer or one failure.

import { type Failure, isFailure } from "../core/failure.ts";
import type { Answer, Get } from "../core/ports.ts";
import { asking, isConditional } from "./asking.ts";
import type { Route } from "./connection.ts";
import { connections } from "./connections.ts";
import { ACCEPT_ENCODING, decoded } from "./decode.ts";
import { Exchange, exchange } from "./exchange.ts";
import { DEADLINE } from "./failures.ts";
import { type OpenOptions, opener } from "./open.ts";
import { bare, basicAuthorization, type ProxyServer } from "./proxy.ts";
import { harmless, nextTarget } from "./redirect.ts";
import { type Limits, STALE, type Success } from "./reply.ts";
import { tickFor, watch } from "./watch.ts";

export interface GetOptions extends Limits, OpenOptions {
  /** The whole URL, all redirects included; Infinity for none. */
  readonly maxTimeMs: number;
  readonly maxRedirects: number;
  /** Ask for HTTP/2 where there is TLS. */
  readonly http2: boolean;
  /** Headers of the user's own, name and value in turn. */
  readonly headers: readonly string[];
  /** Ask for compressed bodies, and store them decoded. */
  readonly compressed: boolean;
  readonly proxyFor: (target: URL) => ProxyServer | undefined;
  /** The most connections at a time, busy and idle. */
  readonly maxConnections: number;
}

/** What every request on one origin has in common. */
interface Origin {
  readonly route: Route;
  /** Header lines: where the list names this origin; and where only a redirect leads to it. */
  readonly fields: string;
  readonly harmless: string;
  /** Put before the path where a proxy wants the absolute form (RFC 9112 section 3.2.2). */
  readonly prefix: string;
}

/** So many origins are remembered; with more, they are worked out anew. */
const MAX_ORIGINS = 1000;

/** The Get socket. */
export function getter(options: GetOptions): Get {
  const watching = watch(tickFor([options.connectTimeoutMs, options.timeoutMs, options.maxTimeMs]));
  const pool = connections(opener(options), options.maxConnections);
  const meter = { bytes: 0 };
  const wire = { limits: options, watch: watching, meter };
  const origins = new Map<string, Origin>();
  const common = commonHeaders(options);
  const ownAuthorization = has(common, "authorization");
  const ownConditions = isConditional(common);

  const originOf = (target: URL, key: string): Origin => {
    let origin = origins.get(key);
    if (origin === undefined) {
      if (origins.size >= MAX_ORIGINS) origins.clear();
      origin = describe(target, options.proxyFor(target), common, options.http2);
      origins.set(key, origin);
    }
    return origin;
  };

  /** Credentials, and whatever else the user adds, are for the origin that the list names and for no other. */
  const fieldsFor = (target: URL, origin: Origin): string => {
    if (ownAuthorization) return origin.fields;
    const authorization = basicAuthorization(target);
    return authorization === undefined ? origin.fields : origin.fields + lines(["authorization", authorization]);
  };

  return {
    async fetch(first, ask) {
      const startedMs = performance.now();
      const leftMs = options.maxTimeMs - (ask?.spentMs ?? 0);
      if (leftMs <= 0) return DEADLINE;
      const untilMs = startedMs + leftMs;
      const asked = ask === undefined || ownConditions ? undefined : asking(ask);
      const home = first.origin;
      let target = first;
      let seen: Set<string> | undefined;
      for (;;) {
        const key = target === first ? home : target.origin;
        const origin = originOf(target, key);
        const usual = key === home ? fieldsFor(target, origin) : origin.harmless;
        const fields = asked === undefined ? usual : usual + lines(asked.headers);
        const terms = asked === undefined ? undefined : { ...asked, target };
        const request = { path: `${origin.prefix}${target.pathname}${target.search}`, fields };
        let reply = await exchange(wire, pool.take(origin.route), request, untilMs, terms);
        // A reused connection turned out to be closed: repeated at once on a new one, and no attempt of its own.
        if (reply === STALE) reply = await exchange(wire, pool.fresh(origin.route), request, untilMs, terms);
        if (reply === STALE) return { error: "connection_lost", detail: "closed before the first byte" };
        if (isFailure(reply)) return reply;
        if ("body" in reply) return answer(reply, target, first, startedMs);
        seen ??= new Set();
        seen.add(target.href);
        const next = nextTarget(reply, target);
        if (isFailure(next)) return next;
        if (seen.has(next.href)) return limit(`a loop: ${reply.status} back to ${next.href}`, reply.status);
        if (seen.size > options.maxRedirects) return limit(`more than ${options.maxRedirects} redirects`, reply.status);
        target = next;
      }
    },
    resize: (most) => pool.resize(most),
    receivedBytes: () => meter.bytes,
    abort() {
      for (const one of watching.all()) if (one instanceof Exchange) one.abort();
    },
    close() {
      watching.stop();
      pool.close();
    },
  };

  function answer(reply: Success, target: URL, first: URL, startedMs: number): Answer | Failure {
    const { status, headers, part, validator } = reply;
    // A 304 has no body; its Content-Length and Content-Encoding are those of the file that is stored already.
    const bodiless = status === 204 || status === 304;
    const encoding = status === 304 ? undefined : headers.contentEncoding;
    const decoding = options.compressed && encoding !== undefined && encoding !== "identity";
    const body = decoding ? decoded(reply.body, encoding, options.maxFileBytes) : reply.body;
    if ("error" in body) {
      if ("cancel" in reply.body) reply.body.cancel();
      return { ...body, status };
    }
    // Built up rather than spread together: this is done for every URL.
    const { contentLength, transferEncoding, contentType, etag, lastModified } = headers;
    const result: Mutable<Answer> = {
      status,
      body,
      ttfbMs: reply.headersMs - startedMs,
      lengthVerified: contentLength !== undefined || transferEncoding !== undefined || bodiless || part !== undefined,
    };
    if (target !== first) result.finalUrl = withoutCredentials(target);
    if (contentType !== undefined) result.type = contentType;
    if (etag !== undefined) result.etag = etag;
    if (lastModified !== undefined) result.lastModified = lastModified;
    if (encoding !== undefined && !decoding) result.encoding = encoding;
    if (part !== undefined) {
      result.from = part.from;
      result.wholeBytes = part.wholeBytes;
    } else if (contentLength !== undefined && !bodiless && !decoding) {
      result.wholeBytes = contentLength;
    }
    if (validator !== undefined) result.validator = validator;
    return result;
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function limit(detail: string, status: number): Failure {
  return { error: "redirect_limit", detail, status };
}

function withoutCredentials(target: URL): string {
  if (target.username === "" && target.password === "") return target.href;
  const clean = new URL(target);
  clean.username = "";
  clean.password = "";
  return clean.href;
}

function commonHeaders({ headers, userAgent, compressed }: GetOptions): string[] {
  const defaults = {
    "user-agent": userAgent,
    accept: "*/*",
    "accept-encoding": compressed ? ACCEPT_ENCODING : "identity",
  };
  const missing = Object.entries(defaults).filter(([name]) => !has(headers, name));
  return [...missing.flat(), ...headers];
}

function has(headers: readonly string[], name: string): boolean {
  return headers.some((header, i) => i % 2 === 0 && header.toLowerCase() === name);
}

/** Header lines, of names and values in turn. A line break in one would be another header: none may come this far. */
function lines(headers: readonly string[]): string {
  let text = "";
  for (let i = 0; i + 1 < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  if (!/^(?:[^\0\r\n]*\r\n)*$/.test(text)) throw new Error("a header with a line break in it");
  return text;
}

function describe(target: URL, proxy: ProxyServer | undefined, common: readonly string[], http2: boolean): Origin {
  const tls = target.protocol === "https:";
  const destination = {
    host: bare(target.hostname),
    port: target.port === "" ? (tls ? 443 : 80) : Number(target.port),
    tls,
    http2: http2 && tls,
    ...(proxy === undefined ? {} : { proxy }),
  };
  const forwarded = proxy !== undefined && !tls;
  const authorization = proxy?.authorization;
  const needed = ["host", target.host];
  if (forwarded && authorization !== undefined) needed.push("proxy-authorization", authorization);
  return {
    // All that is forwarded by one proxy shares its connections.
    route: { ...destination, key: forwarded ? `via ${proxy.origin}` : target.origin },
    fields: lines(has(common, "host") ? [...needed.slice(2), ...common] : [...needed, ...common]),
    harmless: lines([...needed, ...harmless(common)]),
    prefix: forwarded ? target.origin : "",
  };
}
