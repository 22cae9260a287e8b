// Cookies (RFC 6265): those of the user and, for one run, those of servers; tough-cookie applies the rules.

import { closeSync, openSync } from "node:fs";
import { createRequire } from "node:module";
import { isIP } from "node:net";
import type { Cookie } from "tough-cookie";
import { OptionError } from "../../core/errors.ts";
import { withoutBrackets } from "../connect/no-proxy.ts";
import { trimBlanks, valuesOf } from "../semantics/headers.ts";
import { type CookieStore, cookieStore } from "./cookie-store.ts";
import { readUpTo } from "./credentials.ts";

const require = createRequire(import.meta.url);

export interface Cookies {
  /** Returns the value of the Cookie header for a URL; undefined if there is none. `isListed`: the list names its origin. */
  header(target: URL, isListed: boolean): string | undefined;
  /** Stores the cookies that an answer's header lines set. */
  setCookies(fields: string, from: URL): void;
}

/** Maximum size of a cookie file, in bytes: 16 MiB. */
const MAX_FILE_BYTES = 16_777_216;

/** Bounds of curl on the cookies of one answer and of one request: their number and characters. */
const MAX_COOKIES_SET = 50;
const MAX_COOKIES_SENT = 150;
const MAX_SENT_CHARS = 8190;
const MAX_COOKIE_CHARS = 4096;
const MAX_SET_COOKIE_CHARS = 5000;

/** Maximum length of the path that is matched; a longer one is cut. */
const MAX_PATH_CHARS = 8192;

/** Characters of a header value: Latin-1 without control characters. */
const SENDABLE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Returns the cookies of a run. Each of `given` is `a=b; c=d`, sent to the origins that the list names; or, without a `=`, the
 * path of a Netscape cookie file; or empty. Each enables the jar. A server's cookie with a Domain is sent to the hosts that it
 * covers, which is never a public suffix; a cookie without one only to the origin that set it. Throws an OptionError.
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

/** Returns a jar for the redirects of one try of a URL. Loads tough-cookie, which few runs need. */
export function redirectCookies(): Cookies {
  return jarOf(cookieStore<Cookie>(REDIRECT_BOUNDS), []);
}

/** Merges stored cookies and those of the user's headers into one header (RFC 6265 section 5.4), each name once. */
export function mergeCookies(stored: string, own: readonly string[]): string {
  const names = new Set(stored.split("; ").map(nameOf));
  return [stored, ...own.flatMap(pairs).filter((pair) => !names.has(nameOf(pair)))].join("; ");
}

/** Bounds of a jar for redirects, 32 KiB: each URL in progress may have one, and sends its cookies in a few requests only. */
const REDIRECT_BOUNDS = { cookies: 100, chars: 32_768 };

/** `own`: `name=value` pairs for the origins that the list names. */
function jarOf(store: CookieStore<Cookie>, own: readonly string[]): Cookies {
  const { CookieJar } = require("tough-cookie") as typeof import("tough-cookie");
  // The jar calls only the methods that CookieStore has.
  const jar = new CookieJar(store as unknown as ConstructorParameters<typeof CookieJar>[0], {
    rejectPublicSuffixes: true,
  });
  /** The origin of each cookie without a Domain. */
  const originOf = new WeakMap<Cookie, string>();
  const matching = (target: URL): Cookie[] => {
    if (store.size === 0) return [];
    try {
      const found = jar.getCookiesSync(cookieUrl(target), { sort: true });
      return found.filter((cookie) => (originOf.get(cookie) ?? target.origin) === target.origin);
    } catch {
      return []; // a host that cannot have cookies, such as a top-level domain
    }
  };

  return {
    header(target, isListed) {
      const found = matching(target);
      const texts = found.map(({ key, value }) => `${key}=${value}`);
      // A server's cookie replaces the user's cookie of that name.
      const names = new Set(found.map(({ key }) => key));
      if (isListed) texts.push(...own.filter((pair) => !names.has(nameOf(pair))));
      let chars = 0;
      const fit = texts.slice(0, MAX_COOKIES_SENT).filter((text) => {
        if (!SENDABLE.test(text) || chars + text.length + 2 > MAX_SENT_CHARS) return false;
        chars += text.length + 2;
        return true;
      });
      return fit.length === 0 ? undefined : fit.join("; ");
    },
    setCookies(fields, from) {
      const host = withoutBrackets(from.hostname);
      for (const text of valuesOf(fields, "set-cookie", MAX_COOKIES_SET)) {
        if (text.length > MAX_SET_COOKIE_CHARS) continue; // cut off, it could lose attributes that restrict it
        try {
          const pair = text.split(";", 1)[0] ?? "";
          if (pair.length > MAX_COOKIE_CHARS || !SENDABLE.test(pair)) continue;
          const cookie = parseSetCookie(text);
          if (cookie === undefined) continue;
          const isOwnName = isOwnHost(cookie.domain, host);
          if (isOwnName) cookie.domain = null;
          if (jar.setCookieSync(cookie, cookieUrl(from), { ignoreError: true }) === undefined) continue;
          // An address as Domain matches that host only, on all ports (RFC 6265 section 5.1.3).
          if (cookie.hostOnly === true && !(isOwnName && isIP(host) !== 0)) originOf.set(cookie, from.origin);
        } catch {
          // The host cannot have cookies, such as a top-level domain.
        }
      }
    },
  };
}

/** Replaces A0 while tough-cookie 5 trims: String.prototype.trim removes it, but in UTF-8 it is a part of a letter. */
const A0_PLACEHOLDER = "\uf8ff";

/** Parses a Set-Cookie header, whose white space is only SP and HTAB (RFC 6265 section 5.2). */
function parseSetCookie(text: string): Cookie | undefined {
  const { Cookie } = require("tough-cookie") as typeof import("tough-cookie");
  if (!text.includes("\xa0")) return Cookie.parse(text);
  const cookie = Cookie.parse(text.replaceAll("\xa0", A0_PLACEHOLDER));
  if (cookie === undefined) return undefined;
  cookie.key = cookie.key.replaceAll(A0_PLACEHOLDER, "\xa0");
  cookie.value = cookie.value.replaceAll(A0_PLACEHOLDER, "\xa0");
  return cookie;
}

/** Whether a Domain equals the host, which is an address or a public suffix: then the cookie is for it alone (section 5.3). */
function isOwnHost(domain: string | null, host: string): boolean {
  return domain !== null && withoutBrackets(domain) === host && isPublicSuffix(host);
}

/** Whether a name is a public suffix or an address, which cannot have cookies for their subdomains. */
function isPublicSuffix(name: string): boolean {
  const { getPublicSuffix } = require("tough-cookie") as typeof import("tough-cookie");
  try {
    return getPublicSuffix(name, { allowSpecialUseDomain: true }) === undefined;
  } catch {
    return true;
  }
}

/**
 * Returns the part of a URL that cookies depend on; the jar parses it for each cookie. Loopback counts as https (W3C Secure
 * Contexts section 3.1): browsers and curl keep Secure cookies for it.
 */
function cookieUrl({ origin, host, hostname, pathname }: URL): string {
  const safe = LOOPBACK.test(hostname) ? `https://${host}` : origin;
  return safe + pathname.slice(0, MAX_PATH_CHARS);
}

const LOOPBACK = /^(?:(?:.+\.)?localhost\.?|127\.\d+\.\d+\.\d+|\[::1\])$/;

function pairs(data: string): string[] {
  // The message omits the value, which is a secret.
  if (!SENDABLE.test(data)) throw new OptionError("cookies with characters that cannot be sent", "cookie");
  const all = data.split(";").map((pair) => trimBlanks(pair));
  return all.filter((pair) => pair !== "");
}

function nameOf(pair: string): string {
  return trimBlanks(pair.split("=", 1)[0] ?? "");
}

function readFile(path: string, store: CookieStore<Cookie>): void {
  const forms = 'a file in Netscape form, or "name=value; name=value"';
  let text: string;
  let fd: number | undefined;
  try {
    fd = openSync(path, "r");
    text = readUpTo(MAX_FILE_BYTES, fd, path, "cookie").toString("latin1");
  } catch (error) {
    if (error instanceof OptionError) throw error;
    throw new OptionError(`${path}: cannot be read: ${(error as Error).message} (${forms})`, "cookie", {
      cause: error,
    });
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
  const lines = text
    .split("\n")
    .map(withoutReturns)
    .filter((line) => /^#HttpOnly_|^[^#\s]/.test(line));
  const found = lines.map(cookieOf).filter((cookie) => cookie !== undefined);
  if (lines.length > 0 && found.length === 0) throw new OptionError(`${path}: has no cookies (${forms})`, "cookie");
  for (const cookie of found) store.putCookie(cookie, () => {});
}

/** Removes carriage returns at the end; a regular expression takes quadratic time for many of them. */
function withoutReturns(line: string): string {
  let end = line.length;
  while (end > 0 && line.charCodeAt(end - 1) === 13) end--;
  return line.slice(0, end);
}

/** Parses `domain TAB subdomains TAB path TAB secure TAB expires TAB name TAB value`, as curl and browser exporters write it. */
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
    // A public suffix cannot have cookies for its subdomains.
    hostOnly: subdomains !== "TRUE" || isPublicSuffix(domain),
  });
}

/** Maximum time value of a Date, in milliseconds (ECMA-262 section 21.4.1.1). */
const MAX_DATE_MS = 8.64e15;
