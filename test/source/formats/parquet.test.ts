// The format "parquet": codecs and row groups, only the columns that are used, and rows without a URL.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../../support/command.ts";
import { ownFolder } from "../../support/own.ts";
import { brokenRow, jobsOf, type Reading } from "./tables.ts";

const fixture = (name: string) => join(ROOT, "fixtures/lists", name);
const parquet = (name: string, more: Reading = {}) =>
  jobsOf(readFileSync(fixture(name)), { path: name, file: fixture(name), ...more });

const folder = ownFolder();

/** The file with another `total_uncompressed_size` in the metadata of its column of URLs: 336, a zigzag varint of Thrift. */
function withUrlBytes(file: Buffer, bytes: number): Buffer {
  const sizes = Buffer.from("161416a00516d401", "hex"); // 10 values, 336 bytes, 106 compressed
  const at = file.indexOf(sizes);
  const footerBytes = file.readUInt32LE(file.length - 8);
  expect([at > 0, file.indexOf(sizes, at + 1)]).toEqual([true, -1]);
  const varint: number[] = [];
  for (let rest = 2 * bytes; rest > 0; rest = Math.floor(rest / 128))
    varint.push(rest >= 128 ? (rest % 128) + 128 : rest);
  const changed = Buffer.concat([file.subarray(0, at + 3), Buffer.from(varint), file.subarray(at + 5)]);
  changed.writeUInt32LE(footerBytes + varint.length - 2, changed.length - 8);
  return changed;
}

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

  it.each([
    [290_000_000, []],
    [400_000_000, ["its largest row group takes about 400 MB of memory, since Parquet is read a group at a time"]],
  ])(
    "whose column of URLs says it has %i bytes per group is read, and announced from 300 MB on",
    async (bytes, notes) => {
      const said: string[] = [];
      const path = folder.at("large.parquet");
      writeFileSync(path, withUrlBytes(readFileSync(fixture("few-gzip.parquet")), bytes));
      const { jobs } = await parquet("few-gzip.parquet", { file: path, note: (text) => said.push(text) });
      expect([jobs.length, said]).toEqual([10, notes]);
    },
  );

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
