// What all requests on one origin have in common: the way there, and the header lines.

import type { Failure } from "../core/failure.ts";
import { bare } from "./connect/no-proxy.ts";
import { barred } from "./connect/resolve.ts";
import type { GetOptions } from "./get.ts";
import { ACCEPT_ENCODING } from "./semantics/decode.ts";
import { harmless } from "./semantics/redirect.ts";
import type { Route } from "./wire/connection.ts";

/** What every request on one origin has in common. */
export interface Origin {
  /** For what the list names; and where only a redirect leads to it, without a certificate of ours. */
  readonly route: Route;
  readonly elsewhere: Route;
  /** Why nothing is asked of it. */
  readonly barred: Failure | undefined;
  /** Header lines: where the list names this origin; and where only a redirect leads to it. */
  readonly fields: string;
  readonly harmless: string;
  /** Put before the path where a proxy wants the absolute form (RFC 9112 section 3.2.2). */
  readonly prefix: string;
}

/** The headers of every request to an origin that the list names. */
export function commonHeaders({ headers, userAgent, compressed }: GetOptions): readonly string[] {
  const defaults = {
    "user-agent": userAgent,
    accept: "*/*",
    "accept-encoding": compressed ? ACCEPT_ENCODING : "identity",
  };
  const missing = Object.entries(defaults).filter(([name]) => !has(headers, name));
  return [...missing.flat(), ...headers];
}

export function has(headers: readonly string[], name: string): boolean {
  return headers.some((header, i) => i % 2 === 0 && header.toLowerCase() === name);
}

/** Header lines, of names and values in turn. A line break in one would be another header: none may come this far. */
export function lines(headers: readonly string[]): string {
  let text = "";
  for (let i = 0; i + 1 < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  if (!/^(?:[^\0\r\n]*\r\n)*$/.test(text)) throw new Error("a header with a line break in it");
  return text;
}

export function describe(target: URL, common: readonly string[], options: GetOptions): Origin {
  const tls = target.protocol === "https:";
  const { http2, unixSocket, cert } = options;
  const proxy = options.proxyFor(target);
  const host = bare(target.hostname);
  const destination = {
    host,
    port: target.port === "" ? (tls ? 443 : 80) : Number(target.port),
    tls,
    http2: http2 && tls,
    ...(proxy === undefined ? {} : { proxy }),
    ...(unixSocket === undefined ? {} : { unixSocket }),
  };
  const forwarded = proxy !== undefined && !tls && proxy.socks === undefined;
  const authorization = proxy?.authorization;
  const needed = ["host", target.host];
  if (forwarded && authorization !== undefined) needed.push("proxy-authorization", authorization);
  // Also through a proxy that forwards for all: what it passes on in advance must not become another origin's answer.
  const route = { ...destination, key: target.origin };
  return {
    route,
    elsewhere: cert === undefined ? route : { ...route, key: `${route.key} anonymous`, anonymous: true },
    barred: options.publicOnly === true && proxy !== undefined ? barred(host) : undefined,
    fields: lines(has(common, "host") ? [...needed.slice(2), ...common] : [...needed, ...common]),
    harmless: lines([...needed, ...harmless(common)]),
    prefix: forwarded ? target.origin : "",
  };
}
