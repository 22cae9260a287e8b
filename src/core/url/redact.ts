// Redacts the password of a URL, and a user name that is a token, for messages and records.

import { escapedUrl } from "../text/escape.ts";
import { HIDDEN, hidden, withoutUserinfo } from "./userinfo.ts";

/** Leading blanks and controls, which `new URL` drops; a scheme; slashes or backslashes, which it treats alike. */
const FRONT = /^[\x00-\x20]*(?:https?:[\\/\x00-\x20]*|[a-z][a-z0-9+.\t\r\n-]*:[\\/\t\r\n]*[\\/][\\/\t\r\n]*)/i;

/**
 * Returns the URL with `***` instead of its password: `http://me:***@host/`. A user name without a password, or with the
 * password `x-oauth-basic`, is a token: `http://***@host/`. `url` may be any text, since a line that is not a URL may have a
 * password anywhere. Idempotent, so that a line can be compared with its record.
 */
export function redacted(url: string): string {
  if (!url.includes("@")) return url;
  const front = FRONT.exec(url)?.[0].length;
  if (front === undefined) return withoutUserinfo(url);
  const end = endOfUserinfo(url, front);
  if (end <= front) return url.slice(0, front) + withoutUserinfo(url.slice(front), true);
  return url.slice(0, front) + hidden(url.slice(front, end)) + withoutUserinfo(url.slice(end), true);
}

/** Returns the key of a line: equal for its URL in a list, in a record and in failed.txt. */
export function knownAs(url: string): string {
  return escapedUrl(redacted(url));
}

/** Returns the index of the `@`; -1 if there is none. */
function endOfUserinfo(url: string, from: number): number {
  const length = url.slice(from).search(/[\\/?#]/);
  const authority = length === -1 ? url.slice(from) : url.slice(from, from + length);
  const end = authority.lastIndexOf("@");
  // For `new URL`, a slash ends a password; the rest is then not a host with a port.
  const isBroken = /^[^[:]*:\d*[^\d]/.test(authority.slice(end + 1));
  if (isBroken) return url.lastIndexOf("@");
  return end === -1 ? -1 : from + end;
}

/** A redacted URL within a URL. */
const WITHIN = /[a-z0-9+.-]:[\\/]{2,}[^\\/?#]*:\*\*\*@/i;

/** Whether this text is a redacted URL, which cannot be fetched. */
export function isRedacted({ username, password }: URL, text: string): boolean {
  if (password === HIDDEN || (username === HIDDEN && password === "")) return true;
  return text.includes(`:${HIDDEN}@`) && WITHIN.test(text);
}
