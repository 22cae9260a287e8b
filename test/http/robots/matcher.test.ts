// The matcher of robots.txt rules: the same results as robots-parser, in linear time even for adversarial rules.

import fc from "fast-check";
import robotsParser from "robots-parser";
import { describe, expect, it } from "vitest";
import { matcher } from "../../../src/http/robots/matcher.ts";
import { rulesFor } from "../../../src/http/robots/robots-rules.ts";
import { expectLinear } from "../../support/process/linear.ts";

// CommonJS: the module itself is the function.
const parse = robotsParser as unknown as typeof robotsParser.default;
const PAGE = "https://example.org/robots.txt";

const rulesOf = (lines: readonly string[]) => matcher(rulesFor(["User-agent: *", ...lines].join("\n"), "bulkget"));

describe("the rules of a robots.txt group", () => {
  it.each<[rules: string[], path: string, isAllowed: boolean]>([
    [[], "/a", true],
    [["Disallow: /"], "/a", false],
    [["Disallow:"], "/a", true],
    [["Disallow: /a", "Allow: /a/b"], "/a/b/c", true],
    [["Disallow: /a/b", "Allow: /a"], "/a/b/c", false],
    [["Disallow: /a", "Allow: /a"], "/a", true],
    [["Disallow: /*.php"], "/x/y.php?z", false],
    [["Disallow: /*.php$"], "/x/y.php?z", true],
    [["Disallow: /*.php$"], "/x/y.php.php", false],
    [["Disallow: /a$"], "/a", false],
    [["Disallow: /a$"], "/a/", true],
    [["Disallow: /a$b"], "/a$b", false],
    [["Disallow: *"], "/", false],
    [["Disallow: /*a*b*c$"], "/a-b-c-b-c", false],
    [["Disallow: /*a*b*c$"], "/a-c-b", true],
    [["Disallow: /*ab*b$"], "/ab", true],
    [["Disallow: /*ab*ab$"], "/aab", true],
    [["Disallow: /*"], "/", false],
    [["Disallow: a"], "/a", true],
    [["Disallow: /\u00e4"], "/%C3%A4", false],
    [["Disallow: /%c3%a4"], "/%C3%A4", false],
    [["Disallow: /a%2fb"], "/a%2Fb", false],
    [["Disallow: /a b"], "/a%20b", false],
  ])("%j for %j: allowed is %s", (lines, path, isAllowed) => {
    expect(rulesOf(lines).allows(path)).toBe(isAllowed);
  });

  it("allow and disallow the same paths as robots-parser", () => {
    const some = fc.string({
      unit: fc.constantFrom("a", "b", "/", "*", "$", "?", "ab", "\u00e4", "%c3", " "),
      maxLength: 12,
    });
    const long = fc.tuple(some, fc.constantFrom("ab", "aab", "abab", "a"), fc.integer({ min: 1, max: 30 }), some);
    const pattern = fc.oneof(
      some,
      long.map(([a, b, times, c]) => a + b.repeat(times) + c),
    );
    const line = fc.tuple(
      fc.constantFrom("Disallow: /", "Allow: /", "Disallow: ", "Allow: *", "Crawl-delay: 1"),
      pattern,
    );
    const path = fc.oneof(
      fc.string({ unit: fc.constantFrom("a", "b", "/", "?", "$", "*"), maxLength: 12 }),
      fc
        .tuple(fc.constantFrom("ab", "aab", "abab", "a"), fc.integer({ min: 1, max: 60 }), some)
        .map(([a, n, b]) => a.repeat(n) + b),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.array(path, { minLength: 1, maxLength: 8 }), (lines, paths) => {
        const text = ["User-agent: *", ...lines.map((both) => both.join("")), "Disallow:"].join("\n");
        const [theirs, ours] = [parse(PAGE, text), matcher(rulesFor(text, "bulkget"))];
        for (const one of paths) {
          const url = new URL(`https://example.org/${one}`);
          const said = `${url} by ${JSON.stringify(text)}`;
          expect(ours.allows(url.pathname + url.search), said).toBe(theirs.isAllowed(url.href, "*"));
        }
        expect(ours.crawlDelay).toBe(theirs.getCrawlDelay("*") ?? 0);
      }),
      { numRuns: 5000 },
    );
  });
});

describe("adversarial robots.txt rules", () => {
  const READ_BYTES = 490_000;
  const many = (line: (i: number) => string, bytes: number) => {
    const lines: string[] = [];
    for (let length = 0, i = 0; length < bytes; i++) length += (lines[lines.push(line(i)) - 1]?.length ?? 0) + 1;
    return lines;
  };
  const KINDS: Readonly<Record<string, { readonly line: (i: number) => string; readonly path: string }>> = {
    "stars between single letters": {
      line: (i) => `Disallow: /${"*a".repeat(500 + (i % 500))}b`,
      path: `/${"a".repeat(4095)}`,
    },
    "stars between single letters that occur": {
      line: (i) => `Disallow: /*b${"*a".repeat(500 + (i % 500))}c`,
      path: `/b${"a".repeat(4094)}`,
    },
    "one star and a word that nearly matches everywhere": {
      line: (i) => `Disallow: /*${"a".repeat(1000 + (i % 1000))}b`,
      path: `/${"a".repeat(4095)}`,
    },
    "one star and a word that nearly matches from its end": {
      line: (i) => `Disallow: /*b${"a".repeat(1000 + (i % 1000))}`,
      path: `/${"a".repeat(4095)}`,
    },
    "short words that match at the end only": {
      line: (i) => `Disallow: /*a${(i % 46_656).toString(36)}c`,
      path: `/${"a".repeat(4000)}`,
    },
    "short rules": { line: (i) => `Disallow: /${i}`, path: `/${"9".repeat(4000)}` },
    "a single rule of maximum length": {
      line: () => `Disallow: /${"*a".repeat(240_000)}b`,
      path: `/${"a".repeat(4095)}`,
    },
  };

  it.each(Object.entries(KINDS))("with %s are matched in linear time", (_, { line, path }) => {
    const prepared = new Map([1, 8].map((part) => [READ_BYTES / part, rulesOf(many(line, READ_BYTES / part))]));
    expectLinear(READ_BYTES, (size) => void prepared.get(size)?.allows(path));
  });

  it("return no result for a path made for them, instead of taking seconds", () => {
    const words = many((i) => `Disallow: /*${"a".repeat(20)}${i}`, READ_BYTES);
    const rules = rulesOf(words);
    expect(rules.allows(`/${"a".repeat(4000)}`)).toBeUndefined();
    expect(rules.allows(`/${"a".repeat(40)}7`)).toBe(false);
    expect(rules.allows(`/${"a".repeat(19)}7`)).toBe(true);
  });
});
