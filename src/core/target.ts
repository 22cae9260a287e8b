// A line of a list becomes a URL that can be fetched, or the reason why not.

import type { Failure } from "./failure.ts";
import { isRedacted } from "./redact.ts";
import { HIDDEN } from "./userinfo.ts";

/** Longer URLs are refused: 64 KiB, in characters. */
export const MAX_URL_LENGTH = 65_536;

/** Longer host names no resolver takes (RFC 1035 section 2.3.4), nor says so in a way to be told from a fault of the line. */
const MAX_HOST_LENGTH = 253;

/**
 * Parses by the WHATWG rules, which also encode blanks and resolve dot segments. Control characters are refused first:
 * `new URL` would delete tabs and newlines without a word. U+FFFD is what invalid UTF-8 was decoded to.
 */
export function parseTarget(url: string): URL | Failure {
  if (url.length > MAX_URL_LENGTH) return invalid(`longer than ${MAX_URL_LENGTH} characters`);
  if (/[\u0000-\u001f\u007f]/.test(url)) return invalid("it has a control character");
  if (url.includes("\ufffd")) return invalid("it is not valid UTF-8");
  let target: URL;
  try {
    target = new URL(url);
  } catch {
    return invalid(/^[a-z][a-z0-9+.-]*:/i.test(url) ? "no valid host or port" : "no http:// or https:// in front");
  }
  if (target.protocol !== "http:" && target.protocol !== "https:") {
    return { error: "unsupported_scheme", detail: "only http and https" };
  }
  if (hasLongHost(target)) return invalid(`a host name longer than ${MAX_HOST_LENGTH} characters`);
  if (target.port === "0") return invalid("no valid host or port");
  if (isRedacted(target, url))
    return invalid(`${HIDDEN} is no password: put it back, or run the list itself, with --retry-failed`);
  return target;
}

/** Whether its host name is longer than any can be; a dot at its end does not count. */
export function hasLongHost({ hostname }: URL): boolean {
  return hostname.length > MAX_HOST_LENGTH && hostname.replace(/\.$/, "").length > MAX_HOST_LENGTH;
}

function invalid(detail: string): Failure {
  return { error: "invalid_url", detail };
}
