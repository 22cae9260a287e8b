// Lists in every format, through the built command: the same thousand URLs leave the same folder, and a broken row fails alone.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { ROOT, shell } from "../../support/command.ts";
import { linesOf, ownFolder, ownSite } from "../../support/own.ts";
import { body, journalOf, leftIn, pageOf, status } from "../../support/site.ts";

const server = ownSite();
const folder = ownFolder();

interface Row {
  readonly url: string;
  readonly name?: string;
  readonly sha256?: string;
}

/** The thousand of fixtures/lists: requested through the site as a proxy, since files have no port of a test's in them. */
const ROWS: readonly Row[] = Array.from({ length: 1000 }, (_, i) => {
  const n = i + 1;
  const url = `http://files.example/item/${n}`;
  return {
    url,
    ...(n % 10 === 0 ? { name: `named/${n}.txt` } : {}),
    ...(n % 100 === 7 ? { sha256: createHash("sha256").update(pageOf(url)).digest("hex") } : {}),
  };
});

const fixture = (name: string) => readFileSync(join(ROOT, "fixtures/lists", name));
const XML = '<?xml version="1.0"?>\n';
const textOf = (rows: readonly Row[]) =>
  linesOf(
    rows.map(({ url, name = "", sha256 }) => `${url}\t${name}${sha256 === undefined ? "" : `\tsha256=${sha256}`}`),
  );
const tableOf = (rows: readonly Row[], delimiter: string) =>
  linesOf([
    "sha256,Name,URL",
    ...rows.map(({ url, name = "", sha256 = "" }) => [sha256, name, url].join(",")),
  ]).replaceAll(",", delimiter);

/** A sitemap has neither names nor digests: its folder is compared with that of the URLs alone. */
const FORMATS: readonly (readonly [name: string, content: () => string | Buffer])[] = [
  ["urls.txt.gz", () => gzipSync(textOf(ROWS))],
  ["urls.csv", () => tableOf(ROWS, ",")],
  ["urls.tsv", () => tableOf(ROWS, "\t")],
  ["urls.jsonl", () => linesOf(ROWS.map((row) => JSON.stringify(row)))],
  ["urls-snappy.parquet", () => fixture("urls-snappy.parquet")],
  ["urls-zstd.parquet", () => fixture("urls-zstd.parquet")],
];

const sitemapOf = (urls: readonly string[]) =>
  `${XML}<urlset>\n${urls.map((url) => `<url><loc>${url}</loc></url>`).join("\n")}\n</urlset>`;

/** What a run leaves, without times. */
async function leftBy(name: string, content: string | Buffer, ...args: readonly string[]) {
  writeFileSync(folder.at(name), content);
  const out = folder.at("out");
  const ran = await folder.run([name, "-o", out, "-q", "--force", "--proxy", server.origin, ...args]);
  return { code: ran.code, stderr: ran.stderr, ...folderAt(out) };
}

function folderAt(out: string) {
  const { files, records, failed } = leftIn(out);
  const plain = records.map(({ total_ms: _a, ttfb_ms: _b, wait_ms: _c, time: _d, connect_ms: _e, ...rest }) => rest);
  return { files, records: plain, failed };
}

/** The URLs as a listing of each kind, in pages of 300, and the words that read it. */
function listings(urls: readonly string[]): readonly (readonly [kind: string, words: readonly string[]])[] {
  const at = (path: string) => `http://files.example${path}`;
  const base = at("/item/");
  const names = urls.map((url) => url.slice(base.length));
  for (let from = 0; from < urls.length; from += 300) {
    const page = names.slice(from, from + 300);
    const next = from + 300 < urls.length ? String(from + 300) : undefined;
    const query = (name: string) => (from === 0 ? "" : `${name}${from}`);
    const json = JSON.stringify({ FileNames: page, NextFile: next });
    const token = next === undefined ? "" : `<NextContinuationToken>${next}</NextContinuationToken>`;
    const keys = page.map((name) => `<Contents><Key>item/${name}</Key></Contents>`).join("");
    const xml = `${XML}<ListBucketResult><IsTruncated>${next !== undefined}</IsTruncated>${token}${keys}</ListBucketResult>`;
    const link = next === undefined ? {} : { link: `<?from=${next}>; rel="next"` };
    server.answers.set(at(`/json${query("?next-marker=")}`), body(json));
    server.answers.set(at(`/?list-type=2${query("&continuation-token=")}`), body(xml));
    server.answers.set(at(`/link${query("?from=")}`), body(linesOf(urls.slice(from, from + 300)), link));
  }
  const paths = ["--list-items", "$.FileNames[*]", "--list-next", "$.NextFile", "--list-param", "next-marker"];
  return [
    ["json", ["--list-url", at("/json"), "--list-kind", "json", ...paths, "--list-base", base]],
    ["s3", ["--list-url", at("/"), "--list-kind", "s3"]],
    ["link", ["--list-url", at("/link"), "--list-kind", "link"]],
  ];
}

describe("a thousand URLs", () => {
  it.each([[[]], [["--workers", "2"]]])(
    "leave the same folder from every format (%j)",
    async (args) => {
      const expected = await leftBy("urls.txt", textOf(ROWS), ...args);
      expect(expected).toMatchObject({ code: 0, stderr: "", failed: undefined });
      expect(expected.records).toHaveLength(1000);
      // Other processes get lines, not lists: one text and one binary format are enough for them.
      const formats = args.length === 0 ? FORMATS : FORMATS.filter(([name]) => /csv|snappy/.test(name));
      for (const [name, content] of formats) expect(await leftBy(name, content(), ...args), name).toEqual(expected);
      if (args.length > 0) return;
      const urls = ROWS.map(({ url }) => url);
      const unnamed = await leftBy("urls.txt", linesOf(urls), ...args);
      expect(await leftBy("sitemap.xml", sitemapOf(urls), ...args)).toEqual(unnamed);
      server.answers.set("http://files.example/a.xml", body(sitemapOf(urls.slice(0, 400))));
      server.answers.set(
        "http://files.example/b.xml.gz",
        (_, response) => void response.end(gzipSync(sitemapOf(urls.slice(400)))),
      );
      const sitemaps = ["a.xml", "b.xml.gz"].map(
        (file) => `<sitemap><loc>http://files.example/${file}</loc></sitemap>`,
      );
      for (const [kind, words] of listings(urls)) {
        const out = folder.at("out");
        const ran = await folder.run([...words, "-o", out, "-q", "--force", "--proxy", server.origin, ...args]);
        expect({ code: ran.code, stderr: ran.stderr, ...folderAt(out) }, kind).toEqual(unnamed);
      }
      expect(await leftBy("index.xml", `${XML}<sitemapindex>${sitemaps.join("")}</sitemapindex>`, ...args)).toEqual(
        unnamed,
      );
    },
    300_000,
  );

  it("leave the same folder from zstd as from text, and what is cut off or damaged is said", async (context) => {
    const { zstdCompressSync } = process.getBuiltinModule("node:zlib") as {
      zstdCompressSync?: (text: string) => Buffer;
    };
    const text = textOf(ROWS);
    writeFileSync(folder.at("plain"), text);
    const packed =
      zstdCompressSync?.(text) ??
      (await shell("zstd -q plain -o plain.zst", { cwd: folder.path }).then(({ code }) =>
        code === 0 ? readFileSync(folder.at("plain.zst")) : undefined,
      ));
    if (packed === undefined) return context.skip();
    const expected = await leftBy("urls.txt", text);
    expect(await leftBy("urls.txt.zst", packed)).toEqual(expected);
    // Frames may follow each other, as pzstd writes them; nothing else may.
    const twice = await leftBy("urls.zst", Buffer.concat([packed, packed]), "--allow-empty");
    expect(twice.code).toBe(1); // its names are taken by then
    const followed = await leftBy("urls.zst", Buffer.concat([packed, Buffer.from("something else")]));
    expect([followed.code, followed.stderr]).toEqual([2, expect.stringMatching(/cannot be read on, after line \d+: /)]);
    const cut = await leftBy("urls.zst", packed.subarray(0, packed.length - 20));
    expect([cut.code, cut.stderr]).toEqual([
      2,
      expect.stringMatching(/cannot be read on, after line \d+: it is (?:zstd that is cut off|damaged or cut off)/),
    ]);
  }, 120_000);
});

describe("a broken row", () => {
  const good = (n: number) => `http://files.example/item/${n}`;
  it.each([
    ["urls.csv", `url,name\n${good(1)},\n"${good(2)}"x,\n${good(3)},\n`, 3],
    ["urls.tsv", `url\tname\n${good(1)}\t\n\tx\n${good(3)}\t\n`, 3],
    ["urls.jsonl", `{"url":"${good(1)}"}\n{"url":\n{"url":"${good(3)}"}\n`, 2],
    ["sitemap.xml", sitemapOf([good(1), " ", good(3)]), 4],
    ["few-broken.parquet", fixture("few-broken.parquet"), 2],
  ] as const)("of %s is one failed line that names its place", async (name, content, line) => {
    writeFileSync(folder.at(name), content);
    for (const args of [[], ["--workers", "2", "--force"]]) {
      const { code, stderr } = await folder.run([name, "--proxy", server.origin, ...args]);
      expect(code).toBe(1);
      expect(stderr).toContain(`${name}:${line}: a row that cannot be read (`);
      expect(journalOf(folder.at("downloads"))).toMatchObject([
        { n: 1, outcome: "saved" },
        { n: 2, line, outcome: "failed", error: "invalid_row", retryable: false },
        { n: 3, outcome: "saved" },
      ]);
    }
    // It is no other in the next run.
    expect((await folder.run([name, "--proxy", server.origin])).code).toBe(1);
    expect(journalOf(folder.at("downloads"))).toHaveLength(3);
  });
});

describe("--keep", () => {
  it.each([[[]], [["--workers", "2"]]])("carries columns into the records of all outcomes (%j)", async (args) => {
    server.answers.set("/gone", status(404));
    writeFileSync(
      folder.at("urls.csv"),
      `id,caption,link\n7,"a ""cat"", asleep",${server.url("/a")}\n8,,${server.url("/gone")}\n`,
    );
    const options = ["--column", "url=LINK", "--keep", "ID,caption"];
    const { stderr } = await folder.run(["urls.csv", ...options, ...args]);
    const records = () => journalOf(folder.at("downloads"));
    const extras = [
      { n: 1, outcome: "saved", extra: { id: "7", caption: 'a "cat", asleep' } },
      { n: 2, outcome: "failed", error: "http_status", extra: { id: "8", caption: "" } },
    ];
    expect(records(), stderr).toMatchObject(extras);
    // A line that moves takes what its row has now.
    writeFileSync(folder.at("urls.csv"), `id,caption,link\n8,,${server.url("/gone")}\n9,"moved",${server.url("/a")}\n`);
    server.asked();
    await folder.run(["urls.csv", ...options, ...args]);
    expect(server.asked()).toEqual([]);
    expect(records()).toMatchObject([
      { n: 1, outcome: "failed" },
      { n: 2, outcome: "saved", extra: { id: "9", caption: "moved" } },
    ]);
  });
});

describe("headers of a row", () => {
  it("are sent with its requests, in the place of those of all, and are in no record", async () => {
    const seen = new Map<string, string>();
    const answer = (path: string) =>
      server.answers.set(path, ({ headers }, response) => {
        seen.set(path, `${headers["x-key"]} ${headers["user-agent"]} ${headers.authorization}`);
        response.end("x");
      });
    for (const path of ["/a", "/b", "/c"]) answer(path);
    const rows = [
      { url: server.url("/a"), headers: { "X-Key": "one", "User-Agent": "mine", Authorization: "secret" } },
      { url: server.url("/b"), headers: {} },
      { url: server.url("/c"), headers: { Range: "bytes=0-1" } },
    ];
    writeFileSync(folder.at("urls.jsonl"), linesOf(rows.map((row) => JSON.stringify(row))));
    for (const args of [[], ["--workers", "2", "--force"]]) {
      seen.clear();
      const { stderr } = await folder.run(["urls.jsonl", "-H", "X-Key: all", "-A", "ours", ...args]);
      expect([...seen].sort()).toEqual([
        ["/a", "one mine secret"],
        ["/b", "all ours undefined"],
      ]);
      expect(stderr).toContain("urls.jsonl:3: a row that cannot be read (its headers are not");
      expect(readFileSync(folder.at("downloads/results.jsonl"), "utf8")).not.toContain("secret");
    }
  });
});
