// Whether the rules of a robots.txt allow a path (RFC 9309 section 2.2.2): the longest that matches says so, in bounded time.

/** The rules for us, ready to be asked. */
export interface Matcher {
  /** Whether a path, with its query, may be fetched; undefined where the rules are made so that finding out takes too long. */
  allows(path: string): boolean | undefined;
  /** Seconds between two requests, as it says. */
  readonly crawlDelay: number;
  /** What it takes in memory, at most. */
  readonly bytes: number;
}

/** A longer path is matched by its beginning. */
const MAX_PATH = 4096;

/**
 * So many characters are compared for one path: some 5 ms. A robots.txt as long as one may be, of rules with a star each, takes
 * 1,500,000 for a path of 100; a path has to be made for the rules to take more.
 */
const MAX_STEPS = 4_000_000;

/** What is not ASCII is percent-encoded, and escapes are in upper case, as robots-parser and Google's own parser have it. */
const PLAIN = /^[\w;,/?:@&=+$\-.!~*'()#]*$/;

/** In the codes of a rule: any characters. No path has it. */
const STAR = 0;

/** Longer ones are looked for in a way that never goes back: for shorter ones it does not pay. */
const SHORT = 16;

/** The rules of one group, a record a line, as `rulesFor` returns them. */
export function matcher(group: string): Matcher {
  const { patterns, isAllowed, crawlDelay } = read(group);
  const order = ordered(patterns, isAllowed);
  const starts = new Uint32Array(patterns.length + 1);
  const allowed = new Uint8Array(patterns.length);
  const anchored = new Uint8Array(patterns.length);
  const codes = new Uint8Array(patterns.reduce((sum, pattern) => sum + pattern.length, 0));
  let written = 0;
  for (const [i, place] of order.entries()) {
    const pattern = patterns[place] ?? "";
    const isAnchored = pattern.endsWith("$");
    allowed[i] = Number(isAllowed[place]);
    anchored[i] = Number(isAnchored);
    for (let at = 0, end = pattern.length - Number(isAnchored), before = -1; at < end; at++) {
      const character = pattern.charCodeAt(at);
      const code = character === ASTERISK ? STAR : Math.min(255, character);
      if (code !== STAR || before !== STAR) codes[written++] = code;
      before = code;
    }
    starts[i + 1] = written;
  }
  return {
    allows(path) {
      return allows({ codes, starts, allowed, anchored }, Buffer.from(upperEscapes(path.slice(0, MAX_PATH)), "latin1"));
    },
    crawlDelay,
    bytes: Math.max(group.length, codes.length + 6 * patterns.length),
  };
}

const ASTERISK = 42;

interface Group {
  /** No two are the same. */
  readonly patterns: readonly string[];
  readonly isAllowed: readonly boolean[];
  readonly crawlDelay: number;
}

function read(group: string): Group {
  const byPattern = new Map<string, boolean>();
  let crawlDelay = 0;
  for (const line of group.split("\n")) {
    const colon = line.indexOf(": ");
    const [key, value] = [line.slice(0, Math.max(0, colon)), line.slice(colon + 2)];
    if (key === "crawl-delay") crawlDelay = Number.isNaN(Number(value)) ? crawlDelay : Number(value);
    if ((key !== "allow" && key !== "disallow") || value === "" || !canMatch(value)) continue;
    const pattern = normal(value);
    byPattern.set(pattern, key === "allow" || byPattern.get(pattern) === true);
  }
  return { patterns: [...byPattern.keys()], isAllowed: [...byPattern.values()], crawlDelay };
}

/** Whether any path is as long as what the pattern asks for. */
function canMatch(pattern: string): boolean {
  if (pattern.length <= MAX_PATH) return true;
  let literals = pattern.endsWith("$") ? -1 : 0;
  for (let at = 0; at < pattern.length; at++) if (pattern.charCodeAt(at) !== ASTERISK) literals++;
  return literals <= MAX_PATH;
}

/** The places of the patterns as they count: the longest first, and of those as long as each other one that allows. */
function ordered(patterns: readonly string[], isAllowed: readonly boolean[]): Uint32Array {
  // Numbers are sorted ten times as fast as anything by a function: the place is in the lower bits of each.
  const keys = Float64Array.from(patterns, (pattern, place) => {
    const rank = 2 * (MAX_LENGTH - pattern.length) + Number(isAllowed[place] !== true);
    return rank * MAX_PLACES + place;
  });
  return Uint32Array.from(keys.sort(), (key) => key % MAX_PLACES);
}

/** More than there can be of either, in a robots.txt of 500 KiB. */
const MAX_LENGTH = 2 ** 23;
const MAX_PLACES = 2 ** 20;

/** As `ordered`: the first that matches is the one that counts. */
interface Rules {
  /** Those of all patterns, one after the other; and where each begins, and the last ends. */
  readonly codes: Uint8Array;
  readonly starts: Uint32Array;
  readonly allowed: Uint8Array;
  /** Whether the path has to end where the pattern does. */
  readonly anchored: Uint8Array;
}

function allows({ codes, starts, allowed, anchored }: Rules, path: Uint8Array): boolean | undefined {
  let steps = 0;

  /** Where in the path, between two places, the codes `from` to `to` come first; and the place after it. -1 for none. */
  const after = (from: number, to: number, at: number, until: number): number => {
    const length = to - from;
    if (length > SHORT) return length > until - at ? -1 : afterLong(from, to, at, until);
    for (let start = at; start <= until - length; start++) {
      let same = 0;
      while (same < length && codes[from + same] === path[start + same]) same++;
      steps += same + 1;
      if (same === length) return start + length;
    }
    return -1;
  };

  /** Knuth, Morris and Pratt (1977). `borders`: of each beginning, how much of its end is a beginning, too. */
  const afterLong = (from: number, to: number, at: number, until: number): number => {
    borders[0] = 0;
    for (let i = 1, matched = 0; i < to - from; i++) {
      while (matched > 0 && codes[from + matched] !== codes[from + i]) matched = borders[matched - 1] ?? 0;
      if (codes[from + matched] === codes[from + i]) matched++;
      borders[i] = matched;
    }
    steps += 2 * (to - from);
    for (let i = at, matched = 0; i < until; i++) {
      while (matched > 0 && codes[from + matched] !== path[i]) matched = borders[matched - 1] ?? 0;
      if (codes[from + matched] === path[i]) matched++;
      steps += 2;
      if (matched === to - from) return i + 1;
    }
    return -1;
  };

  /** What lies between two stars is taken where it comes first: so what follows has the most room, and nothing is looked at twice. */
  const matches = (rule: number): boolean => {
    const isAnchored = anchored[rule] === 1;
    let from = starts[rule] ?? 0;
    let end = starts[rule + 1] ?? 0;
    let at = 0;
    for (; from < end && codes[from] !== STAR; from++, at++) if (codes[from] !== path[at]) return false;
    if (from === end) return !isAnchored || at === path.length;
    let until = path.length;
    if (isAnchored) for (; codes[end - 1] !== STAR; end--) if (codes[end - 1] !== path[--until]) return false;
    while (from < end) {
      const begin = from + 1;
      from = begin;
      while (from < end && codes[from] !== STAR) from++;
      at = after(begin, from, at, until);
      if (at === -1) return false;
    }
    return at <= until;
  };

  for (let rule = 0; rule < allowed.length; rule++) {
    if (matches(rule)) return allowed[rule] === 1;
    if (steps > MAX_STEPS) return undefined;
  }
  return true;
}

const borders = new Uint16Array(MAX_PATH + 1);

function normal(pattern: string): string {
  if (PLAIN.test(pattern)) return pattern;
  try {
    return encodeURI(upperEscapes(pattern)).replaceAll("%25", "%");
  } catch {
    return pattern; // half of a character
  }
}

function upperEscapes(text: string): string {
  return text.includes("%") ? text.replace(LOWER_ESCAPE, (one) => one.toUpperCase()) : text;
}

const LOWER_ESCAPE = /%(?:[a-f][0-9a-fA-F]|[0-9A-F][a-f])/g;
