// Replaces the users and passwords of URLs in any text by ***.

/** Replaces a secret. */
export const HIDDEN = "***";

/** Delimiters between the parts of a URL; a line feed ends the URL. */
const DELIMITER = /[\\/?#\n]/g;

/** A host with an impossible port: in fact a user name, and the start of a password with a delimiter in it. */
const BROKEN = /^[^[:]*:\d*[^\d]/;

/** The scheme of a URL. */
const SCHEME = /[a-z0-9+.-]:$/i;

/** A replacement may join the text before and after it to another URL; more than once is rare. */
const MOST_PASSES = 8;

/**
 * Returns the text without passwords: of URLs with any scheme, or without `http://`, and of passwords with a delimiter or a
 * blank in them. In doubt, it hides too much. `inUrl`: the text is the part of a valid URL after its host, in which only
 * `scheme://name:password@` is another URL. Idempotent.
 */
export function withoutUserinfo(text: string, inUrl = false): string {
  let shown = text;
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    const next = shown.includes("@") ? once(shown, inUrl) : shown;
    if (next === shown) return shown;
    shown = next;
  }
  return HIDDEN;
}

/** Returns a file name of a list or a caller without passwords: a name with two leading slashes is a URL without its scheme. */
export function nameWithoutUserinfo(name: string): string {
  if (!/^[\\/]{2}/.test(name)) return withoutUserinfo(name, true);
  return withoutUserinfo(`${SCHEME_OF_NONE}${name}`, true).slice(SCHEME_OF_NONE.length);
}

const SCHEME_OF_NONE = "http:";

/** Takes time linear in the length of the text. */
function once(text: string, inUrl: boolean): string {
  let shown = "";
  let done = 0;
  /** Index of a name and password that continue after a delimiter, and of the last `@` so far; -1 for none. */
  let begun = -1;
  let begunTo = -1;

  const hide = (from: number, to: number) => {
    shown += text.slice(done, from) + hidden(text.slice(from, to));
    done = to;
  };
  const begin = (from: number, to: number) => {
    begun = from;
    begunTo = to;
  };
  const close = () => {
    if (begunTo >= 0) hide(begun, begunTo);
    begin(-1, -1);
  };
  /** Handles the text after `scheme://`. */
  const authority = (from: number, part: string) => {
    const end = part.lastIndexOf("@");
    const host = part.slice(end + 1);
    if (inUrl) {
      if (part.slice(0, end + 1).includes(":")) hide(from, from + end);
    } else if (BROKEN.test(host) && !/\s/.test(host)) begin(from, end < 0 ? -1 : from + end);
    else if (end >= 0) hide(from, from + end);
  };
  /** Handles a word without two slashes before it. `isCut`: a delimiter follows. */
  const word = (from: number, part: string, isCut: boolean) => {
    const end = part.lastIndexOf("@");
    const colon = part.indexOf(":");
    if (colon < 1 || /mailto:$/i.test(part.slice(0, colon + 1))) return;
    if (end > colon + 1) hide(from, from + end);
    else if (end < 0 && isCut && BROKEN.test(part) && !SCHEME.test(part)) begin(from, -1);
  };
  /** Handles text without two slashes before it: `http:name:password@`, or words. */
  const words = (from: number, part: string, isCut: boolean) => {
    if (inUrl || !/[@:]/.test(part)) return;
    const scheme = /https?:/i.exec(part);
    const end = part.lastIndexOf("@");
    const behind = scheme === null ? -1 : scheme.index + scheme[0].length;
    const isWords = behind < 0 || behind > end;
    for (const { 0: one, index } of (isWords ? part : part.slice(0, scheme?.index)).matchAll(/\S+/g)) {
      word(from + index, one, isCut && index + one.length === part.length);
    }
    if (!isWords) hide(from + behind, from + end);
  };
  /** Handles the rest of a password that started earlier, up to a blank. Returns the index of the blank; -1 if there is none. */
  const goOn = (from: number, part: string): number => {
    const blank = part.search(/\s/);
    const end = (blank < 0 ? part : part.slice(0, blank)).lastIndexOf("@");
    if (end >= 0) begunTo = from + end;
    if (blank >= 0) close();
    return blank;
  };

  let slashes = 0;
  let isBehindScheme = false;
  for (let from = 0; from <= text.length; ) {
    DELIMITER.lastIndex = from;
    const to = DELIMITER.exec(text)?.index ?? text.length;
    const delimiter = text[to];
    const isCut = delimiter !== undefined && delimiter !== "\n";
    const part = text.slice(from, to);
    const isAuthority = slashes > 1 ? !inUrl || isBehindScheme : slashes === 1 && isBehindScheme && !inUrl;
    if (begun >= 0) {
      const blank = goOn(from, part);
      if (blank >= 0) words(from + blank, part.slice(blank), isCut);
    } else if (isAuthority && !/^\s/.test(part)) authority(from, part);
    else words(from, part, isCut);
    if (!isCut) close();
    if (delimiter !== "/" && delimiter !== "\\") slashes = 0;
    else if (part === "" && slashes > 0) slashes++;
    else {
      slashes = 1;
      isBehindScheme = (inUrl ? SCHEME : /https?:$/i).test(part);
    }
    from = to + 1;
  }
  return shown + text.slice(done);
}

/** Returns `name:***`, or `***` for a token: a name without a password, or with `x-oauth-basic`. */
export function hidden(userinfo: string): string {
  const colon = userinfo.indexOf(":");
  const name = colon === -1 ? userinfo : userinfo.slice(0, colon);
  const password = colon === -1 ? "" : userinfo.slice(colon + 1);
  if (name === "" && password === "") return userinfo;
  return password === "" || password === "x-oauth-basic" ? HIDDEN : `${name}:${HIDDEN}`;
}
