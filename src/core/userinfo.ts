// Finds users and passwords of URLs in any text, and writes *** in their place.

/** What stands in the place of a secret. */
export const HIDDEN = "***";

/** Between the parts of a URL; a line feed ends any. */
const DELIMITER = /[\\/?#\n]/g;

/** A host with a port that is none: a name, rather, and the beginning of a password with a delimiter in it. */
const BROKEN = /^[^[:]*:\d*[^\d]/;

/** What is before the slashes of a URL. */
const SCHEME = /[a-z0-9+.-]:$/i;

/** What is hidden may bring what lies before it together with what lies behind it: seldom more than once. */
const MOST_PASSES = 8;

/**
 * The text without passwords: of URLs with any scheme or none, of those that lack their `http://`, also where a password has
 * a delimiter or a blank in it. Rather too much is hidden than too little. With `inUrl` it is what a URL that can be fetched
 * has behind its host, where only `scheme://name:password@` is another one. What comes out comes out the same again.
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

/** The same for a file name that a list or a program gives: what begins with two slashes, of either kind, is a URL without its scheme. */
export function nameWithoutUserinfo(name: string): string {
  if (!/^[\\/]{2}/.test(name)) return withoutUserinfo(name, true);
  return withoutUserinfo(`${SCHEME_OF_NONE}${name}`, true).slice(SCHEME_OF_NONE.length);
}

const SCHEME_OF_NONE = "http:";

/** Linear in the text. */
function once(text: string, inUrl: boolean): string {
  let shown = "";
  let done = 0;
  /** Where a name and a password begin that go on behind a delimiter, and the last `@` so far; -1 for none. */
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
  /** What comes behind `scheme://`. */
  const authority = (from: number, part: string) => {
    const end = part.lastIndexOf("@");
    const host = part.slice(end + 1);
    if (inUrl) {
      if (part.slice(0, end + 1).includes(":")) hide(from, from + end);
    } else if (BROKEN.test(host) && !/\s/.test(host)) begin(from, end < 0 ? -1 : from + end);
    else if (end >= 0) hide(from, from + end);
  };
  /** A word that no two slashes come before. `isCut`: a delimiter comes next. */
  const word = (from: number, part: string, isCut: boolean) => {
    const end = part.lastIndexOf("@");
    const colon = part.indexOf(":");
    if (colon < 1 || /mailto:$/i.test(part.slice(0, colon + 1))) return;
    if (end > colon + 1) hide(from, from + end);
    else if (end < 0 && isCut && BROKEN.test(part) && !SCHEME.test(part)) begin(from, -1);
  };
  /** What no two slashes come before: `http:name:password@`, or words. */
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
  /** The part of what was begun before, up to a blank. Returns the place of that; -1 where none is. */
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

/** `name:***`; a name alone is a token, and so is one with the password that says that the name is all there is. */
export function hidden(userinfo: string): string {
  const colon = userinfo.indexOf(":");
  const name = colon === -1 ? userinfo : userinfo.slice(0, colon);
  const password = colon === -1 ? "" : userinfo.slice(colon + 1);
  if (name === "" && password === "") return userinfo;
  return password === "" || password === "x-oauth-basic" ? HIDDEN : `${name}:${HIDDEN}`;
}
