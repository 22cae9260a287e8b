// Parses the URL of a line, or returns why it cannot be fetched.

import type { Failure } from "../failure.ts";
import { CONTROL_MARK } from "../text/escape.ts";
import { isRedacted } from "./redact.ts";
import { toUrl } from "./to-url.ts";
import { HIDDEN } from "./userinfo.ts";

/** Maximum length of a URL, in characters. nginx and Apache accept 8 KiB by default. */
export const MAX_URL_LENGTH = 65_536;

/** Maximum length of a host name (RFC 1035 section 2.3.4). Resolvers have no error of their own for a longer one. */
const MAX_HOST_LENGTH = 253;

/** Maximum length of its text in a URL: at most four bytes per character, each percent-encoded. */
const MAX_HOST_TEXT = 12 * MAX_HOST_LENGTH;

/**
 * Parses by the WHATWG URL standard, which also encodes blanks and resolves dot segments. Control characters are refused first:
 * `new URL` would delete tabs and newlines silently. `CONTROL_MARK` is what `escapedUrl` writes in their place.
 */
export function parseUrl(url: string): URL | Failure {
  if (url.length > MAX_URL_LENGTH) return invalid(`longer than ${MAX_URL_LENGTH} characters`);
  if (/[\u0000-\u001f\u007f]/.test(url) || url.includes(CONTROL_MARK)) return invalid("it has a control character");
  if (hasLongHostText(url)) return invalid(LONG_HOST);
  const target = toUrl(url);
  if (target === undefined)
    return invalid(/^[a-z][a-z0-9+.-]*:/i.test(url) ? "no valid host or port" : "no http:// or https:// in front");
  if (target.protocol !== "http:" && target.protocol !== "https:") {
    return { error: "unsupported_scheme", detail: "only http and https" };
  }
  if (hasLongHost(target)) return invalid(LONG_HOST);
  if (target.port === "0") return invalid("no valid host or port");
  if (isRedacted(target, url))
    return invalid(`${HIDDEN} is no password: put it back, or run the list itself and retry what failed for good`);
  return target;
}

const LONG_HOST = `a host name longer than ${MAX_HOST_LENGTH} characters`;

/**
 * Whether the text of a URL, absolute or not, has a host that is too long in any encoding. Called before parsing: `new URL`
 * takes half a second for the worst host of 64 KiB.
 */
export function hasLongHostText(url: string): boolean {
  if (url.length <= MAX_HOST_TEXT) return false;
  const text = url.replace(/[\t\r\n]/g, "");
  const front = /^[\x00-\x20]*(?:https?:[\\/]*|(?:[a-z][a-z0-9+.-]*:)?[\\/]{2,})/i.exec(text)?.[0].length;
  if (front === undefined) return false;
  const length = text.slice(front).search(/[\\/?#]/);
  const authority = length < 0 ? text.slice(front) : text.slice(front, front + length);
  return authority.length - authority.lastIndexOf("@") - 1 > MAX_HOST_TEXT;
}

/** Whether the host name is too long; a trailing dot does not count. */
export function hasLongHost({ hostname }: URL): boolean {
  return hostname.length > MAX_HOST_LENGTH && hostname.replace(/\.$/, "").length > MAX_HOST_LENGTH;
}

function invalid(detail: string): Failure {
  return { error: "invalid_url", detail };
}
