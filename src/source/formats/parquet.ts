// The format "parquet": read row group by row group, and of each only the columns that are used.

import { type FileHandle, open } from "node:fs/promises";
import { decompress } from "fzstd";
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetRead,
  parquetSchema,
} from "hyparquet";
import type { Job } from "../../core/job.ts";
import type { Format, FormatContext } from "./format.ts";
import { UnreadableError } from "./format.ts";
import { type ColumnUse, columnUses, rowJob, valuesOf } from "./table/table-jobs.ts";

/** Jobs per batch. */
const BATCH_ROWS = 1024;

/** Memory of a row group from which it is announced, in bytes. */
const LARGE_GROUP_BYTES = 300_000_000;

/** Memory of a decoded value beside its text, in bytes: V8's string and its place in an array. */
const VALUE_BYTES = 40;

export const parquetJobs: Format["jobs"] = async function* (bytes, context): AsyncGenerator<Job[]> {
  await bytes.return(undefined); // it is read from its end
  if (context.file === undefined)
    throw new UnreadableError(() => "it is Parquet, which is read from its end: give it as a file, uncompressed");
  const handle = await open(context.file, "r");
  try {
    yield* jobsOf(await bufferOf(handle), context);
  } finally {
    await handle.close();
  }
};

async function* jobsOf(file: AsyncBuffer, context: FormatContext): AsyncGenerator<Job[]> {
  const metadata = await parquetMetadataAsync(file);
  const names = parquetSchema(metadata).children.map(({ element }) => element.name);
  const uses = columnUses(names, context.table);
  warn(metadata, uses, context);
  let row = 0;
  for (const group of metadata.row_groups) {
    const rows = Number(group.num_rows);
    const columns = await columnsOf(file, metadata, uses, row, rows);
    const values: unknown[] = new Array(names.length);
    for (let from = 0; from < rows; from += BATCH_ROWS) {
      const jobs: Job[] = [];
      for (let i = from; i < Math.min(rows, from + BATCH_ROWS); i++) {
        for (const [index, column] of columns) values[index] = column(i);
        row++;
        jobs.push(rowJob(valuesOf(values, uses), row, row, context));
      }
      context.onLines(row);
      context.onBytes?.((file.byteLength * jobs.length) / Number(metadata.num_rows));
      yield jobs;
    }
  }
}

/** Reads the columns of a row group. Returns a function per column, by its place, that returns a row's value; rows rise from call to call. */
async function columnsOf(
  file: AsyncBuffer,
  metadata: FileMetaData,
  uses: readonly ColumnUse[],
  rowStart: number,
  rows: number,
): Promise<(readonly [index: number, valueAt: (row: number) => unknown])[]> {
  const pages = new Map<string, ArrayLike<unknown>[]>();
  const columns = [...new Set(uses.map(({ name }) => name))];
  await parquetRead({
    ...{
      file,
      metadata,
      columns,
      rowStart,
      rowEnd: rowStart + rows,
      compressors: COMPRESSORS,
      parsers: { stringFromBytes },
    },
    onChunk({ columnName, columnData }) {
      pages.set(columnName, [...(pages.get(columnName) ?? []), columnData]);
    },
  });
  return uses.map(({ name, index }) => [index, valuesIn(pages.get(name) ?? [])]);
}

function valuesIn(pages: readonly ArrayLike<unknown>[]): (row: number) => unknown {
  let page = 0;
  let begin = 0;
  return (row) => {
    for (;;) {
      const values = pages[page];
      if (values === undefined) return undefined;
      if (row - begin < values.length) return values[row - begin];
      begin += values.length;
      page++;
    }
  };
}

/** Says how much memory the largest row group takes, where that is much. */
function warn({ row_groups }: FileMetaData, uses: readonly ColumnUse[], { note }: FormatContext): void {
  const names = new Set(uses.map(({ name }) => name));
  const sizes = row_groups.map(({ columns, num_rows }) => {
    const used = columns.flatMap(({ meta_data: data }) =>
      data && names.has(data.path_in_schema[0] ?? "") ? [data] : [],
    );
    const stored = used.reduce(
      (sum, data) => sum + Number(data.total_compressed_size + data.total_uncompressed_size),
      0,
    );
    return stored + Number(num_rows) * names.size * VALUE_BYTES;
  });
  const bytes = Math.max(0, ...sizes);
  if (bytes <= LARGE_GROUP_BYTES) return;
  note?.(
    `its largest row group takes about ${Math.round(bytes / 1e6)} MB of memory, since Parquet is read a group at a time`,
  );
}

async function bufferOf(handle: FileHandle): Promise<AsyncBuffer> {
  const stats = await handle.stat();
  if (!stats.isFile()) throw new UnreadableError(() => "it is Parquet, which is read from its end: give it as a file");
  return {
    byteLength: stats.size,
    async slice(start, end = stats.size) {
      const buffer = new ArrayBuffer(end - start);
      const bytes = new Uint8Array(buffer);
      for (let at = 0; at < bytes.length; ) {
        const { bytesRead } = await handle.read(bytes, at, bytes.length - at, start + at);
        if (bytesRead === 0) throw new Error("it was cut off while it was read");
        at += bytesRead;
      }
      return buffer;
    },
  };
}

function stringFromBytes(bytes: Uint8Array): string {
  return bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

type Inflate = (bytes: Uint8Array, options?: { readonly maxOutputLength: number }) => Uint8Array;

/** Snappy is the package's own. Node has zstd from 22.15 on. */
const COMPRESSORS: Compressors = {
  GZIP: (bytes, length) => zlib().gunzipSync(bytes, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (bytes, length) => zlib().brotliDecompressSync(bytes, { maxOutputLength: Math.max(1, length) }),
  ZSTD(bytes, length) {
    const { zstdDecompressSync } = zlib() as { readonly zstdDecompressSync?: Inflate };
    return (
      zstdDecompressSync?.(bytes, { maxOutputLength: Math.max(1, length) }) ?? decompress(bytes, new Uint8Array(length))
    );
  },
};

function zlib(): typeof import("node:zlib") {
  return process.getBuiltinModule("node:zlib");
}
