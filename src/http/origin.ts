// What all requests to an origin share: their route, and their header lines.

import type { Failure } from "../core/failure.ts";
import { blockedAddress } from "./connect/dns/resolve.ts";
import { withoutBrackets } from "./connect/no-proxy.ts";
import type { Route } from "./h1/connection.ts";
import type { GetOptions } from "./options.ts";
import { ACCEPT_ENCODING } from "./semantics/content-decoding.ts";
import { safeHeaders } from "./semantics/redirect.ts";

export interface Origin {
  /** For URLs of the list; and for redirects from other origins, without the client certificate. */
  readonly route: Route;
  readonly anonymousRoute: Route;
  /** Why no request is sent to it, if so. */
  readonly blocked: Failure | undefined;
  /** Header lines for URLs of the list; and for redirects from other origins, without secrets. */
  readonly fields: string;
  readonly safeFields: string;
  /** Prefix of the path for a proxy that needs the absolute form (RFC 9112 section 3.2.2), else "". */
  readonly prefix: string;
}

/** Returns the headers of every request to an origin of the list, as alternating names and values. */
export function commonHeaders({ headers, userAgent, compressed }: GetOptions): readonly string[] {
  const defaults = {
    "User-Agent": userAgent,
    Accept: "*/*",
    "Accept-Encoding": compressed ? ACCEPT_ENCODING : "identity",
  };
  const missing = Object.entries(defaults).filter(([name]) => !hasHeader(headers, name.toLowerCase()));
  // An empty User-Agent is invalid (RFC 9110 section 10.1.5): it is not sent.
  return filterHeaders([...missing.flat(), ...headers], (name, value) => name !== "user-agent" || value !== "");
}

/** Filters alternating names and values by pairs; `holds` is called with the name in lower case. */
function filterHeaders(headers: readonly string[], holds: (name: string, value: string) => boolean): string[] {
  return headers.filter((_, i) => {
    const at = i - (i % 2);
    return holds((headers[at] ?? "").toLowerCase(), headers[at + 1] ?? "");
  });
}

export function hasHeader(headers: readonly string[], name: string): boolean {
  return headers.some((header, i) => i % 2 === 0 && header.toLowerCase() === name);
}

/** Returns the values of all headers of a name. */
export function headerValues(headers: readonly string[], name: string): string[] {
  return filterHeaders(headers, (one) => one === name).filter((_, i) => i % 2 === 1);
}

/** Returns header lines with `cookie` as the only Cookie (RFC 6265 section 5.4). */
export function withCookie(fields: string, cookie: string): string {
  return fields.replace(/^cookie:[^\n]*\n/gim, "") + headerLines(["Cookie", cookie]);
}

/** Returns header lines of alternating names and values. Throws for a line break, which would begin another header. */
export function headerLines(headers: readonly string[]): string {
  let text = "";
  for (let i = 0; i + 1 < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  if (!/^(?:[^\0\r\n]*\r\n)*$/.test(text)) throw new Error("a header with a line break in it");
  return text;
}

/** Header lines of every request, without those of its origin: computed once, since lists may have an origin per line. */
export interface CommonFields {
  /** The user's Host header; "" if there is none. */
  readonly host: string;
  readonly others: string;
  /** Those of the others that redirects to other origins have. */
  readonly safe: string;
}

/** `common`: of `commonHeaders`. */
export function commonFields(common: readonly string[]): CommonFields {
  return {
    host: headerLines(filterHeaders(common, (name) => name === "host")),
    others: headerLines(filterHeaders(common, (name) => name !== "host")),
    safe: headerLines(safeHeaders(common)),
  };
}

export function createOrigin(target: URL, common: CommonFields, options: GetOptions): Origin {
  const tls = target.protocol === "https:";
  const { http2, unixSocket, cert } = options;
  const proxy = options.proxyFor(target);
  const name = withoutBrackets(target.hostname);
  const destination = {
    host: name,
    port: target.port === "" ? (tls ? 443 : 80) : Number(target.port),
    tls,
    http2: http2 && tls,
    proxy,
    unixSocket,
  };
  const forwarded = proxy !== undefined && !tls && proxy.socks === undefined;
  const authorization = proxy?.authorization;
  const proxied = forwarded && authorization !== undefined ? headerLines(["Proxy-Authorization", authorization]) : "";
  const host = `Host: ${target.host}\r\n`; // first (RFC 9110 section 7.2)
  // One key per origin, also for a proxy that forwards for all: its unrequested data must not become another origin's answer.
  const route = { ...destination, key: target.origin };
  return {
    route,
    anonymousRoute: cert === undefined ? route : { ...route, key: `${route.key} anonymous`, anonymous: true },
    blocked: options.publicOnly === true && proxy !== undefined ? blockedAddress(name, options.isOwn) : undefined,
    fields: `${common.host === "" ? host : common.host}${proxied}${common.others}`,
    safeFields: `${host}${proxied}${common.safe}`,
    prefix: forwarded ? target.origin : "",
  };
}
