// Child process of the internet benchmark: the DNS server and the web servers of all names.
//   node servers.js <settings file>
// A message "anew" resets the counts of requests. It sends "ready" at the start and after each reset.

import { once } from "node:events";
import { createServer as createPlain, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecure } from "node:https";
import { createSecureContext, type SecureContext } from "node:tls";
import { type Answers, dnsServer } from "../../support/network/dns.ts";
import { bodies } from "./bodies.ts";
import { domainOf } from "./certificates.ts";
import type { NameFault } from "./distribution.ts";
import { makePlan, type Page, type Site } from "./plan.ts";
import { ORIGIN_PORTS, readSettings } from "./settings.ts";

/** Exceeds all time limits of the programs. */
const IDLE_MS = 120_000;
const DRIP_MS = 500;
const RETRY_AFTER_S = 1;
const BACKLOG = 4096;

const { distribution, seed, certificates } = readSettings();
const { sites, pages } = makePlan(distribution, seed);
const bodyOf = bodies(distribution.bytes.max, seed);
/** Number of requests per page. */
const asked = new Map<number, number>();

const dns = await dnsServer(zoneOf(sites));
const plain = createPlain({ keepAliveTimeout: IDLE_MS }, (request, response) => serve(request, response, false));
const secure = createSecure({ keepAliveTimeout: IDLE_MS, SNICallback: certificateFor() }, (request, response) =>
  serve(request, response, true),
);
plain.listen(ORIGIN_PORTS.plain, "127.0.0.1", BACKLOG);
secure.listen(ORIGIN_PORTS.secure, "127.0.0.1", BACKLOG);
await Promise.all([once(plain, "listening"), once(secure, "listening")]);
process.send?.("ready");
process.on("message", () => {
  asked.clear();
  process.send?.("ready");
});
process.once("disconnect", () => {
  dns.close();
  process.exit();
});

function zoneOf(all: readonly Site[]): Record<string, Answers> {
  const wrong: Partial<Record<NameFault, Answers>> = { "are never answered": "silent", "are SERVFAIL": "servfail" };
  return Object.fromEntries(
    all
      .filter(({ fault }) => fault !== "do not exist")
      .flatMap(({ name, address, fault, lookUpMs }) => {
        const answers = (fault && wrong[fault]) ?? { addresses: [address], delayMs: lookUpMs };
        return [
          [name, answers],
          [`www.${name}`, answers],
        ];
      }),
  );
}

function certificateFor(): (name: string, done: (error: Error | null, context?: SecureContext) => void) => void {
  const { good, bad } = certificates;
  const faulty = new Map(sites.flatMap(({ name, badCertificate }) => (badCertificate ? [[name, badCertificate]] : [])));
  const contexts = new Map<string, SecureContext>();
  return (name, done) => {
    const fault = faulty.get(name);
    const key = fault ?? domainOf(name);
    let context = contexts.get(key);
    if (context === undefined) {
      context = createSecureContext(fault === undefined ? good[key] : bad[fault]);
      contexts.set(key, context);
    }
    done(null, context);
  };
}

function serve(request: IncomingMessage, response: ServerResponse, isSecure: boolean): void {
  response.on("error", () => {});
  const { url = "", headers } = request;
  const page = pages[Number(/\d+$/.exec(url)?.[0]) - 1];
  if (page === undefined) return void response.writeHead(404).end();
  const timer = setTimeout(() => {
    const location = redirectOf(page, url, headers.host ?? "", isSecure);
    if (location !== undefined) return void response.writeHead(301, { location, "content-length": 0 }).end();
    const before = asked.get(page.n) ?? 0;
    asked.set(page.n, before + 1);
    answer(page, before, request, response);
  }, page.answerMs);
  response.once("close", () => clearTimeout(timer));
}

/** The target of the page's redirect; undefined at its end. */
function redirectOf({ redirect, site, n }: Page, url: string, host: string, isSecure: boolean): string | undefined {
  switch (redirect) {
    case "to https":
      return isSecure ? undefined : `https://${site.name}${url}`;
    case "to www.":
      return host.startsWith("www.") ? undefined : `${isSecure ? "https" : "http"}://www.${site.name}${url}`;
    case "relative":
      return url.startsWith("/moved/") ? undefined : `../moved/${n}`;
    case undefined:
      return undefined;
  }
}

function answer(page: Page, before: number, request: IncomingMessage, response: ServerResponse): void {
  const isFirst = before === 0;
  switch (page.answer) {
    case "gone":
      return refuse(response, page.status);
    case "forbidden":
      return refuse(response, 403);
    case "too many requests at first":
      if (isFirst) return refuse(response, 429, { "retry-after": RETRY_AFTER_S });
      return whole(page, request, response);
    case "unavailable at first":
      return isFirst ? refuse(response, 503) : whole(page, request, response);
    case "cut at first":
      return isFirst ? cut(page, response) : whole(page, request, response);
    case "cut":
      return cut(page, response);
    case "stall at first":
      return isFirst ? stall(page, response) : whole(page, request, response);
    case "stall":
      return stall(page, response);
    case "silent at first":
      if (!isFirst) whole(page, request, response);
      return;
    case "silent":
      return;
    case "drip":
      return drip(response);
    case "redirect":
    case "whole":
      return whole(page, request, response);
  }
}

function refuse(response: ServerResponse, status: number, more: Readonly<Record<string, number>> = {}): void {
  response.writeHead(status, { "content-type": "text/html", ...more }).end(`<h1>${status}</h1>`);
}

/** Sends the body, or a range of it, as file servers do (RFC 9110 section 14). */
function whole({ n, bytes }: Page, { headers }: IncomingMessage, response: ServerResponse): void {
  const body = bodyOf(n, bytes);
  const etag = `"${n}"`;
  const more = { "content-type": "application/octet-stream", "accept-ranges": "bytes", etag };
  const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1]);
  const isPart = from < bytes && (headers["if-range"] === undefined || headers["if-range"] === etag);
  const sent = isPart ? body.subarray(from) : body;
  const range = isPart ? { "content-range": `bytes ${from}-${bytes - 1}/${bytes}` } : {};
  response.writeHead(isPart ? 206 : 200, { ...more, ...range, "content-length": sent.length }).end(sent);
}

function half({ n, bytes }: Page, response: ServerResponse, then: () => void): void {
  response.writeHead(200, { "content-type": "application/octet-stream", "content-length": bytes, etag: `"${n}"` });
  response.write(bodyOf(n, bytes >> 1), then);
}

function cut(page: Page, response: ServerResponse): void {
  half(page, response, () => response.socket?.end());
}

function stall(page: Page, response: ServerResponse): void {
  half(page, response, () => {});
}

/** Sends one byte at intervals, endlessly. */
function drip(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/octet-stream" });
  const timer = setInterval(() => response.write("."), DRIP_MS);
  response.once("close", () => clearInterval(timer));
}
