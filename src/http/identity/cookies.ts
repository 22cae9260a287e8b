// Cookies (RFC 6265): those that the user gives, and for the time of a run those that servers set; tough-cookie judges them.

import { closeSync, openSync } from "node:fs";
import { createRequire } from "node:module";
import { isIP } from "node:net";
import type { Cookie } from "tough-cookie";
import { OptionError } from "../../core/errors.ts";
import { bare } from "../connect/no-proxy.ts";
import { trimBlanks, valuesOf } from "../semantics/headers.ts";
import { type CookieStore, cookieStore } from "./cookie-store.ts";
import { upTo } from "./credentials.ts";

const require = createRequire(import.meta.url);

export interface Cookies {
  /** The value of the Cookie header for a URL, if any. `isListed`: the list names its origin. */
  header(target: URL, isListed: boolean): string | undefined;
  /** Takes what an answer's header lines set. */
  take(fields: string, from: URL): void;
}

/** A longer cookie file is none. */
const MAX_FILE_BYTES = 16_777_216;

/** What is taken of one answer, and sent with one request, is bounded as curl does it: in cookies, and in characters. */
const MAX_TAKEN = 50;
const MAX_SENT = 150;
const MAX_SENT_CHARS = 8190;
const MAX_COOKIE_CHARS = 4096;
const MAX_LINE_CHARS = 5000;

/** A longer path is taken for its beginning. */
const MAX_PATH_CHARS = 8192;

/** What may stand in a header: no control characters, Latin-1 only. */
const SENDABLE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * The cookies of a run. What is given is `a=b; c=d`, sent to the origins that the list names, or without a `=` the name of a
 * Netscape cookie file, or nothing: all begin a jar. A cookie that a server sets with a Domain goes to the hosts it names, never
 * a public suffix's; one without goes back to the very origin that set it. Throws an OptionError.
 */
export function cookies(given: readonly string[]): Cookies {
  const store = cookieStore<Cookie>();
  const own: string[] = [];
  for (const one of given) {
    if (one.includes("=")) own.push(...pairs(one));
    else if (one !== "") readFile(one, store);
  }
  store.pin();
  return jarOf(store, own);
}

/** Those that redirects set in one try of a URL. Loads tough-cookie, which few runs need. */
export function redirectCookies(): Cookies {
  return jarOf(cookieStore<Cookie>(OF_REDIRECTS), []);
}

/** Cookies that are kept, beside those of the user's own headers: in one header (RFC 6265 section 5.4), each name once. */
export function beside(kept: string, own: readonly string[]): string {
  const names = new Set(kept.split("; ").map(nameOf));
  return [kept, ...own.flatMap(pairs).filter((pair) => !names.has(nameOf(pair)))].join("; ");
}

/** As many as go out with a few requests, since each URL that is under way may have them: 32 KiB. */
const OF_REDIRECTS = { cookies: 100, chars: 32_768 };

/** `own`: pairs for the origins that the list names. */
function jarOf(store: CookieStore<Cookie>, own: readonly string[]): Cookies {
  const { CookieJar } = require("tough-cookie") as typeof import("tough-cookie");
  // The jar calls what it has been given, and no more of a Store than that.
  const jar = new CookieJar(store as unknown as ConstructorParameters<typeof CookieJar>[0], {
    rejectPublicSuffixes: true,
  });
  /** Who set a cookie that is for nobody else. */
  const ownOf = new WeakMap<Cookie, string>();
  const fitting = (target: URL): Cookie[] => {
    if (store.size === 0) return [];
    try {
      const found = jar.getCookiesSync(located(target), { sort: true });
      return found.filter((cookie) => (ownOf.get(cookie) ?? target.origin) === target.origin);
    } catch {
      return []; // a host that cannot have any, such as a top-level name
    }
  };

  return {
    header(target, isListed) {
      const found = fitting(target);
      const texts = found.map(({ key, value }) => `${key}=${value}`);
      // A server may set anew what the user gave at first.
      const names = new Set(found.map(({ key }) => key));
      if (isListed) texts.push(...own.filter((pair) => !names.has(nameOf(pair))));
      let chars = 0;
      const fit = texts.slice(0, MAX_SENT).filter((text) => {
        if (!SENDABLE.test(text) || chars + text.length + 2 > MAX_SENT_CHARS) return false;
        chars += text.length + 2;
        return true;
      });
      return fit.length === 0 ? undefined : fit.join("; ");
    },
    take(fields, from) {
      const host = bare(from.hostname);
      for (const text of valuesOf(fields, "set-cookie", MAX_TAKEN)) {
        if (text.length > MAX_LINE_CHARS) continue; // without some of its attributes it would go where it must not
        try {
          const pair = text.split(";", 1)[0] ?? "";
          if (pair.length > MAX_COOKIE_CHARS || !SENDABLE.test(pair)) continue;
          const cookie = parsed(text);
          if (cookie === undefined) continue;
          const isOwnName = namesOnly(cookie.domain, host);
          if (isOwnName) cookie.domain = null;
          if (jar.setCookieSync(cookie, located(from), { ignoreError: true }) === undefined) continue;
          // An address as the Domain is a domain of one host (RFC 6265 section 5.1.3), whatever its port.
          if (cookie.hostOnly === true && !(isOwnName && isIP(host) !== 0)) ownOf.set(cookie, from.origin);
        } catch {
          // For a host that it may not be set for, such as a top-level name.
        }
      }
    },
  };
}

/** What takes A0's place while tough-cookie trims a text, as JavaScript does: there it is a blank, in UTF-8 a part of a letter. */
const STAND_IN = "\uf8ff";

/** A Set-Cookie whose blanks are SP and HTAB (RFC 6265 section 5.2). */
function parsed(text: string): Cookie | undefined {
  const { Cookie } = require("tough-cookie") as typeof import("tough-cookie");
  if (!text.includes("\xa0")) return Cookie.parse(text);
  const cookie = Cookie.parse(text.replaceAll("\xa0", STAND_IN));
  if (cookie === undefined) return undefined;
  cookie.key = cookie.key.replaceAll(STAND_IN, "\xa0");
  cookie.value = cookie.value.replaceAll(STAND_IN, "\xa0");
  return cookie;
}

/** Whether a Domain names the very host that sets it, and no host can be below that: an address, or a public suffix (section 5.3). */
function namesOnly(domain: string | null, host: string): boolean {
  return domain !== null && bare(domain) === host && isSuffix(host);
}

/** A name that has no cookies for all hosts below it; addresses are such, too. */
function isSuffix(name: string): boolean {
  const { getPublicSuffix } = require("tough-cookie") as typeof import("tough-cookie");
  try {
    return getPublicSuffix(name, { allowSpecialUseDomain: true }) === undefined;
  } catch {
    return true;
  }
}

/**
 * All of a URL that counts for cookies; the jar parses it anew for each one. This machine is as safe a way as https (W3C Secure
 * Contexts section 3.1): browsers and curl keep Secure cookies for it.
 */
function located({ origin, host, hostname, pathname }: URL): string {
  const safe = LOOPBACK.test(hostname) ? `https://${host}` : origin;
  return safe + pathname.slice(0, MAX_PATH_CHARS);
}

const LOOPBACK = /^(?:(?:.+\.)?localhost\.?|127\.\d+\.\d+\.\d+|\[::1\])$/;

function pairs(data: string): string[] {
  // Said without the value: it is a secret.
  if (!SENDABLE.test(data)) throw new OptionError("cookies with characters that cannot be sent", "cookie");
  const all = data.split(";").map((pair) => trimBlanks(pair));
  return all.filter((pair) => pair !== "");
}

function nameOf(pair: string): string {
  return trimBlanks(pair.split("=", 1)[0] ?? "");
}

function readFile(path: string, store: CookieStore<Cookie>): void {
  const ways = 'a file in Netscape form, or "name=value; name=value"';
  let text: string;
  let fd: number | undefined;
  try {
    fd = openSync(path, "r");
    text = upTo(MAX_FILE_BYTES, fd, path, "cookie").toString("latin1");
  } catch (error) {
    if (error instanceof OptionError) throw error;
    throw new OptionError(`${path}: cannot be read: ${(error as Error).message} (${ways})`, "cookie", { cause: error });
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
  const lines = text
    .split("\n")
    .map(withoutReturns)
    .filter((line) => /^#HttpOnly_|^[^#\s]/.test(line));
  const found = lines.map(cookieOf).filter((cookie) => cookie !== undefined);
  if (lines.length > 0 && found.length === 0) throw new OptionError(`${path}: has no cookies (${ways})`, "cookie");
  for (const cookie of found) store.putCookie(cookie, () => {});
}

/** Without carriage returns at its end; an expression for that takes quadratic time where there are many of them. */
function withoutReturns(line: string): string {
  let end = line.length;
  while (end > 0 && line.charCodeAt(end - 1) === 13) end--;
  return line.slice(0, end);
}

/** `domain TAB subdomains TAB path TAB secure TAB expires TAB name TAB value`, as curl and browsers' exporters write it. */
function cookieOf(line: string): Cookie | undefined {
  const { Cookie } = require("tough-cookie") as typeof import("tough-cookie");
  const [site = "", subdomains, path = "/", secure, expires = "0", key, value = ""] = line
    .replace(/^#HttpOnly_/, "")
    .split("\t");
  const domain = site.replace(/^\./, "").toLowerCase();
  const seconds = Number(expires);
  if (domain === "" || key === undefined || key === "" || !path.startsWith("/") || Number.isNaN(seconds))
    return undefined;
  return new Cookie({
    key,
    value,
    domain,
    path,
    secure: secure === "TRUE",
    expires: seconds > 0 ? new Date(Math.min(seconds * 1000, MAX_DATE_MS)) : "Infinity",
    // A public suffix has no cookies that all hosts below it get.
    hostOnly: subdomains !== "TRUE" || isSuffix(domain),
  });
}

/** What a Date holds (ECMA-262 section 21.4.1.1). */
const MAX_DATE_MS = 8.64e15;
