// Pages of each kind: their jobs, the next page, and what is refused.
import { existsSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { ListError } from "../../../src/core/errors.ts";
import type { Job } from "../../../src/core/job.ts";
import type { Fetched } from "../../../src/source/fetched.ts";
import { ownLines } from "../../../src/source/own-lines.ts";
import { type ListingOptions, listingOf } from "../../../src/source/pages/listing-options.ts";
import { type PagedListOptions, pagedList } from "../../../src/source/pages/paged-list.ts";
import { ownFolder } from "../../support/own.ts";

const folder = ownFolder();
const LIST = "http://u:p@files.example/list?key=a%2Fb";
type Pages = Readonly<Record<string, string | Buffer | Partial<Fetched>>>;

/** A source of pages by their path and query. */
function opened(pages: Pages, options: Partial<ListingOptions>, more: Partial<PagedListOptions> = {}) {
  const asked: string[] = [];
  const fetch = async (url: string): Promise<Fetched> => {
    const { origin, pathname, search } = new URL(url);
    asked.push(pathname + search);
    const page = pages[pathname + search];
    if (page === undefined) throw new Error(`${origin}${pathname}: HTTP status: 404`);
    const plain = { body: Buffer.alloc(0), url, link: "" };
    return typeof page === "string" || Buffer.isBuffer(page)
      ? { ...plain, body: Buffer.from(page) }
      : { ...plain, ...page };
  };
  const listing = listingOf({ listUrl: LIST, ...options }) ?? expect.unreachable("no listing");
  const source = pagedList(listing, { fetch, stop: new AbortController().signal, table: {}, ...more });
  return { source, asked };
}

async function jobsOf(pages: Pages, options: Partial<ListingOptions>, more?: Partial<PagedListOptions>) {
  const { source, asked } = opened(pages, options, more);
  const jobs: Job[] = [];
  for await (const batch of source) {
    expect(batch.length).toBeGreaterThan(0);
    jobs.push(...batch);
  }
  expect(source.total()).toEqual({ jobs: jobs.length, exact: true });
  return { jobs, asked };
}

/** Why the listing cannot be read. */
async function refusal(pages: Pages, options: Partial<ListingOptions>): Promise<string> {
  const error = await jobsOf(pages, options).then(
    () => expect.unreachable("it was read"),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ListError);
  return (error as Error).message;
}

const json = (value: unknown) => JSON.stringify(value);
const SEEDS = {
  listKind: "json",
  listItems: "$.FileNames[*]",
  listNext: "$.NextFile",
  listParam: "next-marker",
} as const;

describe("a listing of JSON", () => {
  it("has names behind the base, numbered through all pages; its marker goes into the query, which stays as it is", async () => {
    const { jobs, asked } = await jobsOf(
      {
        "/list?key=a%2Fb": json({ FileNames: ["a b?.jpg", "sub/ü.png"], NextFile: "x&y" }),
        "/list?key=a%2Fb&next-marker=x%26y": json({ FileNames: [], NextFile: 7 }),
        "/list?key=a%2Fb&next-marker=7": json({ FileNames: ["http://other/c", "../up"], NextFile: null }),
      },
      { ...SEEDS, listBase: "http://cdn.example/get?name=" },
    );
    expect(jobs).toMatchObject([
      { n: 1, url: "http://cdn.example/get?name=a%20b%3F.jpg" },
      { n: 2, url: "http://cdn.example/get?name=sub/%C3%BC.png" },
      { n: 3, url: "http://other/c" },
      { n: 4, line: 4, refused: { error: "invalid_row", detail: 'no URL can have that name: "../up"' } },
    ]);
    expect(asked).toEqual(["/list?key=a%2Fb", "/list?key=a%2Fb&next-marker=x%26y", "/list?key=a%2Fb&next-marker=7"]);
  });

  it("has objects as rows, URLs relative to the page, and its next page by its URL", async () => {
    const item = (n: number) => ({ Link: `files/${n}`, sha256: "AB", size: n });
    const { jobs, asked } = await jobsOf(
      {
        "/list?key=a%2Fb": json([item(1), null, { size: 2 }, ["x"], { next: "/more?page=2" }]),
        "/more?page=2": gzipSync(json([item(9), 17, 1.5]).replace("]", ",9007199254740993]")),
      },
      { listKind: "json", listItems: "$[*]", listNext: "$[4].next" },
      { table: { column: { url: "link" }, keep: ["size"] } },
    );
    const broken = (detail: string) => ({ refused: { error: "invalid_row", detail } });
    expect(jobs).toMatchObject([
      { n: 1, url: "http://u:p@files.example/files/1", sha256: "ab", extra: { size: 1 } },
      { n: 2, line: 2, ...broken("item 2 of its page is null, not a name or URL") },
      { n: 3, ...broken("item 3 of its page is an object without a URL, not a name or URL") },
      { n: 4, ...broken("item 4 of its page is an array, not a name or URL") },
      { n: 5, ...broken("item 5 of its page is an object without a URL, not a name or URL") },
      { n: 6, url: "http://u:p@files.example/files/9" },
      { n: 7, url: "http://u:p@files.example/17" },
      { n: 8, ...broken("item 3 of its page is 1.5, not a name or URL") },
      { n: 9, ...broken("item 4 of its page is 9007199254740992, not a name or URL") },
    ]);
    expect(asked).toEqual(["/list?key=a%2Fb", "/more?page=2"]);
  });

  it("fails items that no URL can be made of, in no more time than others", async () => {
    const items = ["a\nb", `//${"xn--".repeat(20_000)}`, "x".repeat(70_000), "\ud800", `/${"é".repeat(30_000)}`];
    const page = { "/list?key=a%2Fb": json({ files: items }) };
    const options = { listKind: "json", listItems: "$.files[*]" } as const;
    const { jobs } = await jobsOf(page, options);
    expect(jobs.map(({ url }) => url.slice(0, 10))).toEqual([
      "a\nb",
      "//xn--xn--",
      "xxxxxxxxxx",
      "http://u:p",
      "http://u:p",
    ]);
    const named = await jobsOf(page, { ...options, listBase: "http://a/" });
    expect(named.jobs[0]?.url).toBe("http://a/a%0Ab");
    expect(named.jobs[3]).toMatchObject({ refused: { error: "invalid_row" } });
    const long = { "/list?key=a%2Fb": json({ FileNames: ["a"], NextFile: "x".repeat(70_000) }) };
    expect(await refusal(long, SEEDS)).toContain("the marker of its next page is longer than a URL");
    const { listParam: _, ...byUrl } = SEEDS;
    expect(await refusal(long, byUrl)).toContain("its next page has no URL");
  });

  it("says where the first page has no marker at all, since its path may be wrong", async () => {
    const notes: string[] = [];
    const note = (text: string) => notes.push(text);
    const page = { "/list?key=a%2Fb": json({ FileNames: ["a"], next: "x" }) };
    await jobsOf(page, SEEDS, { note });
    expect(notes).toEqual([
      "http://u:***@files.example/list?key=a%2Fb: it has nothing at $.NextFile, but FileNames, next: taken as the only page",
    ]);
  });

  it.each([
    ["<html>", "it is no JSON: "],
    [json({ error: "x" }), "it has nothing at $.FileNames[*], but error"],
    [json({ FileNames: ["a"], NextFile: { a: 1 } }), "what is at $.NextFile is an object, no marker of a next page"],
    ['{"FileNames":["a"],"NextFile":12345678901234567891}', "a number with more digits than JSON.parse keeps"],
    [Buffer.from([0x22, 0xff, 0x22]), "it is no JSON: "],
    [gzipSync("{}").subarray(0, 12), "gzip"],
  ])("is refused where a page is %s", async (page, why) => {
    const message = await refusal({ "/list?key=a%2Fb": page }, SEEDS);
    expect(message).toContain("http://u:***@files.example/list?key=a%2Fb: the listing cannot be read: ");
    expect(message).toContain(why);
  });

  it("is refused where its items are the array itself, with the path of its members", async () => {
    const message = await refusal(
      { "/list?key=a%2Fb": json({ files: ["a"] }) },
      { listKind: "json", listItems: "$.files" },
    );
    expect(message).toContain("$.files is an array: --list-items '$.files[*]'");
  });

  it("is not followed to another origin, to which credentials would go", async () => {
    const page = json({ FileNames: ["a"], NextFile: "http://evil.example/list" });
    const { listParam: _, ...byUrl } = SEEDS;
    expect(await refusal({ "/list?key=a%2Fb": page }, byUrl)).toContain("at another origin, http://evil.example");
  });

  it("stays at its host where the path of the next page begins with two slashes", async () => {
    const { listParam: _, ...byUrl } = SEEDS;
    const first = json({ FileNames: ["a"], NextFile: "http://files.example//evil.example/list?x" });
    const pages = { "/list?key=a%2Fb": first, "//evil.example/list?x": json({ FileNames: ["b"], NextFile: "" }) };
    const { jobs, asked } = await jobsOf(pages, byUrl);
    expect(jobs).toMatchObject([{ n: 1 }, { n: 2, url: "http://u:p@files.example//evil.example/b" }]);
    expect(asked).toEqual(["/list?key=a%2Fb", "//evil.example/list?x"]);
  });

  it("that leads in a circle, or has empty pages without end, is refused", async () => {
    const page = (NextFile: string) => json({ FileNames: ["a"], NextFile });
    const circle = { "/list?key=a%2Fb": page("x"), "/list?key=a%2Fb&next-marker=x": page("x") };
    expect(await refusal(circle, SEEDS)).toContain("the listing leads in a circle");
    let count = 0;
    const empty = new Proxy<Record<string, string>>(
      {},
      { get: () => json({ FileNames: count === 0 ? ["a"] : [], NextFile: String(count++) }) },
    );
    expect(await refusal(empty, SEEDS)).toContain("1000 pages without a line one after the other");
    expect(count).toBe(1002);
  });

  it("without an item is refused, unless that is allowed", async () => {
    const page = { "/list?key=a%2Fb": json({ FileNames: null, NextFile: "" }) };
    expect(await refusal(page, SEEDS)).toContain("no URL in it (--allow-empty, if that is no mistake)");
    expect((await jobsOf(page, SEEDS, { allowEmpty: true })).jobs).toEqual([]);
  });

  it("asks for the next page when the last batch of a page is taken, and not before", async () => {
    const names = (from: number) => Array.from({ length: 2500 }, (_, i) => `f${from + i}`);
    const { source, asked } = opened(
      {
        "/list?key=a%2Fb": json({ FileNames: names(0), NextFile: "b" }),
        "/list?key=a%2Fb&next-marker=b": json({ FileNames: names(2500), NextFile: "c" }),
      },
      SEEDS,
    );
    const batches = source[Symbol.asyncIterator]();
    const sizes: number[] = [];
    for (let i = 0; i < 3; i++) {
      const { value } = await batches.next();
      sizes.push((value as readonly Job[]).length);
      await new Promise((resolve) => setImmediate(resolve));
      expect(asked.length).toBe(i < 2 ? 1 : 2);
    }
    expect(sizes).toEqual([1000, 1000, 500]);
    await batches.return?.();
  });
});

describe("a shard of a listing", () => {
  const names = (from: number, count: number) => Array.from({ length: count }, (_, i) => `f${from + i}`);
  const pages = {
    "/list?key=a%2Fb": json({ FileNames: names(1, 1500), NextFile: "b" }),
    "/list?key=a%2Fb&next-marker=b": json({ FileNames: names(1501, 500), NextFile: "c" }),
    "/list?key=a%2Fb&next-marker=c": json({ FileNames: names(2001, 500), NextFile: "" }),
  };
  const own = ownLines({ index: 2, count: 3 }, "line");

  it("has its lines of all pages, with the numbers that they have in the whole", async () => {
    const { jobs } = await jobsOf(pages, SEEDS, { own });
    expect(jobs.map(({ n }) => n)).toEqual(Array.from({ length: 1000 }, (_, i) => 1001 + i));
    expect(jobs[0]?.url).toMatch(/f1001$/);
  });

  it("does not ask for pages again whose own lines are all done, whatever became of the others", async () => {
    const askedFor = async (done: number) => {
      const { source, asked } = opened(pages, SEEDS, { own });
      const finished = (n: number) => (n > 1000 && n <= done ? "saved" : undefined);
      source.keepPages?.({ path: folder.at("pages"), finished, leaveOut() {}, onEnd() {} });
      for await (const _ of source) {
        // read to its end
      }
      return asked.map((path) => path.split("=")[2] ?? "");
    };
    expect(await askedFor(0)).toEqual(["", "b", "c"]);
    expect(await askedFor(1999)).toEqual(["b"]);
    expect(await askedFor(2000)).toEqual([]);
  });
});

describe("the pages of a listing", () => {
  const pages = (item: unknown) => ({
    "/list?key=a%2Fb": json({ FileNames: ["a", item], NextFile: "b" }),
    "/list?key=a%2Fb&next-marker=b": json({ FileNames: ["c"], NextFile: "" }),
  });

  /** Reads the listing to its end, with these lines done; returns what it asked for, and counts. */
  async function kept(item: unknown, done: readonly number[]) {
    const { source, asked } = opened(pages(item), SEEDS);
    const finished = (n: number) => (done.includes(n) ? "saved" : undefined);
    const left: number[] = [];
    let ends = 0;
    source.keepPages?.({ path: folder.at("pages"), finished, leaveOut: (n) => left.push(n), onEnd: () => ends++ });
    let jobs = 0;
    for await (const batch of source) jobs += batch.length;
    return { asked: asked.map((path) => path.split("=")[2] ?? ""), jobs, left, ends, earlier: source.doneEarlier };
  }

  it("whose lines are all done are not asked for, but those of a page with one open line are", async () => {
    const none = { saved: 0, failed: 0, skipped: 0 };
    expect(await kept("b", [1, 2, 3])).toEqual({ asked: ["", "b"], jobs: 3, left: [], ends: 1, earlier: none });
    const rest = { left: [1, 2], ends: 1, earlier: { ...none, saved: 2 } };
    expect(await kept("b", [1, 2])).toEqual({ asked: ["b"], jobs: 1, ...rest });
    expect(await kept("b", [1, 3])).toEqual({
      ...rest,
      asked: [""],
      jobs: 2,
      left: [3],
      earlier: { ...none, saved: 1 },
    });
    expect(await kept("b", [1, 2, 3])).toMatchObject({ asked: [], jobs: 0, left: [1, 2, 3] });
  });

  it("are not kept where a line has a number of its own, since its page then says nothing about it", async () => {
    const numbered = { url: "http://a/x", name: "3" };
    for (let run = 0; run < 2; run++)
      expect(await kept(numbered, [1, 2, 3])).toMatchObject({ asked: ["", "b"], jobs: 3, left: [] });
    expect(existsSync(folder.at("pages"))).toBe(false);
  });
});

describe("a listing of S3", () => {
  const xml = (keys: readonly string[], more = "") =>
    `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>${more}${keys.map((key) => `<Contents><Key>${key}</Key><Size>1</Size><Owner><ID>x</ID></Owner></Contents>`).join("")}<CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes></ListBucketResult>`;
  const s3 = { listKind: "s3", listUrl: "http://bucket.example/?prefix=a%2F" } as const;
  const next = (token: string) =>
    `<IsTruncated>true</IsTruncated><NextContinuationToken>${token}</NextContinuationToken>`;

  it("has its keys below the bucket, percent-encoded, and goes on by its token", async () => {
    const { jobs, asked } = await jobsOf(
      {
        "/?prefix=a%2F&list-type=2": xml(["a/1 &amp; 2.jpg", "a/http://x"], next("t+/=")),
        "/?prefix=a%2F&list-type=2&continuation-token=t%2B%2F%3D": xml(
          ["a/%2B+x", "a/..", ""],
          "<IsTruncated>false</IsTruncated><EncodingType>url</EncodingType>",
        ),
      },
      s3,
    );
    expect(jobs).toMatchObject([
      { n: 1, url: "http://bucket.example/a/1%20%26%202.jpg" },
      { n: 2, url: "http://bucket.example/a/http%3A//x" },
      { n: 3, url: "http://bucket.example/a/%2B%20x" },
      { n: 4, refused: { error: "invalid_row" } },
      { n: 5, refused: { error: "invalid_row" } },
    ]);
    expect(asked).toHaveLength(2);
  });

  it.each([
    ["<Error><Code>AccessDenied</Code></Error>", "it is XML (<Error>), not a ListBucketResult"],
    [xml(["a"], "<IsTruncated>true</IsTruncated>"), "without a NextContinuationToken"],
    ["<ListBucketResult><Contents><Key>a</Key>", "unclosed tag"],
    ["{}", "line 1"],
  ])("is refused where a page is %s", async (page, why) => {
    expect(await refusal({ "/?prefix=a%2F&list-type=2": page }, s3)).toContain(why);
  });
});

describe("a listing with Link headers", () => {
  const link = (path: string) => `<${path}>; rel="next"`;

  it("has pages of text, whose lines are those of a list: columns, comments and blank lines too", async () => {
    const { jobs, asked } = await jobsOf(
      {
        "/list?key=a%2Fb": { body: Buffer.from("# two\nhttp://a/1\tone.txt\n\nhttp://a/2"), link: link("?page=2") },
        "/list?page=2": "http://a/3\n",
      },
      { listKind: "link" },
    );
    expect(jobs).toEqual([
      { n: 2, url: "http://a/1", name: "one.txt" },
      { n: 4, url: "http://a/2" },
      { n: 5, url: "http://a/3" },
    ]);
    expect(asked).toEqual(["/list?key=a%2Fb", "/list?page=2"]);
  });

  it("has pages of JSON, of names or with a path", async () => {
    const pages = {
      "/list?key=a%2Fb": { body: Buffer.from(json(["a", "b c"])), link: link("http://files.example/2") },
      "/2": json([{ id: "d" }]),
    };
    const base = { listKind: "link", listBase: "http://a/" } as const;
    expect((await jobsOf(pages, base)).jobs.map(({ url }) => url)).toEqual([
      "http://a/a",
      "http://a/b%20c",
      "(no URL)",
    ]);
    const ids = { "/list?key=a%2Fb": json([{ id: "d" }]) };
    expect((await jobsOf(ids, { ...base, listItems: "$[*].id" })).jobs).toEqual([{ n: 1, url: "http://a/d" }]);
    const names = { "/list?key=a%2Fb": "a b\tx.txt\n..\n" };
    expect((await jobsOf(names, base)).jobs).toMatchObject([
      { n: 1, url: "http://a/a%20b", name: "x.txt" },
      { n: 2, refused: { error: "invalid_row" } },
    ]);
  });

  it.each([
    ["<html><body>log in</body></html>", {}, "it is HTML or XML, and no list"],
    ["hello\nworld\n", {}, "none of its first 2 lines is a URL"],
    ["[1", {}, "it is no JSON"],
    ["a\n", { listItems: "$[*]" }, "it is no JSON"],
  ])("is refused where a page is %j", async (page, more, why) => {
    expect(await refusal({ "/list?key=a%2Fb": page }, { listKind: "link", ...more })).toContain(why);
  });
});

describe("the options of a listing", () => {
  it.each([
    [{ listKind: "json" }, "listKind: needs --list-url"],
    [{ listBase: "http://a/" }, "listBase: needs --list-url"],
    [{ listUrl: "files.example/list" }, "listUrl: 'files.example/list' is not a URL that can be fetched"],
    [{ listUrl: LIST, listKind: "json" }, "listKind: json needs --list-items"],
    [{ listUrl: LIST, listItems: "$" }, "listItems: needs --list-kind"],
    [{ listUrl: LIST, listKind: "s3", listItems: "$" }, "listItems: does not go with --list-kind s3"],
    [{ listUrl: LIST, listKind: "link", inputFormat: "csv" }, "inputFormat: does not go with --list-kind link"],
    [{ listUrl: LIST, listKind: "json", listItems: "$", listParam: "a" }, "listParam: needs --list-next"],
    [{ listUrl: LIST, listKind: "json", listItems: "files[*]" }, "listItems: 'files[*]' is not a path such as"],
    [{ listUrl: LIST, listKind: "s3", listBase: "get/" }, "listBase: 'get/' is not a URL that can be fetched"],
    [{ listUrl: "http://u:p@/" }, "is not a URL that can be fetched"],
  ] as const)("%j are refused", (options, why) => {
    expect(() => listingOf(options)).toThrow(why);
  });

  it("may be none: then the list is files, or one list on the web in any format", () => {
    expect(listingOf({})).toBeUndefined();
    expect(listingOf({ inputFormat: "csv" })).toBeUndefined();
    expect(listingOf({ listUrl: LIST, inputFormat: "csv" })).toBeUndefined();
  });
});
