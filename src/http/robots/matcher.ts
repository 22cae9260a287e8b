// Matches a path against the rules of a robots.txt in bounded time; the longest match decides (RFC 9309 section 2.2.2).

/** The compiled rules that apply to us. */
export interface Matcher {
  /** Returns whether a path with its query may be fetched; undefined if matching would take too long. */
  allows(path: string): boolean | undefined;
  /** The Crawl-delay, in seconds. */
  readonly crawlDelay: number;
  /** Maximum memory that it uses, in bytes. */
  readonly bytes: number;
}

/** Maximum length of the path that is matched; a longer one is cut. */
const MAX_PATH_LENGTH = 4096;

/**
 * Maximum number of comparisons for one path: some 5 ms. A robots.txt of maximum length, with a star in each rule, takes
 * 1,500,000 for a path of 100 characters; only a path made for the rules takes more.
 */
const MAX_STEPS = 4_000_000;

/** A pattern that needs no percent-encoding. Others are encoded, with upper-case escapes, as in robots-parser and Google's parser. */
const UNENCODED = /^[\w;,/?:@&=+$\-.!~*'()#]*$/;

/** The code for `*` in a pattern. No path contains it. */
const STAR = 0;

/** Maximum length of a literal that is searched naively; the Knuth-Morris-Pratt search pays only for longer ones. */
const MAX_NAIVE_LENGTH = 16;

/** Compiles the rules of one group, one record per line, as `rulesFor` returns them. */
export function matcher(group: string): Matcher {
  const { patterns, isAllowed, crawlDelay } = read(group);
  const order = ordered(patterns, isAllowed);
  const starts = new Uint32Array(patterns.length + 1);
  const allowed = new Uint8Array(patterns.length);
  const anchored = new Uint8Array(patterns.length);
  const codes = new Uint8Array(patterns.reduce((sum, pattern) => sum + pattern.length, 0));
  let written = 0;
  for (const [i, index] of order.entries()) {
    const pattern = patterns[index] ?? "";
    const isAnchored = pattern.endsWith("$");
    allowed[i] = Number(isAllowed[index]);
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
      return allows(
        { codes, starts, allowed, anchored },
        Buffer.from(upperEscapes(path.slice(0, MAX_PATH_LENGTH)), "latin1"),
      );
    },
    crawlDelay,
    bytes: Math.max(group.length, codes.length + 6 * patterns.length),
  };
}

const ASTERISK = 42;

interface Group {
  /** Without duplicates. */
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
    const pattern = normalised(value);
    byPattern.set(pattern, key === "allow" || byPattern.get(pattern) === true);
  }
  return { patterns: [...byPattern.keys()], isAllowed: [...byPattern.values()], crawlDelay };
}

/** Whether a path of the maximum length can match: the literals of the pattern are not longer. */
function canMatch(pattern: string): boolean {
  if (pattern.length <= MAX_PATH_LENGTH) return true;
  let literals = pattern.endsWith("$") ? -1 : 0;
  for (let at = 0; at < pattern.length; at++) if (pattern.charCodeAt(at) !== ASTERISK) literals++;
  return literals <= MAX_PATH_LENGTH;
}

/** Returns the indices of the patterns by precedence: longest first, and of equal length `allow` first. */
function ordered(patterns: readonly string[], isAllowed: readonly boolean[]): Uint32Array {
  // Sorting numbers is ten times as fast as sorting by a comparison function: the index is in the lower bits.
  const keys = Float64Array.from(patterns, (pattern, index) => {
    const rank = 2 * (MAX_PATTERN_LENGTH - pattern.length) + Number(isAllowed[index] !== true);
    return rank * MAX_PATTERNS + index;
  });
  return Uint32Array.from(keys.sort(), (key) => key % MAX_PATTERNS);
}

/** More than the length and the number of the patterns that a robots.txt of 500 KiB can have. */
const MAX_PATTERN_LENGTH = 2 ** 23;
const MAX_PATTERNS = 2 ** 20;

/** Rules in the order of `ordered`: the first match decides. */
interface Rules {
  /** The codes of all patterns; `starts` has the start of each, and the end of the last. */
  readonly codes: Uint8Array;
  readonly starts: Uint32Array;
  readonly allowed: Uint8Array;
  /** Whether the pattern ends with `$`: it then has to match up to the end of the path. */
  readonly anchored: Uint8Array;
}

function allows({ codes, starts, allowed, anchored }: Rules, path: Uint8Array): boolean | undefined {
  let steps = 0;

  /** Finds the first occurrence of the codes `from` to `to` in the path between `at` and `until`. Returns its end, or -1. */
  const endOfMatch = (from: number, to: number, at: number, until: number): number => {
    const length = to - from;
    if (length > MAX_NAIVE_LENGTH) return length > until - at ? -1 : endOfLongMatch(from, to, at, until);
    for (let start = at; start <= until - length; start++) {
      let same = 0;
      while (same < length && codes[from + same] === path[start + same]) same++;
      steps += same + 1;
      if (same === length) return start + length;
    }
    return -1;
  };

  /** The search of Knuth, Morris and Pratt (1977). `borders`: the length of the longest border of each prefix. */
  const endOfLongMatch = (from: number, to: number, at: number, until: number): number => {
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

  /** Matches each literal between two stars at its first occurrence, which leaves the most room for the rest: no backtracking. */
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
      at = endOfMatch(begin, from, at, until);
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

const borders = new Uint16Array(MAX_PATH_LENGTH + 1);

function normalised(pattern: string): string {
  if (UNENCODED.test(pattern)) return pattern;
  try {
    return encodeURI(upperEscapes(pattern)).replaceAll("%25", "%");
  } catch {
    return pattern; // a lone surrogate
  }
}

function upperEscapes(text: string): string {
  return text.includes("%") ? text.replace(LOWER_ESCAPE, (one) => one.toUpperCase()) : text;
}

const LOWER_ESCAPE = /%(?:[a-f][0-9a-fA-F]|[0-9A-F][a-f])/g;
