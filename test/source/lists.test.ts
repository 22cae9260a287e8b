// List files and standard input: streamed, gunzipped by their content, and refused with a reason.
import { mkdirSync, writeFileSync } from "node:fs";
import { PassThrough, Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { ListError } from "../../src/core/errors.ts";
import type { Job } from "../../src/core/job.ts";
import type { Source } from "../../src/core/ports.ts";
import { type Lists, lists } from "../../src/source/lists.ts";
import { ownLines } from "../../src/source/own-lines.ts";
import { ownFolder } from "../support/own.ts";

const folder = ownFolder();

function file(name: string, content: string | Uint8Array): string {
  const path = folder.at(name);
  writeFileSync(path, content);
  return path;
}

function open(paths: string[], stdin?: Readable, stop = new AbortController()): Lists {
  return lists(paths, { stdin: () => stdin ?? expect.unreachable("stdin is not read"), stop: stop.signal });
}

async function jobsOf(source: Source): Promise<Job[]> {
  const jobs: Job[] = [];
  for await (const batch of source) {
    expect(batch.length).toBeGreaterThan(0);
    jobs.push(...batch);
  }
  return jobs;
}

/** The message of a list that cannot be read, at once or while it is read. */
async function refusal(open: () => Source): Promise<string> {
  try {
    await jobsOf(open());
  } catch (error) {
    expect(error).toBeInstanceOf(ListError);
    return (error as Error).message;
  }
  return "nothing";
}

const MANY = Array.from({ length: 20_000 }, (_, i) => `http://example.org/${String(i + 1).padStart(20, "0")}\n`).join(
  "",
);

describe("a list", () => {
  it("has jobs without its name; with several lists, jobs have the list, the line, and continuous numbers", async () => {
    const a = file("a.txt", "# first\nhttp://a/\n");
    const b = file("b.txt", "http://b/\n\nhttp://c/\tname");
    expect(await jobsOf(open([a]))).toEqual([{ n: 2, url: "http://a/" }]);
    expect(await jobsOf(open([a, a]))).toMatchObject([
      { n: 2, list: a },
      { n: 4, list: a },
    ]);
    const stdin = Readable.from([Buffer.from("http://d/\n")]);
    expect(await jobsOf(open([a, b, "-", a], stdin))).toEqual([
      { n: 2, url: "http://a/", list: a, line: 2 },
      { n: 3, url: "http://b/", list: b, line: 1 },
      { n: 5, url: "http://c/", name: "name", list: b, line: 3 },
      { n: 6, url: "http://d/", list: "-", line: 1 },
      { n: 8, url: "http://a/", list: a, line: 2 },
    ]);
  });

  it("may be empty or have only comments if another list has URLs or with allowEmpty", async () => {
    const [a, b, c] = [file("a.txt", ""), file("b.txt", "#\n\n"), file("c.txt", "http://a/")];
    expect(await jobsOf(open([a, b, c]))).toHaveLength(1);
    const options = { stdin: () => expect.unreachable(), stop: new AbortController().signal };
    expect(await jobsOf(lists([a, b], { ...options, allowEmpty: true }))).toEqual([]);
    expect(await refusal(() => open([a, b]))).toBe(`${a}, ${b}: no URL in them (--allow-empty, if that is no mistake)`);
    await expect(open([a, b]).check()).rejects.toThrow("no URL in them");
  });

  it("may be gzip under any name, of one or several members", async () => {
    const a = file("a.txt", Buffer.concat([gzipSync("http://a/\nhttp"), gzipSync("://b/\n")]));
    expect(await jobsOf(open([a]))).toEqual([
      { n: 1, url: "http://a/" },
      { n: 2, url: "http://b/" },
    ]);
    const b = file("b.gz", "http://plain/\n");
    expect(await jobsOf(open([b]))).toEqual([{ n: 1, url: "http://plain/" }]);
  });

  const zipped = gzipSync("http://a/\n");
  it.each([
    ["in one chunk", [zipped]],
    ["byte by byte", Array.from(zipped, (byte) => Buffer.from([byte]))],
  ])("from standard input may be gzip that arrives %s", async (_how, chunks) => {
    expect(await jobsOf(open(["-"], Readable.from(chunks)))).toEqual([{ n: 1, url: "http://a/" }]);
  });

  it("of many chunks has all its lines", async () => {
    const jobs = await jobsOf(open([file("a.txt", gzipSync(MANY))]));
    expect(jobs.map(({ url }) => `${url}\n`).join("")).toBe(MANY);
  });
});

describe("a URL in the place of a list", () => {
  it("is a list of that one URL, whatever its extension is, and among others has no password in its name", async () => {
    const url = "https://me:secret@example.org/a,url,b.csv?x";
    expect(await jobsOf(open([url]))).toEqual([{ n: 1, url }]);
    expect(await jobsOf(open([file("a.txt", "http://a/"), url]))).toMatchObject([
      { n: 1 },
      { n: 2, url, list: "https://me:***@example.org/a,url,b.csv?x", line: 1 },
    ]);
    expect(await refusal(() => open(["https://"]))).toContain("https://: its only line is no URL");
  });
});

describe("a list that cannot be read", () => {
  it("is refused before any other list is read", async () => {
    const gone = folder.at("gone.txt");
    expect(() => open([file("a.txt", "http://a/"), gone])).toThrow(
      `${gone}: the list cannot be read: there is no such file`,
    );
    mkdirSync(folder.at("sub"));
    expect(await refusal(() => open([folder.at("sub")]))).toMatch(/sub: the list cannot be read: it is a folder$/);
  });

  it("to its end is reported with its name and line number, after its complete lines", async () => {
    const whole = gzipSync(MANY, { level: 0 });
    const path = file("cut.txt", whole.subarray(0, whole.length / 2));
    const found: Job[] = [];
    const reading = async () => {
      for await (const batch of open([path])) found.push(...batch);
    };
    const error: unknown = await reading().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ListError);
    const [, line] =
      /cut\.txt: cannot be read on, after line (\d+): its gzip data is truncated$/.exec(String(error)) ?? [];
    expect(Number(line)).toBe(found.length);
    expect(found.length).toBeGreaterThan(9000);
  });

  it("because of damaged gzip is refused with that reason", async () => {
    const bytes = gzipSync(MANY);
    bytes.fill(0xff, 50, 500);
    expect(await refusal(() => open([file("bad.gz", bytes)]))).toMatch(
      /bad\.gz: .* it begins like gzip, but is damaged$/,
    );
  });

  it("because standard input failed is refused with that error", async () => {
    const stdin = new PassThrough();
    stdin.write("http://a/\nhttp://b/\nhttp");
    const iterator = open(["-"], stdin)[Symbol.asyncIterator]();
    await iterator.next();
    stdin.destroy(new Error("read EIO"));
    await expect(iterator.next()).rejects.toThrow(new ListError("(stdin): cannot be read on, after line 2: read EIO"));
  });
});

describe("a source of lists", () => {
  it("returns each line of standard input when it arrives, while that stays open", async () => {
    const stdin = new PassThrough();
    const iterator = open(["-"], stdin)[Symbol.asyncIterator]();
    for (let n = 1; n < 4; n++) {
      stdin.write(`http://a/${n}\n`);
      expect(await iterator.next()).toEqual({ done: false, value: [{ n, url: `http://a/${n}` }] });
    }
    await iterator.return?.();
    expect(stdin.destroyed).toBe(true);
  });

  it.each([
    ["before any byte", Buffer.alloc(0)],
    ["after some lines", Buffer.from("http://a/\n")],
    ["in the middle of gzip", gzipSync("http://a/\n").subarray(0, 12)],
  ])("ends when it is stopped while standard input is idle %s", async (_when, begin) => {
    const stdin = new PassThrough();
    if (begin.length > 0) stdin.write(begin);
    const stop = new AbortController();
    const iterator = open(["-", "-"], stdin, stop)[Symbol.asyncIterator]();
    if (begin[0] === 0x68) await iterator.next();
    const next = iterator.next();
    stop.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(stdin.destroyed).toBe(true);
  });

  it("estimates its total from the part that was read, and knows it at the end", async () => {
    const source = open([file("a.txt", MANY), file("b.txt", MANY)]);
    expect(source.total()).toBeUndefined();
    let guesses = 0;
    for await (const batch of source) {
      const total = source.total();
      if (total?.exact !== false || batch.length < 100) continue;
      guesses++;
      expect(Math.abs(total.jobs - 40_000)).toBeLessThan(400);
    }
    expect(guesses).toBeGreaterThan(10);
    expect(source.total()).toEqual({ jobs: 40_000, exact: true });
  });

  it("estimates the total of a shard, whose first lines say nothing about the rest", async () => {
    const own = ownLines({ index: 2, count: 4 }, "line");
    const options = { stdin: () => expect.unreachable(), stop: new AbortController().signal };
    const source = lists([file("a.txt", MANY)], { ...options, ownOf: () => own });
    let jobs = 0;
    for await (const batch of source) {
      jobs += batch.length;
      expect(Math.abs((source.total()?.jobs ?? 0) - 5000)).toBeLessThan(100);
    }
    expect([jobs, source.total()]).toEqual([5000, { jobs: 5000, exact: true }]);
  });

  it("estimates no total if standard input is one of the lists", async () => {
    const source = open([file("a.txt", "http://a/\n"), "-"], Readable.from([Buffer.from("http://b/\n")]));
    const iterator = source[Symbol.asyncIterator]();
    await iterator.next();
    expect(source.total()).toBeUndefined();
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next());
    expect(source.total()).toEqual({ jobs: 2, exact: true });
  });
});
