// The text of a netrc file becomes its entries, by curl's rules; and the entry for a host is found.

/** A machine's credentials; those of `default` have no machine. */
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
}

const VALUES = ["login", "password", "account"] as const;

/**
 * Reads `machine`, `default`, `login`, `password`, `account` and `macdef` (which goes on to an empty line). A value may be in
 * double quotes, with `\"`, `\\`, `\n`, `\r` and `\t` in it; `#` begins a comment. Words that are none of these are left out.
 */
export function parseNetrc(text: string): readonly NetrcEntry[] | NetrcError {
  const entries: { -readonly [K in keyof NetrcEntry]: NetrcEntry[K] }[] = [];
  let expected: "machine" | (typeof VALUES)[number] | undefined;
  let inMacro = false;

  for (const [i, line] of text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .entries()) {
    if (inMacro) {
      inMacro = line.trim() !== "";
      continue;
    }
    const words = wordsOf(line);
    if (words === undefined) return { problem: `line ${i + 1}: a quote that does not end` };
    for (const { text: word, isQuoted } of words) {
      const last = entries.at(-1);
      if (expected === "machine") entries.push({ machine: word.toLowerCase() });
      else if (expected !== undefined && last !== undefined) last[expected] = word;
      const isValue = expected !== undefined || isQuoted;
      expected = undefined;
      if (isValue) continue;
      if (word === "default") entries.push({});
      else if (word === "machine") expected = word;
      else if (word === "macdef") inMacro = true;
      else expected = VALUES.find((one) => one === word);
      if (inMacro) break;
    }
  }
  return entries;
}

/** The words of a line, without a comment; undefined where a quote does not end. */
function wordsOf(line: string): Word[] | undefined {
  const words: Word[] = [];
  const word = /[ \t]*(?:#.*|"((?:[^"\\]|\\.)*)"|(?!")([^ \t]+))/y;
  const end = line.trimEnd().length;
  while (word.lastIndex < end) {
    const found = word.exec(line);
    if (found === null) return undefined;
    const [, quoted, plain] = found;
    if (quoted !== undefined) words.push({ text: quoted.replace(/\\(.)/g, unescaped), isQuoted: true });
    else if (plain !== undefined) words.push({ text: plain, isQuoted: false });
  }
  return words;
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

function unescaped(_: string, character: string): string {
  return ESCAPES[character] ?? character;
}

/** The first entry for a host, in lower case, or for all; where the login is known already, the first of that. */
export function entryFor(entries: readonly NetrcEntry[], host: string, login: string | undefined) {
  return entries.find(
    (entry) =>
      (entry.machine === undefined || entry.machine === host) && (login === undefined || entry.login === login),
  );
}
