// The format "jsonl": members of objects, what is kept of them, and lines that are no objects.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { brokenRow, jobsOf } from "./tables.ts";

describe("JSON lines", () => {
  it("have the URL, the name and digests as members, in any case", async () => {
    const sha1 = "a".repeat(40);
    const content = [
      { url: "http://a/1" },
      { URL: "http://a/2", name: "x.jpg", sha1 },
      { url: "http://a/3", name: 42, n: 7 },
    ];
    const { jobs } = await jobsOf(content.map((one) => JSON.stringify(one)).join("\n"));
    expect(jobs).toEqual([
      { n: 1, url: "http://a/1" },
      { n: 2, url: "http://a/2", name: "x.jpg", sha1 },
      { n: 42, url: "http://a/3", name: "42", numbered: true },
    ]);
  });

  it("are numbered by their lines, blank ones included", async () => {
    const { jobs, lines } = await jobsOf('{"url":"http://a/1"}\r\n\r\n{"url":"http://a/3"}');
    expect(jobs).toEqual([
      { n: 1, url: "http://a/1" },
      { n: 3, url: "http://a/3" },
    ]);
    expect(lines).toBe(3);
  });

  it.each([
    ["no JSON", "{oops", "it is not an object of JSON"],
    ["no object", "[1]", "it is not an object of JSON"],
    ["without a URL", '{"link":"http://a/2"}', "it has no URL"],
    ["with a URL that is no text", '{"url":{"a":1}}', "it has no URL"],
  ])("of which one is %s fail there alone", async (_what, line, detail) => {
    const { jobs } = await jobsOf(`{"url":"http://a/1"}\n${line}\n{"url":"http://a/3"}\n`);
    expect(jobs).toMatchObject([{ n: 1 }, { n: 2, line: 2, ...brokenRow(detail) }, { n: 3, url: "http://a/3" }]);
  });

  it("keep what is asked for, or all that has no other use, up to 64 KiB", async () => {
    const row = { url: "http://a/", name: "x", width: 5, tags: ["a", null], n: 9 };
    const jobs = async (keep: readonly string[], more = {}) =>
      (await jobsOf(JSON.stringify({ ...row, ...more }), { table: { keep } })).jobs;
    expect(await jobs(["Width", "url"])).toMatchObject([{ extra: { width: 5, url: "http://a/" } }]);
    expect(await jobs(["all"])).toEqual([
      { n: 1, url: "http://a/", name: "x", extra: { width: 5, tags: ["a", null], n: 9 } },
    ]);
    expect(await jobs(["nothing there"])).toEqual([{ n: 1, url: "http://a/", name: "x" }]);
    const detail = "what is kept of it is larger than 64 KiB";
    expect(await jobs(["all"], { text: "x".repeat(65_536) })).toMatchObject([
      { url: "http://a/", refused: { detail } },
    ]);
  });

  it("have headers of their requests, unless they cannot be sent", async () => {
    const withHeaders = async (headers: unknown) =>
      (await jobsOf(JSON.stringify({ url: "http://a/", headers }))).jobs[0];
    expect(await withHeaders({ Accept: "x/y", "X-Key": "é" })).toEqual({
      n: 1,
      url: "http://a/",
      headers: ["Accept", "x/y", "X-Key", "é"],
    });
    for (const none of [{}, null, ""]) expect(await withHeaders(none)).toEqual({ n: 1, url: "http://a/" });
    const wrong = [
      { a: 1 },
      { a: "b\r\nc: d" },
      { "a b": "c" },
      { Range: "bytes=0-" },
      { "if-match": "x" },
      { Host: "b" },
      ["a"],
      "a: b",
    ];
    for (const headers of [...wrong, { "Content-Length": "5" }, { big: "x".repeat(20_000) }]) {
      const detail = "its headers are not an object of names and values that can be sent";
      expect(await withHeaders(headers)).toMatchObject({ url: "http://a/", refused: { error: "invalid_row", detail } });
    }
  });

  it("are the same wherever their chunks are cut", async () => {
    const value = fc.record({ url: fc.webUrl(), other: fc.jsonValue() });
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 1 }), fc.integer({ min: 1, max: 50 }), async (rows, chunk) => {
        const content = rows.map((row) => JSON.stringify(row)).join("\n");
        const { jobs } = await jobsOf(content, { chunk, table: { keep: ["other"] }, path: "-" });
        expect(jobs.map(({ url }) => url)).toEqual(rows.map(({ url }) => url.trim()));
        expect(jobs.map(({ extra }) => extra?.["other"])).toEqual(
          rows.map(({ other }) => JSON.parse(JSON.stringify(other))),
        );
      }),
    );
  });

  it("are not what JSON over several lines is, nor text", async () => {
    const formatOf = async (content: string, path = "-") => (await jobsOf(content, { path })).format;
    expect(await formatOf('{\n  "url": "http://a/"\n}\n')).toBe("lines");
    expect(await formatOf('[{"url":"http://a/"}]\n')).toBe("lines");
    expect(await formatOf("{http://a/}\n")).toBe("lines");
    expect(await formatOf('\n{"url":"http://a/"}\n', "urls.jsonl")).toBe("jsonl");
    expect(await formatOf(`{"text":"${"x".repeat(2000)}","url":"http://a/"}`)).toBe("jsonl");
  });
});
