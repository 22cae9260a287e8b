// A URL as it may be shown and kept: without the password, and without a name that is one.

import { escapedUrl } from "./escape.ts";
import { HIDDEN, hidden, withoutUserinfo } from "./userinfo.ts";

/** Blanks and controls, which `new URL` drops in front; a scheme; slashes, which it takes in either direction. */
const FRONT = /^[\x00-\x20]*(?:https?:[\\/\x00-\x20]*|[a-z][a-z0-9+.\t\r\n-]*:[\\/\t\r\n]*[\\/][\\/\t\r\n]*)/i;

/**
 * The URL with `***` in the place of a password: `http://me:***@host/`. A name with no password, or with the one that says
 * that the name is all there is, is a token: `http://***@host/`. Any text may be given, since a line that is no URL has its
 * password as well, wherever in it. What comes out comes out the same again, which is how a line is told from its record.
 */
export function redacted(url: string): string {
  if (!url.includes("@")) return url;
  const front = FRONT.exec(url)?.[0].length;
  if (front === undefined) return withoutUserinfo(url);
  const end = endOfUserinfo(url, front);
  if (end <= front) return url.slice(0, front) + withoutUserinfo(url.slice(front), true);
  return url.slice(0, front) + hidden(url.slice(front, end)) + withoutUserinfo(url.slice(end), true);
}

/** What a line is known by: the same for its URL in a list, in a record and in failed.txt. */
export function knownAs(url: string): string {
  return escapedUrl(redacted(url));
}

/** The place of the `@`; -1 if there is none. */
function endOfUserinfo(url: string, from: number): number {
  const length = url.slice(from).search(/[\\/?#]/);
  const authority = length === -1 ? url.slice(from) : url.slice(from, from + length);
  const end = authority.lastIndexOf("@");
  // A slash in a password ends it for `new URL`, and what is left is no host with a port.
  const isBroken = /^[^[:]*:\d*[^\d]/.test(authority.slice(end + 1));
  if (isBroken) return url.lastIndexOf("@");
  return end === -1 ? -1 : from + end;
}

/** Another URL within one, that was redacted. */
const WITHIN = /[a-z0-9+.-]:[\\/]{2,}[^\\/?#]*:\*\*\*@/i;

/** Whether a URL, whose text this is, was redacted: it cannot be fetched as it is. */
export function isRedacted({ username, password }: URL, text: string): boolean {
  if (password === HIDDEN || (username === HIDDEN && password === "")) return true;
  return text.includes(`:${HIDDEN}@`) && WITHIN.test(text);
}
