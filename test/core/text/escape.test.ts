// Text from outside, shown: nothing in it can move a cursor, change a colour or turn the line around.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escaped, escapedJson, escapedStack, escapedUrl } from "../../../src/core/text/escape.ts";
import { parseUrl } from "../../../src/core/url/parse-url.ts";

/** C0, DEL, C1, line and paragraph separators, bidi and invisible controls, tags, lone surrogates. */
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|\udb40[\udc01\udc20-\udc7f]/;

const anyText = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 0xffff }),
      fc.integer({ min: 0x2000, max: 0x2070 }),
      fc.integer({ min: 0, max: 0xa0 }),
    ),
  )
  .map((units) => String.fromCharCode(...units));

describe("an escaped URL", () => {
  const place = fc.constantFrom(
    "http://",
    "h",
    ":80",
    "/",
    "?",
    "#",
    "@",
    "a:b@",
    ".",
    " ",
    "%",
    "\\",
    "é",
    "\ufffd",
    "\ufffe",
  );
  const urls = fc.array(fc.oneof(place, anyText)).map((parts) => parts.join(""));

  it("parses to the same URL, or is invalid as before, and is unchanged by a second escape", () => {
    fc.assert(
      fc.property(fc.constantFrom("http://h/", "http://", "https://me:pw@h:8/", ""), urls, (front, rest) => {
        const url = (front + rest).trim();
        const shown = escapedUrl(url);
        expect(shown).not.toMatch(UNSAFE);
        expect(escapedUrl(shown)).toBe(shown);
        const [one, other] = [parseUrl(url), parseUrl(shown)];
        if (one instanceof URL) expect(other instanceof URL && other.href).toBe(one.href);
        else expect(other).toMatchObject({ error: expect.stringMatching(/^(invalid_url|unsupported_scheme)$/) });
      }),
      { numRuns: 3000 },
    );
  });
});

describe("escaped text", () => {
  it("has no control characters, whatever the input is and wherever it is cut", () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 40 }), (text, maxLength) => {
        expect(escaped(text)).not.toMatch(UNSAFE);
        expect(escaped(text, maxLength)).not.toMatch(UNSAFE);
      }),
      { numRuns: 1000 },
    );
  });

  it("keeps printable ASCII and the letters of all scripts", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i))) }),
        (text) => {
          expect(escaped(text)).toBe(text);
        },
      ),
    );
    for (const text of ["über", "日本語", "😀 👍🏽", "ελληνικά", "עברית", "e\u0301"]) expect(escaped(text)).toBe(text);
  });

  it.each([
    ["\u001b[31mred\u001b[0m", "\\x1b[31mred\\x1b[0m"],
    ["a\r\nb\tc", "a\\x0d\\x0ab\\x09c"],
    ["\0", "\\x00"],
    ["\u007f\u009b2J", "\\x7f\\x9b2J"],
    ["gpj\u202eexe", "gpj\\u{202e}exe"],
    ["a\u2066b\u2069", "a\\u{2066}b\\u{2069}"],
    ["a\u200bb\ufeff", "a\\u{200b}b\\u{feff}"],
    ["\ud83d", "\\u{d83d}"],
    ["a\u{e0041}b\u00ad", "a\\u{e0041}b\\xad"],
  ])("writes %j as %j", (text, shown) => {
    expect(escaped(text)).toBe(shown);
  });

  it("of a stack has only the line feeds before its frames", () => {
    const stack = "Error: a\nbulkget: all is well\u2028\r\n    at file.ts:1:1\n    at \u001b[2J:2\n";
    expect(escapedStack(stack).split("\n")).toEqual([
      "Error: a\\x0abulkget: all is well\\u{2028}\\x0d",
      "    at file.ts:1:1",
      "    at \\x1b[2J:2\\x0a",
    ]);
  });

  it("of JSON has the same value, and is safe to show", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const json = escapedJson(JSON.stringify({ text }));
        expect(json).not.toMatch(UNSAFE);
        expect(JSON.parse(json)).toEqual({ text });
      }),
      { numRuns: 1000 },
    );
    expect(escapedJson('"ü \u009b \u{e0041}"')).toBe('"ü \\u009b \\udb40\\udc41"');
  });

  it("is cut to its length, with an ellipsis", () => {
    expect(escaped("abcdef", 6)).toBe("abcdef");
    expect(escaped("abcdefg", 6)).toBe("abcde…");
    expect(escaped("x".repeat(1e6)).length).toBe(2000);
  });
});
