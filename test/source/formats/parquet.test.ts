// The format "parquet": codecs and row groups, only the columns that are used, and rows without a URL.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../../support/command.ts";
import { brokenRow, jobsOf, type Reading } from "./tables.ts";

const fixture = (name: string) => join(ROOT, "fixtures/lists", name);
const parquet = (name: string, more: Reading = {}) =>
  jobsOf(readFileSync(fixture(name)), { path: name, file: fixture(name), ...more });

describe("a Parquet file", () => {
  it.each(["urls-snappy.parquet", "urls-zstd.parquet"])("%s has a job per row, over all its groups", async (name) => {
    const { jobs, lines } = await parquet(name);
    expect(lines).toBe(1000);
    expect(jobs).toHaveLength(1000);
    expect(jobs.map(({ n }) => n)).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
    expect(jobs[8]).toEqual({ n: 9, url: "http://files.example/item/9" });
    expect(jobs[999]).toEqual({ n: 1000, url: "http://files.example/item/1000", name: "named/1000.txt" });
    expect(jobs[6]?.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each(["few-gzip.parquet", "few-brotli.parquet"])("%s is decompressed by Node", async (name) => {
    const { jobs } = await parquet(name, { table: { keep: ["caption", "WIDTH", "id"] } });
    expect(jobs).toHaveLength(10);
    expect(jobs[9]).toMatchObject({ n: 10, extra: { caption: "number 10", width: 10, id: 10 } });
  });

  it("with a row without a URL fails there alone, and names the row", async () => {
    const { jobs } = await parquet("few-broken.parquet");
    expect(jobs).toMatchObject([{ n: 1 }, { n: 2, line: 2, ...brokenRow("it has no URL") }, { n: 3 }]);
  });

  it("that comes through a pipe, or is cut off, is refused", async () => {
    const piped: unknown = await parquet("few-gzip.parquet", { file: undefined }).catch((error: unknown) => error);
    expect((piped as { reason: () => string }).reason()).toContain("give it as a file");
    const cut = fixture("README.md");
    await expect(parquet("few-gzip.parquet", { file: cut })).rejects.toThrow("PAR1");
  });

  it("without the column of the URL is refused with those that it has", async () => {
    const error: unknown = await parquet("few-gzip.parquet", { table: { column: { url: "link" } } }).catch(
      (thrown: unknown) => thrown,
    );
    const { reason } = error as { reason: (words: { option: (name: string) => string }) => string };
    expect(reason({ option: (name) => name })).toContain(
      'it has no column "link", but id, url, name, sha256, caption, width',
    );
  });
});
