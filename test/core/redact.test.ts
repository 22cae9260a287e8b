// Passwords in lines: hidden in whatever is shown or kept, and what is no secret stays as it is.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HIDDEN, isRedacted, redacted } from "../../src/core/redact.ts";
import { parseTarget } from "../../src/core/target.ts";

describe("redacted", () => {
  it.each([
    ["http://me:s3cret@host/x", "http://me:***@host/x"],
    ["https://me:s3cret@host:8443/x?y#z", "https://me:***@host:8443/x?y#z"],
    ["http://:s3cret@host/", "http://:***@host/"],
    ["http://s3cret@host/", "http://***@host/"],
    ["http://s3cret:@host/", "http://***@host/"],
    ["http://s3cret:x-oauth-basic@host/", "http://***@host/"],
    ["http://me:s3:cret@host/", "http://me:***@host/"],
    ["http://me@home:s3cret@host/", "http://me@home:***@host/"],
    ["http://me:s3%40cret@host/@at", "http://me:***@host/@at"],
    ["http:me:s3cret@host/", "http:me:***@host/"],
    ["http:\\\\me:s3cret@host/", "http:\\\\me:***@host/"],
    ["http:///me:s3cret@host/", "http:///me:***@host/"],
    ["HTTP://me:s3cret@host/", "HTTP://me:***@host/"],
    ["\0 http://me:s3cret@host/", "\0 http://me:***@host/"],
    ["http: //me:s3cret@host/", "http: //me:***@host/"],
    ["ht\ttp:/\n/me:s3cret@host/", "ht\ttp:/\n/me:***@host/"],
    ["htp://me:s3cret@host/", "htp://me:***@host/"],
    ["ftp://me:s3cret@host/", "ftp://me:***@host/"],
    ["me:s3cret@host/x", "me:***@host/x"],
    ["http://me:s3cret@", "http://me:***@"],
    ["http://me:s3cret@host:99999/", "http://me:***@host:99999/"],
    ["http://me:s3/cret@host/", "http://me:***@host/"],
    ["http://me:s3?cret@host/", "http://me:***@host/"],
    ["http://me:s3#cret@host/", "http://me:***@host/"],
    ["http://me@home:s3/cret@host/", "http://me@home:***@host/"],
  ])("%j is shown as %j", (url, shown) => {
    expect(redacted(url)).toBe(shown);
  });

  it.each([
    "",
    "http://host/",
    "http://host/@me",
    "http://host/a:b@c",
    "http://host:8080/?mail=me@home",
    "http://host:99999/@me",
    "http://[::1]:80/@me",
    "http://[::bad]/@me",
    "http://host\\@evil/",
    "http://host#@evil",
    "http://@host/",
    "http://:@host/",
    "mailto:me@home",
    "me@host",
    "@/etc/passwd",
    "a text: with me@home in it",
  ])("%j stays as it is", (url) => {
    expect(redacted(url)).toBe(url);
  });

  const piece = fc.constantFrom(
    "http:",
    "https:",
    "ftp:",
    "/",
    "//",
    "\\",
    ":",
    "@",
    "?",
    "#",
    "[",
    "]",
    " ",
    "\t",
    "h",
    "80",
    HIDDEN,
    "é",
  );
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(piece).map((pieces) => pieces.join("")),
  );

  it("comes to the same when done again, whatever the text", () => {
    fc.assert(
      fc.property(text, (url) => redacted(redacted(url)) === redacted(url)),
      { numRuns: 5000 },
    );
  });

  it("has no password left that new URL would find", () => {
    fc.assert(
      fc.property(text, text, (front, rest) => {
        for (const url of [`${front}${rest}`, `http://me:s3cret@${rest}`, `${front}//me:s3cret@${rest}`]) {
          const shown = redacted(url);
          if (!URL.canParse(shown) || !/^https?:$/.test(new URL(shown).protocol)) continue;
          const { username, password } = new URL(shown);
          expect(["", HIDDEN]).toContain(password);
          // Blanks in front are no name, and no secret.
          if (password === "") expect(["", HIDDEN]).toContain(username.replace(/^(%[01].|%20)+/, ""));
        }
      }),
      { numRuns: 5000 },
    );
  });
});

describe("a line that was redacted", () => {
  it.each(["http://me:***@host/", "http://:***@host/", "http://***@host/"])(
    "%s is not fetched, and says why",
    (url) => {
      expect(isRedacted(new URL(url))).toBe(true);
      expect(parseTarget(url)).toMatchObject({
        error: "invalid_url",
        detail: expect.stringContaining("--retry-failed"),
      });
    },
  );

  it.each(["http://me:%2A%2A%2A@host/", "http://***:pw@host/", "http://host/***"])("%s is another one", (url) => {
    expect(parseTarget(url)).toBeInstanceOf(URL);
  });
});
