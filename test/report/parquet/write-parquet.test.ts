// A Parquet file of records, read back by hyparquet: it is equal to what was written.
import { closeSync, openSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { type AsyncBuffer, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { expect, it } from "vitest";
import type { Outcome } from "../../../src/core/job.ts";
import { parquetFile } from "../../../src/report/parquet/write-parquet.ts";
import { failed, saved } from "../../core/outcomes.ts";
import { ownFolder } from "../../support/own.ts";
import { recordOfRow } from "../../support/parquet-records.ts";

const folder = ownFolder();

async function written(records: readonly Outcome[], bytes = 500) {
  const path = folder.at("records.parquet");
  const fd = openSync(path, "w");
  const columns = parquetFile(fd);
  for (const record of records) columns.add(record, bytes);
  columns.end();
  closeSync(fd);
  const { buffer, byteOffset, length } = readFileSync(path);
  const file = buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer & AsyncBuffer;
  const metadata = await parquetMetadataAsync(file);
  const rows = await parquetReadObjects({ file, compressors: { GZIP: (part) => gunzipSync(part) } });
  return { metadata, rows, records: rows.map(recordOfRow) };
}

it("any records are the same in Parquet, with fields of other versions and values of other types", async () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constant("\ud800"), fc.constant(""));
  const value = fc.oneof(
    text,
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.json().map((json) => JSON.parse(json) as unknown),
  );
  const key = fc.constantFrom(
    "url",
    "etag",
    "type",
    "bytes",
    "status",
    "time",
    "total_ms",
    "retried_after",
    "extra",
    "new",
    "__proto__",
    "more",
  );
  const record = fc
    .tuple(fc.boolean(), fc.array(fc.tuple(key, value), { maxLength: 4 }), fc.date({ noInvalidDate: true }))
    .map(([isSaved, over, date]) => {
      const time = date.toISOString();
      const base = isSaved
        ? saved({ time, sha256: "ab", refers_to: { shard: "00000.warc.gz", offset: 2 ** 40 } })
        : failed({ time, retried_after: ["a", "b"], extra: { a: [1] } });
      // As from a file: a value that JSON does not have is none.
      return JSON.parse(JSON.stringify({ ...base, ...Object.fromEntries(over) })) as Outcome;
    });
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 30 }), async (records) => {
      expect((await written(records)).records).toEqual(records);
    }),
    { numRuns: 100 },
  );
});

it("a negative zero, which a file may have, is the same in Parquet, but not in the text of `more`", async () => {
  const { rows } = await written([saved({ total_ms: -0, bytes: -0 })]);
  expect(rows[0]).toMatchObject({ total_ms: -0, more: '{"bytes":0}' });
});

it("records are written in groups of 20,000 rows, and of fewer where they are large", async () => {
  const records = Array.from({ length: 45_000 }, (_, i) =>
    i % 9 === 0 ? failed({ n: i }) : saved({ n: i, bytes: i }),
  );
  const { metadata, records: read } = await written(records);
  expect(metadata.row_groups.map((group) => Number(group.num_rows))).toEqual([20_000, 20_000, 5000]);
  expect(read).toEqual(records);
  const large = await written(records.slice(0, 25), 6_000_000);
  expect(large.metadata.row_groups.map((group) => Number(group.num_rows))).toEqual([12, 12, 1]);
  expect(large.records).toEqual(records.slice(0, 25));
});

it("no records are a Parquet file with its columns", async () => {
  const { metadata, rows } = await written([]);
  expect(rows).toEqual([]);
  expect(metadata.schema.map(({ name }) => name)).toContain("total_ms");
});
