// The target of a redirect, and the headers that may be sent to another origin.

import { isUtf8 } from "node:buffer";
import type { Failure } from "../../core/failure.ts";
import { hasLongHost, hasLongHostText, MAX_URL_LENGTH } from "../../core/url/parse-url.ts";
import { toUrl } from "../../core/url/to-url.ts";
import { copied, excerpt } from "./headers.ts";

/** A redirect answer. */
export interface Redirect {
  readonly status: number;
  /** The different values of its Location headers, at most two. */
  readonly locations: readonly string[];
  /** Its Set-Cookie lines; mostly "". */
  readonly setCookies: string;
}

/** The statuses that redirect a GET to Location (RFC 9110 section 15.4). */
export function isRedirectStatus(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

const TOO_LONG = `to a URL of over ${MAX_URL_LENGTH} characters`;

/** Maximum length of the Set-Cookie lines that are kept, in characters: 64 KiB. */
const MAX_SET_COOKIE_CHARS = 65_536;

/** Returns the Set-Cookie lines of a header block, in memory of their own. */
export function setCookiesOf(fields: string): string {
  const lines = fields.match(/^set-cookie:[^\n]*\n/gim);
  if (lines === null) return "";
  let kept = "";
  for (const line of lines) if (kept.length + line.length <= MAX_SET_COOKIE_CHARS) kept += line;
  return copied(kept);
}

/** Returns the next URL, without user and password, or why the redirect is refused. `from`: the URL that redirects. */
export function nextTarget(redirect: Omit<Redirect, "setCookies">, from: URL): URL | Failure {
  const { status, locations } = redirect;
  const refused = (detail: string): Failure => ({ error: "redirect_refused", detail: `${status} ${detail}`, status });
  const [location, ...more] = locations;
  if (location === undefined || location === "") return refused("without a Location");
  if (more.some((other) => other !== location)) return refused("with several Locations");
  if (location.length > MAX_URL_LENGTH) return refused(TOO_LONG);
  const text = textOf(location);
  if (hasLongHostText(text)) return refused("to a host name that is too long");
  const next = toUrl(text, from.href);
  if (next === undefined) return refused("to a Location that is not a URL");
  if (next.protocol !== "http:" && next.protocol !== "https:")
    return refused(`to another scheme, ${excerpt(next.protocol)}`);
  if (next.href.length > MAX_URL_LENGTH) return refused(TOO_LONG);
  if (hasLongHost(next)) return refused("to a host name that is too long");
  if (from.protocol === "https:" && next.protocol === "http:") return refused("from https to http");
  if (next.port === "0") return refused("to a Location that is not a URL");
  // A redirect must not choose the credentials, and a relative Location inherits those of the list's URL.
  if (next.username !== "") next.username = "";
  if (next.password !== "") next.password = "";
  // RFC 9110 section 10.2.2: the fragment is inherited.
  if (next.hash === "") next.hash = from.hash;
  return next;
}

/**
 * Decodes the bytes of a Location: as UTF-8 if valid. Otherwise the encoding is unknown (Latin-1, GBK, Shift_JIS), and each byte
 * is percent-encoded, including a backslash after it, which is the second byte of some characters in Shift_JIS.
 */
function textOf(location: string): string {
  if (!/[\x80-\xff]/.test(location)) return location;
  const bytes = Buffer.from(location, "latin1");
  if (isUtf8(bytes)) return bytes.toString("utf8");
  const encoded = (byte: string) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`;
  return location.replace(/[\x80-\xff]\\?/g, (character) => Array.from(character, encoded).join(""));
}

/** The user's headers that are sent to other origins; any other may be a secret. */
const SAFE_HEADERS = new Set([
  "accept",
  "accept-encoding",
  "accept-language",
  "cache-control",
  "dnt",
  "pragma",
  "user-agent",
]);

/** Whether a header, by its name in lower case, may be sent to an origin that the list does not name. */
export function isSafeHeader(name: string): boolean {
  return SAFE_HEADERS.has(name);
}

/** Returns the headers, as alternating names and values, that may be sent to an origin that the list does not name. */
export function safeHeaders(headers: readonly string[]): string[] {
  return headers.filter((_, i) => isSafeHeader((headers[i - (i % 2)] ?? "").toLowerCase()));
}
