// Texts from outside in HTML: escaped by construction, visible, short, and never a link.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { html, markup, shortened, urlHtml } from "../../../src/report/page/html.ts";

describe("a template of HTML", () => {
  it("escapes texts, and includes HTML, numbers and arrays as they are", () => {
    const list = [1, 2].map((n) => html`<li>${n}`);
    expect(html`<ul class="${'a"b'}">${list}${"<b>&'"}${undefined}</ul>`.html).toBe(
      '<ul class="a&quot;b"><li>1<li>2&lt;b&gt;&amp;&#39;</ul>',
    );
    expect(html`${markup("<hr>")}`.html).toBe("<hr>");
  });

  it("shows control characters, bidirectional marks and lone surrogates", () => {
    expect(html`${"a\u0000b\u001b[2J\u202egpj.exe\u2066\ud800"}`.html).toBe(
      "a\\x00b\\x1b[2J\\u{202e}gpj.exe\\u{2066}\\u{d800}",
    );
  });

  it("has no markup, quote or invisible character of any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        expect(html`${text}`.html).not.toMatch(/[<>"'\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      }),
    );
  });

  it("cuts a text of 60 KiB", () => {
    expect(html`${"<".repeat(61_440)}`.html).toHaveLength(1999 * "&lt;".length + 1);
  });
});

describe("a URL of a table", () => {
  const long = `https://example.org/${"a".repeat(300)}/end.jpg`;

  it("is as it is where it is short", () => {
    expect(urlHtml("https://example.org/a?b=1&c", { left: 0 }).html).toBe("https://example.org/a?b=1&amp;c");
  });

  it("is cut in the middle where it is long, and opens to the whole of it", () => {
    const made = urlHtml(long, { left: 1000 }).html;
    expect(made).toMatch(/^<details><summary>https:\/\/example\.org\/a+…a+\/end\.jpg<\/summary>/);
    expect(made).toContain(`</summary>${long}</details>`);
  });

  it("is only cut where the budget of the table is spent", () => {
    const budget = { left: 400 };
    expect(urlHtml(long, budget).html).toContain("<details>");
    expect(urlHtml(long, budget).html).toMatch(/^https:\/\/example\.org\/a+…a+\/end\.jpg$/);
  });

  it("is never a link", () => {
    expect(urlHtml("javascript:alert(1)", { left: 1000 }).html).toBe("javascript:alert(1)");
  });

  it("is not cut within a character", () => {
    for (let most = 4; most < 40; most++) {
      expect(shortened("\u{1f600}".repeat(30), most)).not.toMatch(/\p{Cs}/u);
    }
  });
});
