// A URL as it may be shown and kept: without the password, and without a name that is one.

/** What stands in the place of a secret. */
export const HIDDEN = "***";

/** Blanks and controls, which `new URL` drops in front; a scheme; slashes, which it takes in either direction. */
const FRONT = /^[\x00-\x20]*(?:https?:[\\/\x00-\x20]*|[a-z][a-z0-9+.\t\r\n-]*:[\\/\t\r\n]*[\\/][\\/\t\r\n]*)/i;

/** Somebody has forgotten the `http://`. */
const BARE = /^(?!mailto:)[^\s:/?#\\@]+:\S*@/i;

/**
 * The URL with `***` in the place of a password: `http://me:***@host/`. A name with no password, or with the one that says
 * that the name is all there is, is a token: `http://***@host/`. Any text may be given, since a line that is no URL has its
 * password as well. What comes out comes out the same again, which is how a line is told from its record.
 */
export function redacted(url: string): string {
  if (!url.includes("@")) return url;
  const front = FRONT.exec(url)?.[0].length ?? (BARE.test(url) ? 0 : undefined);
  if (front === undefined) return url;
  const end = endOfUserinfo(url, front);
  return end <= front ? url : `${url.slice(0, front)}${hidden(url.slice(front, end))}${url.slice(end)}`;
}

/** The place of the `@`; -1 if there is none. */
function endOfUserinfo(url: string, from: number): number {
  const length = url.slice(from).search(/[\\/?#]/);
  const authority = length === -1 ? url.slice(from) : url.slice(from, from + length);
  const end = authority.lastIndexOf("@");
  // A slash in a password ends it for `new URL`, and what is left is no host with a port.
  const isBroken = /^[^[:]*:\d*[^\d]/.test(authority.slice(end + 1));
  if (isBroken || from === 0) return url.lastIndexOf("@");
  return end === -1 ? -1 : from + end;
}

function hidden(userinfo: string): string {
  const colon = userinfo.indexOf(":");
  const name = colon === -1 ? userinfo : userinfo.slice(0, colon);
  const password = colon === -1 ? "" : userinfo.slice(colon + 1);
  if (name === "" && password === "") return userinfo;
  return password === "" || password === "x-oauth-basic" ? HIDDEN : `${name}:${HIDDEN}`;
}

/** Whether a URL is one that was redacted: it cannot be fetched as it is. */
export function isRedacted({ username, password }: URL): boolean {
  return password === HIDDEN || (username === HIDDEN && password === "");
}
