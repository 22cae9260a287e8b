// --robots obeys robots.txt and Crawl-delay, and --respect obeys X-Robots-Tag.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bulkget } from "../../../src/index.ts";
import { filesOf, type Ran, recordsOf } from "../../support/command.ts";
import { own, ownFolder, ownSite } from "../../support/own.ts";
import { host } from "../../support/rude/host.ts";
import { body, pageOf, status } from "../../support/site.ts";

const server = ownSite();
const other = ownSite();
const folder = ownFolder();

function run(urls: readonly string[], ...args: string[]): Promise<Ran> {
  folder.list(urls);
  return folder.run(["urls.txt", "-o", "out", ...args]);
}
const out = (file = "") => folder.at("out", file);
const rules = (text: string) => body(`User-agent: *\n${text}\n`);

describe("--robots", () => {
  const urls = () => ["/a", "/private/b", "/c", "/private/d"].map((path) => server.url(path));

  it("requests robots.txt once, and skips and reports disallowed URLs, which are no failures", async () => {
    server.answers.set("/robots.txt", rules("Disallow: /private/"));
    const { code, stderr } = await run(urls(), "--robots", "-v");
    expect(code, stderr).toBe(0);
    expect(server.asked()).toEqual(["/a", "/c", "/robots.txt"]);
    expect(filesOf(out())).toEqual(["000001.txt", "000003.txt"]);
    const record = recordsOf(out()).get(4);
    expect(record).toMatchObject({ outcome: "skipped", reason: "robots", attempts: 0, url: server.url("/private/d") });
    expect(record).toHaveProperty("detail", `disallowed by ${server.origin}/robots.txt`);
    expect(record).not.toHaveProperty("status");
    expect(stderr).toContain("urls.txt:2: skipped, robots (disallowed by ");
    expect(stderr).toMatch(/^saved {3}2 .*\nskipped 2 \(2 robots\)\nfailed {2}0\n/m);
    expect(existsSync(out("failed.txt"))).toBe(false);
  });

  it("is off by default", async () => {
    server.answers.set("/robots.txt", rules("Disallow: /"));
    expect((await run(urls())).code).toBe(0);
    expect(server.asked()).not.toContain("/robots.txt");
  });

  it("uses the rules for the first word of -A, or of a User-Agent set by -H", async () => {
    const text = "User-agent: mybot\nDisallow: /a\n\nUser-agent: yourbot\nDisallow: /c\n";
    server.answers.set("/robots.txt", body(text));
    await run(urls(), "--robots", "-A", "MyBot/2.0 (+https://example.org)");
    expect(server.asked()).toEqual(["/c", "/private/b", "/private/d", "/robots.txt"]);
    await run(urls(), "--robots", "--force", "-A", "MyBot", "-H", "User-Agent: YourBot");
    expect(server.asked()).toEqual(["/a", "/private/b", "/private/d", "/robots.txt"]);
  });

  it("does not request skipped URLs in later runs, except with --retry-failed or -u", async () => {
    server.answers.set("/robots.txt", rules("Disallow: /private/"));
    await run(urls(), "--robots");
    server.asked();
    const again = await run(urls());
    expect(again.stderr).toContain("resuming: 2 saved earlier, 2 skipped (--retry-failed tries them again), 0 to do");
    expect(again.stderr).toContain("2 skipped by an earlier run");
    expect([again.code, server.asked()]).toEqual([0, []]);
    expect([...recordsOf(out()).keys()].sort()).toEqual([1, 2, 3, 4]);
    await run(urls(), "--robots", "--retry-failed");
    expect(server.asked()).toEqual(["/robots.txt"]);
    server.answers.set("/robots.txt", rules("Disallow: /private/b"));
    await run(urls(), "--robots", "-u");
    expect(server.asked()).toEqual(["/a", "/c", "/private/d", "/robots.txt"]);
    const outcomes = [...recordsOf(out()).values()].sort((a, b) => a.n - b.n).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(["saved", "skipped", "saved", "saved"]);
  });

  it("fails the URLs of a host whose robots.txt fails three times, and retries them in the next run", async () => {
    server.answers.set("/robots.txt", status(503));
    const { code, stderr } = await run([...urls(), server.url("/e")], "--robots", "--retries", "0");
    expect(code).toBe(1);
    expect(stderr).toContain("5 http_status 503");
    expect(server.asked()).toEqual(Array(3).fill("/robots.txt"));
    for (const [, record] of recordsOf(out())) {
      expect(record).toMatchObject({ outcome: "failed", status: 503, retryable: true });
      expect(record).toHaveProperty("detail", expect.stringContaining("robots.txt: 503"));
    }
    server.answers.delete("/robots.txt");
    expect((await run([...urls(), server.url("/e")], "--robots")).code).toBe(0);
    expect(filesOf(out())).toHaveLength(5);
  });

  it("occupies only one slot while a robots.txt is slow", async () => {
    // robots.txt is answered after all URLs of the other host: lines that waited in slots would prevent that.
    let release = () => {};
    server.answers.set("/robots.txt", (_, response) => {
      release = () => response.end("User-agent: *\nDisallow: /3\n");
    });
    let left = 50;
    for (let i = 0; i < 50; i++) {
      other.answers.set(`/${i}`, (request, response) => {
        response.end(pageOf(request.url ?? ""));
        if (--left === 0) release();
      });
    }
    const paths = Array.from({ length: 20 }, (_, i) => server.url(`/${i}`));
    const others = Array.from({ length: 50 }, (_, i) => other.url(`/${i}`));
    const { code, stderr } = await run([...paths, ...others], "--robots", "-c", "2", "--order", "list");
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("skipped 1 (1 robots)");
    expect(filesOf(out())).toHaveLength(69);
  });

  it("keeps Crawl-delay between requests to a host, but not for skipped URLs", async () => {
    const startsMs: number[] = [];
    let knownMs = Number.NaN;
    server.answers.set("/robots.txt", (request, response) => {
      knownMs = performance.now();
      rules("Crawl-delay: 0.4\nDisallow: /no")(request, response);
    });
    for (const path of ["/1", "/2", "/3"]) {
      server.answers.set(path, (_, response) => {
        startsMs.push(performance.now());
        response.end(path);
      });
    }
    const no = Array.from({ length: 500 }, (_, i) => server.url(`/no${i}`));
    const urls = [server.url("/1"), ...no, server.url("/2"), server.url("/3"), other.url("/x")];
    const { code, stderr } = await run(urls, "--robots", "-c", "4");
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("skipped 500 (500 robots)");
    expect(startsMs).toHaveLength(3);
    // By the server's clock, relative to the first request: a late request does not delay the next one.
    const earlyMs = startsMs.map((ms, i) => knownMs + i * 400 - ms);
    expect(Math.max(...earlyMs)).toBeLessThan(5);
  });

  it("checks the robots.txt of a redirect's target, and does not follow a disallowed redirect", async () => {
    other.answers.set("/robots.txt", rules("Disallow: /no"));
    server.answers.set("/robots.txt", rules("Disallow: /secret"));
    server.answers.set("/1", status(302, { location: other.url("/no") }));
    server.answers.set("/2", status(302, { location: other.url("/yes") }));
    server.answers.set("/3", status(302, { location: "/secret" }));
    const { code, stderr } = await run(["/1", "/2", "/3"].map(server.url), "--robots", "--per-host", "1");
    expect(code, stderr).toBe(0);
    expect(server.asked()).toEqual(["/1", "/2", "/3", "/robots.txt"]);
    expect(other.asked()).toEqual(["/robots.txt", "/yes"]);
    const records = recordsOf(out());
    expect(records.get(1)).toMatchObject({ outcome: "skipped", reason: "robots", status: 302, attempts: 1 });
    expect(records.get(1)).toMatchObject({ final_url: other.url("/no") });
    expect(records.get(2)).toMatchObject({ outcome: "saved", final_url: other.url("/yes") });
    expect(records.get(3)).toMatchObject({ outcome: "skipped", final_url: server.url("/secret") });
  });

  it("counts robots.txt requests of redirect targets towards --max-time", async () => {
    const slow = own(
      await host((response, { path, headers }) => {
        const hop = Number(/^h(\d+)/.exec(headers.host ?? "")?.[1]);
        if (path === "/robots.txt") setTimeout(() => response.end("User-agent: *\nDisallow: /no"), 400);
        else if (hop === 8) response.end("there");
        else response.writeHead(302, { location: slow.named(`h${hop + 1}`, "/") }).end();
      }),
    );
    const { code } = await run([slow.named("h0", "/")], "--robots", "--max-time", "1s");
    expect(code).toBe(1);
    expect(recordsOf(out()).get(1)).toMatchObject({ outcome: "failed", error: "deadline" });
    expect(slow.asked.filter(({ path }) => path === "/robots.txt").length).toBeLessThan(5);
  });

  it("counts the robots.txt request of the URL's own origin towards --max-time", async () => {
    const slow = own(await host((response) => void setTimeout(() => response.end("User-agent: *\n"), 700)));
    await run([`${slow.origin}/a`], "--robots", "--max-time", "1s");
    expect(recordsOf(out()).get(1)).toMatchObject({ outcome: "failed", error: "deadline" });
  });

  it("skips a URL whose match with the rules is too expensive, and accepts long rules", async () => {
    const words = Array.from({ length: 16_000 }, (_, i) => `Disallow: /*${"a".repeat(12)}${i}`);
    server.answers.set("/robots.txt", rules(words.join("\n")));
    const { code, stderr } = await run(
      ["/b", `/${"a".repeat(4000)}`, `/${"a".repeat(12)}7`].map(server.url),
      "--robots",
    );
    expect(code, stderr).toBe(0);
    const details = [...recordsOf(out()).values()].map((record) => "detail" in record && record.detail);
    expect(details.filter((detail) => detail !== false).sort()).toEqual([
      `disallowed by ${server.origin}/robots.txt`,
      `it takes too long to match it with the rules of ${server.origin}/robots.txt`,
    ]);
  });

  it("yields skipped outcomes in the library, for files and in memory", async () => {
    server.answers.set("/robots.txt", rules("Disallow: /private/"));
    for (const options of [{ outputDir: out() }, { output: "memory" }] as const) {
      const outcomes: string[] = [];
      for await (const one of bulkget(urls(), { ...options, robots: true })) {
        outcomes.push(one.outcome === "skipped" ? `${one.n} ${one.reason}` : `${one.n} ${one.outcome}`);
      }
      expect(outcomes.sort()).toEqual(["1 saved", "2 robots", "3 saved", "4 robots"]);
    }
  });
});

describe("--respect", () => {
  const tagged = (tag: string) => body("a body that is not to be stored", { "x-robots-tag": tag });

  it("skips responses with a named X-Robots-Tag, and saves nothing of them", async () => {
    server.answers.set("/1", tagged("noai"));
    server.answers.set("/2", tagged("noimageai"));
    server.answers.set("/3", tagged("otherbot: noai"));
    server.answers.set("/4", tagged("bulkget: none"));
    server.answers.set("/5", status(302, { location: "/1", "x-robots-tag": "all" }));
    server.answers.set("/6", status(302, { location: "/ok", "x-robots-tag": "noai" }));
    server.answers.set("/7", (_, response) => {
      response.writeHead(200, { "x-robots-tag": "noindex", "content-length": 9_999_999_999 }).write("x");
    });
    const urls = [1, 2, 3, 4, 5, 6, 7].map((n) => server.url(`/${n}`));
    const { code, stderr } = await run(urls, "--respect", "noai,noindex");
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("skipped 4 (2 noai, 2 noindex)");
    const records = recordsOf(out());
    const said = [1, 2, 3, 4, 5, 6, 7].map((n) => {
      const one = records.get(n);
      return one?.outcome === "skipped" ? `${one.status} ${one.reason}` : one?.outcome;
    });
    expect(said).toEqual(["200 noai", "saved", "saved", "200 noindex", "200 noai", "saved", "200 noindex"]);
    expect(records.get(1)).toMatchObject({ attempts: 1, detail: "X-Robots-Tag" });
    expect(filesOf(out())).toHaveLength(3);
  });

  it("is off by default, and ignores the X-Robots-Tag of robots.txt itself", async () => {
    server.answers.set("/robots.txt", body("User-agent: *\nDisallow: /2\n", { "x-robots-tag": "noindex" }));
    server.answers.set("/1", tagged("noindex"));
    expect((await run(["/1", "/2"].map(server.url), "--robots")).code).toBe(0);
    expect(filesOf(out())).toHaveLength(1);
    await run(["/1", "/2"].map(server.url), "--robots", "--respect=noindex", "--force");
    expect(filesOf(out())).toEqual([]);
    expect(recordsOf(out()).get(2)).toMatchObject({ reason: "robots" });
  });

  it.each([200, 304])("keeps the file of an earlier run when -u gets the tag with status %d", async (code) => {
    server.answers.set("/1", body("as it was", { etag: '"1"', "content-type": "text/plain" }));
    await run([server.url("/1")]);
    const headers = { etag: '"1"', "x-robots-tag": "noai" };
    server.answers.set("/1", code === 304 ? status(304, headers) : body("new", headers));
    const { stderr } = await run([server.url("/1")], "-u", "-v", "--respect", "noai");
    expect(stderr).toContain("skipped, noai (X-Robots-Tag); 000001.txt is kept as it was: ");
    expect(recordsOf(out()).get(1)).toMatchObject({
      outcome: "skipped",
      status: code,
      file: "000001.txt",
      etag: '"1"',
    });
    expect(readFileSync(out("000001.txt"), "utf8")).toBe("as it was");
    server.answers.set("/1", status(304, { etag: '"1"' }));
    await run([server.url("/1")], "-u", "--respect", "noai");
    expect(recordsOf(out()).get(1)).toMatchObject({ outcome: "unchanged", file: "000001.txt" });
  });

  it("accepts only known values", async () => {
    const { code, stderr } = await run([server.url("/1")], "--respect", "noidex");
    expect(code).toBe(2);
    expect(stderr).toContain("some of noai,noimageai,noindex");
    const wrong = { outputDir: out(), respect: ["noidex" as "noindex"] };
    expect(() => bulkget([], wrong)).toThrow("noidex");
  });
});
