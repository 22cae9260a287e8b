// The library's input: any iterable of URLs, numbered from 1, and pulled only on demand.
import { describe, expect, it } from "vitest";
import type { Job } from "../../src/core/job.ts";
import type { Source } from "../../src/core/ports.ts";
import { fileNames } from "../../src/sink/names/file-names.ts";
import { type Item, items } from "../../src/source/items.ts";

async function jobsOf(source: Source): Promise<Job[]> {
  const jobs: Job[] = [];
  for await (const batch of source) {
    expect(batch).toHaveLength(1);
    jobs.push(...batch);
  }
  return jobs;
}

const URLS = ["http://a/", "http://b/"];
const JOBS = [
  { n: 1, url: "http://a/" },
  { n: 2, url: "http://b/" },
];

describe("the items of the library's input", () => {
  it("may be an array, a set, a generator or an async generator", async () => {
    function* generated() {
      yield* URLS;
    }
    async function* computed() {
      yield* URLS;
    }
    for (const from of [URLS, new Set(URLS), generated(), computed()]) {
      expect(await jobsOf(items(from))).toEqual(JOBS);
    }
  });

  it("may be strings, URL objects, or objects with a name", async () => {
    const from: Item[] = [
      "not a url",
      new URL("http://a/x y"),
      { url: "http://b/" },
      { url: new URL("http://c"), name: "c.html" },
    ];
    expect(await jobsOf(items(from))).toStrictEqual([
      { n: 1, url: "not a url" },
      { n: 2, url: "http://a/x%20y" },
      { n: 3, url: "http://b/" },
      { n: 4, url: "http://c/", name: "c.html" },
    ]);
  });

  it("keep their file name, also one of digits", async () => {
    const [job] = await jobsOf(items([{ url: "http://a/", name: "2024" }]));
    const file = job === undefined ? "" : fileNames("{n:6}{ext}").of(job, new URL(job.url), undefined);
    expect(file).toContain("2024");
  });
});

describe("an async generator as input", () => {
  it("is pulled only for the next job, and is closed when no more is needed", async () => {
    const steps: string[] = [];
    async function* computed() {
      try {
        for (let i = 1; ; i++) {
          steps.push(`computed ${i}`);
          yield `http://a/${i}`;
        }
      } finally {
        steps.push("ended");
      }
    }
    const iterator = items(computed())[Symbol.asyncIterator]();
    expect(steps).toEqual([]);
    expect((await iterator.next()).value).toEqual([{ n: 1, url: "http://a/1" }]);
    expect(steps).toEqual(["computed 1"]);
    await iterator.next();
    expect(steps).toEqual(["computed 1", "computed 2"]);
    await iterator.return?.();
    expect(steps).toEqual(["computed 1", "computed 2", "ended"]);
  });

  it("ends the jobs with the error that it throws", async () => {
    async function* computed() {
      yield "http://a/";
      throw new Error("out of ideas");
    }
    const iterator = items(computed())[Symbol.asyncIterator]();
    await iterator.next();
    await expect(iterator.next()).rejects.toThrow("out of ideas");
  });
});

describe("the number of jobs", () => {
  it("of an array is known from the start", () => {
    expect(items(URLS).total()).toEqual({ jobs: 2, exact: true });
  });

  it("of any other iterable is known at its end", async () => {
    const source = items(new Set(URLS));
    const iterator = source[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.next();
    expect(source.total()).toBeUndefined();
    await iterator.next();
    expect(source.total()).toEqual({ jobs: 2, exact: true });
  });
});

it("any number of items at once leaves the event loop its turns", async () => {
  function* endless() {
    for (;;) yield "no URL";
  }
  let isOver = false;
  setTimeout(() => {
    isOver = true;
  }, 1);
  let count = 0;
  for await (const jobs of items(endless())) {
    count += jobs.length;
    if (isOver) break;
  }
  expect(count).toBeGreaterThan(0);
});
