// The text of a netrc file becomes its entries, by the rules of curl 8; and the entry for a host is found.

/** A machine's credentials, with a character for each byte; those of `default` have no machine. */
export interface NetrcEntry {
  /** In lower case. */
  readonly machine?: string;
  readonly login?: string;
  readonly password?: string;
  readonly account?: string;
}

/** What is wrong with the text, with the line. */
export interface NetrcError {
  readonly problem: string;
}

interface Word {
  readonly text: string;
  readonly isQuoted: boolean;
  /** Where it ends in its line. */
  readonly end: number;
}

const VALUES = ["login", "password", "account"] as const;

/**
 * Reads `machine`, `default`, `login`, `password`, `account` and `macdef` (which goes on to an empty line), in any case. A value
 * may be in double quotes, with `\"`, `\\`, `\n`, `\r` and `\t` in it; `#` begins a comment, but not within a line where a value is
 * to come. Words that are none of these are left out.
 */
export function parseNetrc(text: string): readonly NetrcEntry[] | NetrcError {
  const entries: { -readonly [K in keyof NetrcEntry]: NetrcEntry[K] }[] = [];
  let expected: "machine" | (typeof VALUES)[number] | undefined;
  let inMacro = false;

  for (const [i, line] of text.replace(BYTE_ORDER_MARK, "").split(/\r?\n/).entries()) {
    if (inMacro) {
      inMacro = line.trim() !== "";
      continue;
    }
    const end = line.trimEnd().length;
    for (let at = 0; at < end && !inMacro; ) {
      const word = wordAt(line, at);
      if (word === undefined) return { problem: `line ${i + 1}: a quote that does not end` };
      const isComment = word.text.startsWith("#") && !word.isQuoted && (expected === undefined || at === 0);
      if (isComment) break;
      at = word.end;
      const last = entries.at(-1);
      if (expected === "machine") entries.push({ machine: word.text.toLowerCase() });
      else if (expected !== undefined && last !== undefined) last[expected] = word.text;
      const isValue = expected !== undefined || word.isQuoted;
      expected = undefined;
      if (isValue) continue;
      const keyword = word.text.toLowerCase();
      if (keyword === "default") entries.push({});
      else if (keyword === "machine") expected = keyword;
      else if (keyword === "macdef") inMacro = true;
      else expected = VALUES.find((one) => one === keyword);
    }
  }
  return entries;
}

/** The next word of a line; undefined where its quote does not end. */
function wordAt(line: string, at: number): Word | undefined {
  const word = /[ \t]*(?:"((?:[^"\\]|\\.)*)"|(?!")([^ \t]+))/y;
  word.lastIndex = at;
  const [, quoted, plain = ""] = word.exec(line) ?? [""];
  if (word.lastIndex === 0) return undefined;
  const text = quoted === undefined ? plain : quoted.replace(/\\(.)/g, unescaped);
  return { text, isQuoted: quoted !== undefined, end: word.lastIndex };
}

/** In UTF-8, too, where each byte is a character. */
const BYTE_ORDER_MARK = /^(?:\ufeff|\u00ef\u00bb\u00bf)/;

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

function unescaped(_: string, character: string): string {
  return ESCAPES[character] ?? character;
}

/**
 * The first entry for a host, in lower case, or for all, that has a login or a password; where the user is known, the first with
 * a password for that login or for none: another user's is never sent.
 */
export function entryFor(entries: readonly NetrcEntry[], host: string, user: string | undefined) {
  return entries.find(({ machine, login, password }) => {
    if (machine !== undefined && machine !== host) return false;
    if (user === undefined) return login !== undefined || password !== undefined;
    return password !== undefined && (login === undefined || login === user);
  });
}
