// Passwords in lines: hidden in whatever is shown or kept, and what is no secret stays as it is.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseUrl } from "../../../src/core/url/parse-url.ts";
import { isRedacted, redacted } from "../../../src/core/url/redact.ts";
import { HIDDEN, withoutUserinfo } from "../../../src/core/url/userinfo.ts";

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
    ["- http://me:s3cret@host/", "- http://me:***@host/"],
    ["GET http://me:s3cret@host/x HTTP/1.1", "GET http://me:***@host/x HTTP/1.1"],
    ["- me:s3cret@host/x", "- me:***@host/x"],
    ["- me:s3/cret@host/x", "- me:***@host/x"],
    ["//me:s3cret@host/", "//me:***@host/"],
    ["- //s3cret@host/", "- //***@host/"],
    ["- \\\\me:s3cret@host/", "- \\\\me:***@host/"],
    ["- http:me:s3cret@host/", "- http:me:***@host/"],
    ["- http:/me:s3cret@host/", "- http:/me:***@host/"],
    ["- http://me:s3 cret@host/", "- http://me:***@host/"],
    ["- http://me:s3/cret@host/", "- http://me:***@host/"],
    ["- http://me@home:s3/cret@host/", "- http://me@home:***@host/"],
    ["- https://s3cret@host/ https://me:s3cret@host/", "- https://***@host/ https://me:***@host/"],
    ['{"url":"http://me:s3cret@host/"}', '{"url":"http://me:***@host/"}'],
    ["1,me:s3cret@host/x,2", "1,me:***@host/x,2"],
    ["<http://me:s3cret@host/>", "<http://me:***@host/>"],
    ["url=http://me:s3cret@host/", "url=http://me:***@host/"],
    ["http://me:s3cret@host/?next=http://you:s3cret@home/", "http://me:***@host/?next=http://you:***@home/"],
    ["http://host/http://me:s3cret@home/", "http://host/http://me:***@home/"],
    ["http://host/ https:\\\\me:s3cret@home", "http://host/ https:\\\\me:***@home"],
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
    "http://host//me@home",
    "http://host/?u=http://home/@me",
    "http://host/?u=http://me@home/",
    "http://host/a://b/c@d",
    "C:/users/me@home",
    "ssh: a@b",
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

  it("is idempotent for any text", () => {
    fc.assert(
      fc.property(text, (url) => redacted(redacted(url)) === redacted(url)),
      { numRuns: 5000 },
    );
  });

  it("leaves no password in a URL within any text", () => {
    const around = fc
      .array(fc.oneof(piece, fc.constantFrom("http://", "x", "\n", '"', "host:80", "a:b")))
      .map((all) => all.join(""));
    const secret = fc.constantFrom("s3cret", "s3:cret", "s3%40cret", "s3cret=", 's3"cret', "s3@cret");
    const url = fc
      .tuple(fc.constantFrom("http://", "https://", "ftp://", "//", "http:", "http:/", "\\\\", "HTTPS://", ""), secret)
      .map(([front, password]) => `${front}me:${password}@host/`);
    fc.assert(
      fc.property(around, fc.constantFrom(" ", "\n", "\t", ""), url, around, (before, blank, one, after) => {
        // What is stuck to a URL that has none of its own may be a part of it.
        const isStuck = blank === "" && before !== "" && !/^\w+:[\\/]{2}/.test(one);
        const shown = withoutUserinfo(`${isStuck ? "" : before}${blank}${one}${after}`);
        expect(shown).not.toMatch(/cret/);
        expect(withoutUserinfo(shown)).toBe(shown);
      }),
      { numRuns: 5000 },
    );
  });

  it.each(["/", "//", "http:", "a:/", "a:b/", "me:x@", "@", " a:b/@", "http://a:b/", "\\", "?a:b"])(
    "takes time in proportion to a text made of %j",
    (one) => {
      const text = `me:s3cret@host ${one.repeat(300_000)}`;
      expect(withoutUserinfo(text)).not.toContain("s3cret");
      expect(redacted(`http://host/${text}`).length).toBeGreaterThan(0);
      expect(redacted(`http://${text}`)).not.toContain("s3cret");
    },
  );

  it("leaves no password that new URL would find", () => {
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
      expect(isRedacted(new URL(url), url)).toBe(true);
      expect(parseUrl(url)).toMatchObject({
        error: "invalid_url",
        detail: expect.stringContaining("retry what failed for good"),
      });
    },
  );

  it.each(["http://me:%2A%2A%2A@host/", "http://***:pw@host/", "http://host/***"])("%s is another one", (url) => {
    expect(parseUrl(url)).toBeInstanceOf(URL);
  });
});
