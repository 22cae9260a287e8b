// The formats "csv" and "tsv": rows, quotes, line ends and encodings; a broken row costs itself alone.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_ROW_BYTES, rowSplitter } from "../../../src/source/formats/table/delimited.ts";
import { encoded } from "../../support/encodings.ts";
import { brokenRow, chunksOf, jobsOf } from "./tables.ts";

const csv = (content: string | Buffer, more = {}) => jobsOf(content, { path: "urls.csv", ...more });
const reasonOf = async (content: string, more = {}) => {
  const error = await csv(content, more).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const { reason } = error as { reason: (words: { option: (name: string) => string }) => string };
  return reason({ option: (name) => `--${name}` });
};

describe("a CSV table", () => {
  it("has its URLs, names and digests in the columns of these names, in any case", async () => {
    const md5 = "0".repeat(32);
    const { jobs, lines } = await csv(`id,URL,Name,MD5\n7,http://a/1,x.jpg,${md5}\n8,http://a/2,,\n9,http://a/3,42,\n`);
    expect(jobs).toEqual([
      { n: 1, url: "http://a/1", name: "x.jpg", md5 },
      { n: 2, url: "http://a/2" },
      { n: 42, url: "http://a/3", name: "42", numbered: true },
    ]);
    expect(lines).toBe(3);
  });

  it("is read by the columns that an option names; without a name one has none", async () => {
    const content = "key,link,name\nk1,http://a/1,not this\n";
    expect((await csv(content, { table: { column: { url: "LINK", name: "key" } } })).jobs).toEqual([
      { n: 1, url: "http://a/1", name: "k1" },
    ]);
    expect((await csv(content, { table: { column: { url: "link", name: "" } } })).jobs).toEqual([
      { n: 1, url: "http://a/1" },
    ]);
    expect((await csv("7,http://a/1\n", { table: { column: { url: "2", n: "1" } } })).jobs).toEqual([
      { n: 7, url: "http://a/1", name: "7", numbered: true },
    ]);
  });

  it("without the column is refused with those that it has", async () => {
    expect(await reasonOf("id,link\n1,http://a/\n")).toBe(
      'it has no column "url", but id, link (--column names the column of the URL: url=NAME)',
    );
    expect(await reasonOf("id,url\n1,http://a/\n", { table: { keep: ["width"] } })).toBe(
      'it has no column "width", but id, url',
    );
  });

  it.each([",", ";", "|", "\t"])("may be delimited by %j", async (delimiter) => {
    const row = (...cells: readonly string[]) => `${cells.join(delimiter)}\n`;
    expect((await csv(row("a", "url") + row("x", "http://a/1?b"))).jobs).toEqual([{ n: 1, url: "http://a/1?b" }]);
  });

  it.each([
    ["LF", "\n"],
    ["CRLF", "\r\n"],
    ["CR", "\r"],
  ])("has lines that end in %s, blank ones among them, and a last one without an end", async (_name, end) => {
    const content = ["url,name", "http://a/1,1.jpg", "", '"http://a/2","a', 'b"', "http://a/3,"].join(end);
    const { jobs } = await csv(content);
    expect(jobs.map(({ n, url }) => [n, url])).toEqual([
      [1, "http://a/1"],
      [2, "http://a/2"],
      [3, "http://a/3"],
    ]);
  });

  it.each(["UTF-8 with BOM", "UTF-16LE with BOM", "UTF-16BE", "UTF-32LE with BOM"] as const)(
    "in %s is read as what it says",
    async (encoding) => {
      const { jobs } = await csv(encoded('"url",name\nhttp://a/é,"日本, 1.jpg"\n', encoding), { chunk: 3 });
      expect(jobs).toEqual([{ n: 1, url: "http://a/é", name: "日本, 1.jpg" }]);
    },
  );

  it.each([
    ["text behind a closing quote", '"http://a/2"x,y', "text follows the closing quote of a cell"],
    ["a quote that is not closed", 'y,"http://a/2', "a quote is not closed"],
    ["more cells than the header", "y,http://a/2,z", "it has 3 cells, and the first row 2"],
    ["no URL", "y,", "it has no URL"],
  ])("with %s in a row fails there alone, and names the line", async (_what, row, detail) => {
    const { jobs } = await csv(`name,url\n\nx,http://a/1\n${row}\nz,http://a/3\nw,"http://a/4"\n`);
    expect(jobs).toMatchObject([
      { n: 1, url: "http://a/1" },
      { n: 2, line: 4, ...brokenRow(detail) },
      { n: 3, url: "http://a/3" },
      { n: 4, url: "http://a/4" },
    ]);
  });

  it("is cut into the same rows wherever its chunks are", async () => {
    const text = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r", " ", "é", "\t") });
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (content, length) => {
        const whole = rowsOf([Buffer.from(content)]);
        const cut: Buffer[] = [];
        for await (const chunk of chunksOf(content, length)) cut.push(chunk);
        expect(rowsOf(cut)).toEqual(whole);
      }),
      { numRuns: 2000 },
    );
  });

  it("gives back whatever cells were written in quotes", () => {
    const cell = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r", " ", "é") });
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 6 });
    fc.assert(
      fc.property(table, fc.constantFrom("\n", "\r\n"), (rows, end) => {
        const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
        const content = rows.map((cells) => cells.map(quoted).join(",") + end).join("");
        expect(rowsOf([Buffer.from(content)]).map((row) => ("cells" in row ? row.cells : row))).toEqual(rows);
      }),
    );
  });

  it("holds a bounded part of a row without an end, which is one failure", () => {
    const splitter = rowSplitter({ delimiter: ",", quotes: "rows" });
    const chunk = Buffer.alloc(65_536, "x");
    setFlagsFromString("--expose-gc");
    const collectGarbage: () => void = runInNewContext("gc");
    collectGarbage();
    const before = process.memoryUsage();
    const rows = [...splitter.push(Buffer.from("url\n"))];
    for (let i = 0; i < 1000; i++) rows.push(...splitter.push(chunk));
    rows.push(...splitter.push(Buffer.from('\nhttp://a/\n"')));
    for (let i = 0; i < 100; i++) rows.push(...splitter.push(Buffer.concat([chunk, Buffer.from("\n")])));
    rows.push(...splitter.end());
    collectGarbage();
    const after = process.memoryUsage();
    const held = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
    expect(held).toBeLessThan(40 * MAX_ROW_BYTES);
    expect(rows.slice(0, 4)).toMatchObject([
      { cells: ["url"], line: 1 },
      { broken: "it is longer than 1 MiB", line: 2 },
      { cells: ["http://a/"], line: 3 },
      { broken: "a quote is not closed", line: 4 },
    ]);
    expect(rows).toHaveLength(4 + 99);
  }, 60_000);
});

describe("a TSV table", () => {
  it("is one where its first line has a column url, or an option names columns; otherwise a list with columns", async () => {
    const tsv = (content: string, more = {}) => jobsOf(content, { path: "urls.tsv", ...more });
    expect(await tsv("name\turl\nx\thttp://a/1\n")).toMatchObject({
      format: "tsv",
      jobs: [{ n: 1, url: "http://a/1", name: "x" }],
    });
    const plain = "http://a/1\tx\nhttp://a/2\n";
    expect(await tsv(plain)).toMatchObject({ format: "lines", jobs: [{ n: 1, name: "x" }, { n: 2 }] });
    expect(await tsv(plain, { table: { column: { url: "1" } } })).toMatchObject({
      format: "tsv",
      jobs: [{ n: 1 }, { n: 2 }],
    });
    expect((await jobsOf("name\turl\nx\thttp://a/1\n", { path: "urls.txt" })).format).toBe("lines");
  });

  it("takes a quote that is not closed in its line as it stands", async () => {
    const { jobs } = await jobsOf('url\tname\nhttp://a/1\t"x\nhttp://a/2\t"y ""z"""\n', { path: "urls.tsv" });
    expect(jobs).toMatchObject([{ name: '"x' }, { name: 'y "z"' }]);
  });
});

/** All rows of some chunks. */
function rowsOf(chunks: readonly Buffer[]) {
  const splitter = rowSplitter({ delimiter: ",", quotes: "rows" });
  return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
}
