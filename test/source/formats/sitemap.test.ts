// The format "sitemap": sitemaps and their indexes; other XML is refused by name.

import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { brokenRow, jobsOf } from "./tables.ts";

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';
const urlset = (...entries: readonly string[]) =>
  `${HEAD}<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n${entries.join("\n")}\n</urlset>\n`;
const urls = (...locs: readonly string[]) => urlset(...locs.map((loc) => `<url><loc>${loc}</loc></url>`));
const index = (...locs: readonly string[]) =>
  `${HEAD}<sitemapindex>\n${locs.map((loc) => `<sitemap><loc>${loc}</loc></sitemap>`).join("\n")}\n</sitemapindex>`;
const urlsOf = (jobs: readonly { readonly url: string }[]) => jobs.map(({ url }) => url);

describe("a sitemap", () => {
  it("has a URL per entry, of which only its own loc counts", async () => {
    const { jobs, lines } = await jobsOf(
      urlset(
        "<url><loc> http://a/1?b=1&amp;c=2 </loc><lastmod>2026-01-01</lastmod></url>",
        "<url><image:image><image:loc>http://a/no</image:loc></image:image><loc><![CDATA[http://a/2?b&c]]></loc></url>",
      ),
    );
    expect(jobs).toEqual([
      { n: 1, url: "http://a/1?b=1&c=2" },
      { n: 2, url: "http://a/2?b&c" },
    ]);
    expect(lines).toBe(2);
  });

  it("may have a prefix for its names, and be cut anywhere", async () => {
    const content = `<s:urlset xmlns:s="x"><s:url><s:loc>http://a/é</s:loc></s:url><url><loc>http://a/no</loc></url></s:urlset>`;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 30 }), async (chunk) => {
        expect(urlsOf((await jobsOf(content, { chunk, inputFormat: "sitemap" })).jobs)).toEqual(["http://a/é"]);
      }),
    );
  });

  it("with an entry without a URL fails there alone, and names the line", async () => {
    const { jobs } = await jobsOf(
      urlset(
        "<url><loc>http://a/1</loc></url>",
        "<url><loc> </loc></url>",
        "<url></url>",
        "<url><loc>http://a/4</loc></url>",
      ),
    );
    expect(jobs).toMatchObject([
      { n: 1 },
      { n: 2, line: 4, ...brokenRow("it has no URL") },
      { n: 3, line: 5, ...brokenRow("it has no URL") },
      { n: 4, url: "http://a/4" },
    ]);
  });

  it("that is cut off, or not well-formed, is an error behind what could be read", async () => {
    await expect(jobsOf(urls("http://a/1").slice(0, -12))).rejects.toThrow(/unclosed tag|line/);
    await expect(jobsOf(`${HEAD}<urlset><url></urlset>`)).rejects.toThrow(/line 2: /);
  });

  it("has at most 50,000 URLs, and no element of more than 1 MiB", async () => {
    await expect(jobsOf(urls(...Array.from({ length: 50_001 }, (_, i) => `http://a/${i}`)))).rejects.toThrow(
      "at most 50000 URLs",
    );
    await expect(jobsOf(urls("x".repeat(3_000_000)), { chunk: 65_536 })).rejects.toThrow("longer than 1 MiB");
  }, 60_000);

  it("is not what other XML is", async () => {
    const error: unknown = await jobsOf(`${HEAD}<rss><item><link>http://a/</link></item></rss>`, {
      path: "feed.xml",
    }).catch((thrown: unknown) => thrown);
    const { reason } = error as { reason: (words: { listFrom: (command: string) => string }) => string };
    expect(reason({ listFrom: (command) => command })).toMatch(
      /^it is XML \(<rss>\), and no sitemap \(grep -oE .* feed\.xml \| sed /,
    );
  });
});

describe("a sitemap index", () => {
  it("is followed to its sitemaps, gzip among them, and numbered through", async () => {
    const files: Readonly<Record<string, Buffer>> = {
      "http://a/one.xml": Buffer.from(urls("http://a/1", "http://b/2")),
      "http://a/two.xml.gz": gzipSync(urls("http://a/3")),
    };
    const asked: string[] = [];
    const fetch = async (url: string) => {
      asked.push(url);
      return { body: files[url] ?? Buffer.alloc(0), url, link: "" };
    };
    const { jobs, lines } = await jobsOf(index(...Object.keys(files)), { fetch });
    expect(jobs).toEqual([
      { n: 1, url: "http://a/1" },
      { n: 2, url: "http://b/2" },
      { n: 3, url: "http://a/3" },
    ]);
    expect([asked, lines]).toEqual([Object.keys(files), 3]);
  });

  it("is not followed to another origin, nor to another index", async () => {
    const fetch = async (url: string) => ({ body: Buffer.from(index("http://a/deeper.xml")), url, link: "" });
    const { jobs } = await jobsOf(index("http://a/x.xml", "http://b/y.xml", "no URL"), { fetch });
    expect(jobs).toMatchObject([
      { n: 1, line: 3, ...brokenRow("a sitemap index within a sitemap index is not read") },
      { n: 2, line: 4, ...brokenRow("a sitemap of another origin than http://a is not read") },
      { n: 3, line: 5, ...brokenRow("the sitemap index has no URL there") },
    ]);
  });

  it("whose sitemap cannot be fetched is an error, so that later numbers are not others' in the next run", async () => {
    const fetch = async () => Promise.reject(new Error("http://a/x.xml: HTTP status: 503"));
    await expect(jobsOf(index("http://a/x.xml"), { fetch })).rejects.toThrow("503");
  });
});
