// Parses a netrc file by the rules of curl 8, and finds the entry of a host.

/** The credentials of a machine, with one character per byte. The `default` entry has no machine. */
export interface NetrcEntry {
  /** In lower case. */
  readonly machine?: string;
  readonly login?: string;
  readonly password?: string;
  readonly account?: string;
}

/** A syntax error, with its line. */
export interface NetrcError {
  readonly problem: string;
}

interface Word {
  readonly text: string;
  readonly isQuoted: boolean;
  /** The index of its end in the line. */
  readonly end: number;
}

const VALUES = ["login", "password", "account"] as const;

/**
 * Parses `machine`, `default`, `login`, `password`, `account` and `macdef` (up to an empty line), in any case. A value may be in
 * double quotes, with the escapes `\"`, `\\`, `\n`, `\r` and `\t`. `#` begins a comment, except in the middle of a line where a
 * value is expected. Other words are ignored.
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

/** Returns the next word of a line; undefined if its quote does not end. */
function wordAt(line: string, at: number): Word | undefined {
  const word = /[ \t]*(?:"((?:[^"\\]|\\.)*)"|(?!")([^ \t]+))/y;
  word.lastIndex = at;
  const [, quoted, plain = ""] = word.exec(line) ?? [""];
  if (word.lastIndex === 0) return undefined;
  const text = quoted === undefined ? plain : quoted.replace(/\\(.)/g, unescaped);
  return { text, isQuoted: quoted !== undefined, end: word.lastIndex };
}

/** U+FEFF, or its three UTF-8 bytes as one character each. */
const BYTE_ORDER_MARK = /^(?:\ufeff|\u00ef\u00bb\u00bf)/;

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

function unescaped(_: string, character: string): string {
  return ESCAPES[character] ?? character;
}

/**
 * Returns the first entry for a host (in lower case) or for all hosts that has a login or a password. If the user is known, it is
 * the first with a password for that login or without a login: another user's password is never sent.
 */
export function entryFor(entries: readonly NetrcEntry[], host: string, user: string | undefined) {
  return entries.find(({ machine, login, password }) => {
    if (machine !== undefined && machine !== host) return false;
    if (user === undefined) return login !== undefined || password !== undefined;
    return password !== undefined && (login === undefined || login === user);
  });
}
