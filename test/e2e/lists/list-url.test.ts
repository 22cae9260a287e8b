// Lists on the web: in any format, read on where a connection ends, and refused where they change meanwhile.

import { existsSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, it } from "vitest";
import { linesOf, ownFolder, ownSite } from "../../support/own.ts";
import { type Answer, body, journalOf, status } from "../../support/site.ts";

const server = ownSite();
const folder = ownFolder();

/** Enough lines for a body that is not sent at once. */
const URLS = 3000;
let text: Buffer;
beforeEach(() => {
  text = Buffer.from(linesOf(Array.from({ length: URLS }, (_, i) => `${server.url(`/${"x".repeat(200)}/${i + 1}`)}`)));
});
const run = (...args: readonly string[]) => folder.run(["--list-url", ...args, "-c", "200"]);
const lines = () => journalOf(folder.at("downloads"));

/** Sends the whole list up to `end`, and closes the connection; with ranges if there is a validator. */
function cutAt(end: number, validator: Readonly<Record<string, string>>, list = text): Answer {
  return (request, response) => {
    const isSame = request.headers["if-range"] === validator["etag"];
    const from = Number((isSame && /^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1]) || 0);
    const rest = list.subarray(from);
    const range = { "content-range": `bytes ${from}-${list.length - 1}/${list.length}` };
    response.writeHead(from > 0 ? 206 : 200, {
      "content-length": rest.length,
      ...validator,
      ...(from > 0 ? range : {}),
    });
    if (from >= end) response.end(rest);
    else response.write(list.subarray(from, end), () => response.destroy());
  };
}

describe("a list on the web", () => {
  it.each([
    ["/urls.txt", (urls: Buffer) => urls],
    ["/urls.txt.gz?token=a.csv", gzipSync],
    ["/urls.csv?page=1", (urls: Buffer) => Buffer.from(`url\n${urls}`)],
    ["/urls", (urls: Buffer) => Buffer.from(urls.toString().replace(/.+/g, '{"url":"$&"}'))],
  ] as const)("of the form %s is downloaded as the file would be, and again with --workers", async (path, pack) => {
    server.answers.set(path, body(pack(text)));
    const { code, stderr } = await run(server.url(path));
    expect([code, lines().length], stderr).toEqual([0, URLS]);
    server.asked();
    expect((await run(server.url(path), "--workers", "2")).code).toBe(0);
    expect(server.asked()).toEqual([path]);
  });

  it("is read whatever --max-filesize and --respect say, and decoded though --compressed was not given", async () => {
    const lines = linesOf(["/a", "/b"].map(server.url));
    const headers = { "content-encoding": "gzip", "x-robots-tag": "noai" };
    server.answers.set("/list", body(gzipSync(lines), headers));
    server.answers.set("/pages", body(gzipSync(lines), headers));
    server.answers.set("/a", body("a", { "x-robots-tag": "noai" }));
    const limits = ["--max-filesize", "5", "--respect", "noai", "--fail-on", "never"];
    for (const list of [["/list"], ["/pages", "--list-kind", "link"]]) {
      const [path = "", ...more] = list;
      expect((await run(server.url(path), ...limits, ...more, "--force")).code).toBe(0);
      expect(journalOf(folder.at("downloads"))).toMatchObject([
        { outcome: "skipped", reason: "noai" },
        { outcome: "failed", error: "too_large" },
      ]);
    }
  });

  it("that ends before its end is read on from there, and a line that was cut is whole", async () => {
    const ranges: (string | undefined)[] = [];
    const cuts = [100_000, 400_000, Number.POSITIVE_INFINITY].map((end) => cutAt(end, { etag: '"v1"' }));
    server.answers.set("/list", (request, response) => {
      ranges.push(request.headers.range);
      cuts.shift()?.(request, response);
    });
    const { code, stderr } = await run(server.url("/list"), "--retries", "1");
    expect([code, lines().length], stderr).toEqual([0, URLS]);
    expect(ranges).toEqual([undefined, "bytes=100000-", "bytes=400000-"]);
  });

  it("without a validator is read again from its beginning, and compared", async () => {
    let requests = 0;
    server.answers.set("/list", (request, response) => {
      if (++requests === 1) return cutAt(100_000, {})(request, response);
      return body(text)(request, response);
    });
    const { code, stderr } = await run(server.url("/list"));
    expect([code, lines().length, requests], stderr).toEqual([0, URLS, 2]);
  });

  it.each([
    ["another", () => Buffer.from(text.toString().replace("/1\n", "/9\n"))],
    ["shorter", () => text.subarray(0, 50_000)],
  ])("that is %s when it is read on ends the run with 2, after the lines that were read", async (_, changed) => {
    let requests = 0;
    server.answers.set("/list", (request, response) => {
      if (++requests === 1) return cutAt(100_000, { etag: '"v1"' })(request, response);
      return body(changed(), { etag: '"v2"' })(request, response);
    });
    const { code, stderr } = await run(server.url("/list"));
    expect(code).toBe(2);
    expect(stderr).toContain("cannot be read on, after line ");
    expect(stderr).toContain("it has changed while it was read; run it again to read it from its beginning");
    expect(lines().length).toBeGreaterThan(400);
    server.answers.set("/list", body(text));
    expect((await run(server.url("/list"))).code).toBe(0);
    expect(lines().length).toBe(URLS);
  });

  it("that changes, and is cut before it was compared, is not read on from the changed one", async () => {
    const other = Buffer.from(text.toString().replaceAll("/x", "/y"));
    const answers = [cutAt(400_000, { etag: '"v1"' }), cutAt(290_000, { etag: '"v2"' }, other)];
    server.answers.set("/list", (request, response) => {
      (answers.shift() ?? cutAt(Number.POSITIVE_INFINITY, { etag: '"v2"' }, other))(request, response);
    });
    const { code, stderr } = await run(server.url("/list"));
    expect([code, stderr]).toEqual([2, expect.stringContaining("it has changed while it was read")]);
    expect(lines().filter(({ url }) => String(url).includes("/y"))).toEqual([]);
  });

  it.each([
    [status(404), "the list cannot be read: HTTP status: 404 Not Found"],
    [body("<html>log in</html>\n"), "curl -sL 'http://me:***@127.0.0.1"],
    [body("BZh91AY&SY"), " | bzip2 -dc | bulkget -"],
    [body(`<?xml version="1.0"?><rss><a/></rss>`), "and no sitemap (curl -sL 'http://me:***@127.0.0.1"],
    [body(""), "no URL in it"],
    [body("PAR1\0\0\0\0PAR1"), "it is Parquet"],
  ])("that is no list creates nothing, and its password is not said (%#)", async (answer, why) => {
    server.answers.set("/list", answer);
    const { code, stderr } = await run(server.url("/list").replace("http://", "http://me:s3cret@"));
    expect([code, existsSync(folder.at("downloads"))]).toEqual([2, false]);
    expect(stderr).toContain(why);
    expect(stderr).toContain("http://me:***@");
    expect(stderr).not.toContain("s3cret");
  });
});

describe("a URL in the place of a list", () => {
  it("is downloaded, and a second time it is done", async () => {
    expect((await folder.run([server.url("/one.csv")])).code).toBe(0);
    expect(server.asked()).toEqual(["/one.csv"]);
    const { code, stderr } = await folder.run([server.url("/one.csv")]);
    expect([code, server.asked()]).toEqual([0, []]);
    expect(stderr).toContain("resuming: 1 saved earlier, 0 to do");
    expect(lines()).toMatchObject([{ n: 1, url: server.url("/one.csv"), outcome: "saved" }]);
  });
});
