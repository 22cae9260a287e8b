// The extracted rules of a robots.txt allow and disallow the same paths as the whole file.
import fc from "fast-check";
import robotsParser from "robots-parser";
import { describe, expect, it } from "vitest";
import { rulesFor } from "../../../src/http/robots/robots-rules.ts";

// CommonJS: the module itself is the function.
const parse = robotsParser as unknown as typeof robotsParser.default;
const PAGE = "https://example.org/robots.txt";

describe("the extracted rules", () => {
  it.each<[what: string, text: string, rules: string]>([
    ["of an empty text", "", ""],
    ["before any user agent", "Disallow: /\n", ""],
    ["for all robots", "User-agent: *\nDisallow: /a\n", "user-agent: *\ndisallow: /a\n"],
    [
      "for our name, instead of those for all robots",
      "User-agent: *\nDisallow: /\n\nUser-agent: BulkGet/2\nAllow: /b\n",
      "user-agent: *\nallow: /b\n",
    ],
    ["for our name, even if there are none", "User-agent: *\nDisallow: /\nUser-agent: bulkget\n", ""],
    [
      "of a group with several names",
      "User-agent: a\nUser-agent: bulkget\n# and\nUser-agent: b\nDisallow: /c\n",
      "user-agent: *\ndisallow: /c\n",
    ],
    [
      "of several groups, merged",
      "User-agent: *\nDisallow: /a\nUser-agent: x\nDisallow: /b\nUser-agent: *\nDisallow: /c",
      "user-agent: *\ndisallow: /a\ndisallow: /c\n",
    ],
    ["of other robots", "User-agent: bulkgetter\nDisallow: /\n", ""],
    [
      "with a Sitemap among the names",
      "User-agent: *\nSitemap: https://a/b\nUser-agent: x\nDisallow: /a",
      "user-agent: *\ndisallow: /a\n",
    ],
    [
      "after a byte order mark, with carriage returns and comments",
      "\ufeffUSER-AGENT : *\rDISALLOW:/a # not /b\r\nCrawl-delay: 2",
      "user-agent: *\ndisallow: /a\ncrawl-delay: 2\n",
    ],
    [
      "with all stars that affect the result",
      "User-agent: *\nDisallow: /**\nAllow: /a",
      "user-agent: *\ndisallow: /**\nallow: /a\n",
    ],
    [
      "with at most 8 stars in a row",
      `User-agent: *\nDisallow: /a${"*".repeat(5000)}b**`,
      "user-agent: *\ndisallow: /a********b**\n",
    ],
  ])("are those %s", (_, text, rules) => {
    expect(rulesFor(text, "bulkget")).toBe(rules);
  });

  it("allow and disallow the same paths as the whole robots.txt", () => {
    const path = fc.string({ unit: fc.constantFrom("a", "b", "/", "*", "$", "?"), maxLength: 6 });
    const line = fc.oneof(
      fc.constantFrom(
        "User-agent: *",
        "user-agent: bulkget",
        "User-Agent: otherbot",
        "User-agent: BULKGET/1.0",
        "",
        "# a note",
      ),
      fc.tuple(fc.constantFrom("Disallow: /", "allow: /", "Allow:/", "Disallow:"), path).map((both) => both.join("")),
      fc.integer({ min: 0, max: 99 }).map((seconds) => `Crawl-delay: ${seconds}`),
    );
    const target = fc.string({ unit: fc.constantFrom("a", "b", "/", "?"), maxLength: 8 });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.array(target), (lines, targets) => {
        // robots-parser ignores a group without rules; by RFC 9309 it allows everything.
        const text = [...lines, "Disallow:"].join("\n");
        const whole = parse(PAGE, text);
        const ours = parse(PAGE, rulesFor(text, "bulkget"));
        for (const path of targets) {
          const url = `https://example.org/${path}`;
          expect(ours.isAllowed(url, "*"), `${url} by ${JSON.stringify(text)}`).toBe(whole.isAllowed(url, "bulkget"));
        }
        expect(ours.getCrawlDelay("*")).toBe(whole.getCrawlDelay("bulkget"));
      }),
      { numRuns: 500 },
    );
  });

  it("are no longer than the file, even with thousands of names for thousands of rules", () => {
    const names = Array.from({ length: 12_000 }, (_, i) => `User-agent: ${i % 2 === 0 ? "*" : `bot${i}`}\n`).join("");
    const rules = Array.from({ length: 12_000 }, (_, i) => `Disallow: /${i}\n`).join("");
    expect(rulesFor(names + rules, "bulkget").length).toBeLessThan(names.length + rules.length);
  });

  it("are returned for any text without an error", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void parse(PAGE, rulesFor(text, "bulkget"))));
  });
});
