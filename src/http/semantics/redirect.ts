// Where a redirect leads, and with which headers: pure decisions.

import { isUtf8 } from "node:buffer";
import type { Failure } from "../../core/failure.ts";
import { hasLongHost, hasLongHostText, MAX_URL_LENGTH } from "../../core/parse-url.ts";
import { copied, excerpt } from "./headers.ts";

/** A final answer that points elsewhere. */
export interface Redirect {
  readonly status: number;
  /** Each Location it carried, those that are the same once: two, where there are more. */
  readonly locations: readonly string[];
  /** The header lines that set cookies; mostly none. */
  readonly setCookies: string;
}

/** The statuses that redirect a GET to Location (RFC 9110 section 15.4). */
export function isRedirectStatus(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

const TOO_LONG = `to a URL of over ${MAX_URL_LENGTH} characters`;

/** How much is kept of the lines that set cookies: 64 KiB. */
const MAX_SET_COOKIE_CHARS = 65_536;

/** The lines of a header block that set cookies, in memory of their own. */
export function setCookiesOf(fields: string): string {
  const lines = fields.match(/^set-cookie:[^\n]*\n/gim);
  if (lines === null) return "";
  let kept = "";
  for (const line of lines) if (kept.length + line.length <= MAX_SET_COOKIE_CHARS) kept += line;
  return copied(kept);
}

/** The URL to go on with, without user and password, or why not. `from` is the URL that was answered so. */
export function nextTarget(redirect: Omit<Redirect, "setCookies">, from: URL): URL | Failure {
  const { status, locations } = redirect;
  const refused = (detail: string): Failure => ({ error: "redirect_refused", detail: `${status} ${detail}`, status });
  const [location, ...more] = locations;
  if (location === undefined || location === "") return refused("without a Location");
  if (more.some((other) => other !== location)) return refused("with several Locations");
  if (location.length > MAX_URL_LENGTH) return refused(TOO_LONG);
  const text = textOf(location);
  if (hasLongHostText(text)) return refused("to a host name that is too long");
  if (!URL.canParse(text, from.href)) return refused("to a Location that is not a URL");
  const next = new URL(text, from.href);
  if (next.protocol !== "http:" && next.protocol !== "https:")
    return refused(`to another scheme, ${excerpt(next.protocol)}`);
  if (next.href.length > MAX_URL_LENGTH) return refused(TOO_LONG);
  if (hasLongHost(next)) return refused("to a host name that is too long");
  if (from.protocol === "https:" && next.protocol === "http:") return refused("from https to http");
  if (next.port === "0") return refused("to a Location that is not a URL");
  // Whoever redirects has no say in who we are; and what is relative takes over what the list says.
  if (next.username !== "") next.username = "";
  if (next.password !== "") next.password = "";
  // RFC 9110 section 10.2.2: the fragment goes on with the redirect.
  if (next.hash === "") next.hash = from.hash;
  return next;
}

/**
 * A Location as text, out of its bytes: UTF-8 where it is that. Otherwise it is of an encoding that only the server knows (Latin-1,
 * GBK, Shift_JIS), and each byte is asked for as it came; so is a backslash that is the second byte of a character there.
 */
function textOf(location: string): string {
  if (!/[\x80-\xff]/.test(location)) return location;
  const bytes = Buffer.from(location, "latin1");
  if (isUtf8(bytes)) return bytes.toString("utf8");
  const encoded = (byte: string) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`;
  return location.replace(/[\x80-\xff]\\?/g, (character) => Array.from(character, encoded).join(""));
}

/** The headers of one's own that another origin may see; anything else may be a secret. */
const HARMLESS = new Set([
  "accept",
  "accept-encoding",
  "accept-language",
  "cache-control",
  "dnt",
  "pragma",
  "user-agent",
]);

/** Name and value in turn: those that may be sent to an origin that the user did not name. */
export function harmless(headers: readonly string[]): string[] {
  return headers.filter((_, i) => HARMLESS.has((headers[i - (i % 2)] ?? "").toLowerCase()));
}
