// Writes records as a Parquet file, in groups of 20,000 rows.

import { gzipSync } from "node:zlib";
import { ByteWriter, ParquetWriter, schemaFromColumnData } from "hyparquet-writer";
import type { Outcome } from "../../core/job.ts";
import { writeAllSync } from "../../fs/write-all.ts";
import type { FileKind } from "../own-file.ts";
import { COLUMNS, type ColumnType, columnsOf, MORE } from "./columns.ts";

/** A reader holds a group at a time, and skips those that it does not need. */
const GROUP_ROWS = 20_000;
/** Lines of JSON per group at most, in bytes: records of 60 KiB would otherwise take a gigabyte. */
const GROUP_BYTES = 67_108_864;

export interface ParquetFile {
  /** `bytes`: the length of its line of JSON. */
  add(record: Outcome, bytes: number): void;
  /** Writes the rest; the file is complete. */
  end(): void;
}

/** The tail of such a file, so that no other Parquet file is replaced; `createdBy` is near its end. */
export const PARQUET_FILE: FileKind = {
  noun: "file of bulkget report --parquet",
  matches: (head, tail) => head.startsWith("PAR1") && tail.includes(CREATED_BY),
};

/**
 * How values are stored. The smallest and largest text or duration of a group take time and let no reader skip it; so does a
 * dictionary where most rows have a value of their own.
 */
const STORED = {
  word: { type: "STRING", how: { statistics: false } },
  text: { type: "STRING", how: { encoding: "PLAIN", statistics: false } },
  json: { type: "STRING", how: { encoding: "PLAIN", statistics: false } },
  boolean: { type: "BOOLEAN", how: {} },
  int32: { type: "INT32", how: {} },
  int64: { type: "INT64", how: { encoding: "PLAIN" } },
  double: { type: "DOUBLE", how: { encoding: "PLAIN", statistics: false } },
  timestamp: { type: "TIMESTAMP", how: { encoding: "PLAIN" } },
} as const satisfies Readonly<Record<ColumnType, object>>;

export function parquetFile(fd: number): ParquetFile {
  const columns = columnsOf(GROUP_ROWS);
  const schema = schemaFromColumnData({
    columnData: [...COLUMNS, MORE].map(({ name, type }) => ({ name, type: STORED[type].type, data: [] })),
  });
  const writer = fileWriter(fd);
  const file = new ParquetWriter({ writer, schema, codec: "GZIP", compressors: { GZIP }, createdBy: CREATED_BY });
  let groupBytes = 0;

  const writeGroup = () => {
    const { rows } = columns;
    const columnData = columns.take().map(({ name, type, values }) => ({
      name,
      ...STORED[type].how,
      // The values of one column at a time are in memory.
      data: lazily(rows, values),
    }));
    // No promise: `flush` is synchronous.
    void file.write({ columnData, rowGroupSize: GROUP_ROWS });
    groupBytes = 0;
  };

  return {
    add(record, bytes) {
      columns.add(record);
      groupBytes += bytes;
      if (columns.rows === GROUP_ROWS || groupBytes >= GROUP_BYTES) writeGroup();
    },
    end() {
      if (columns.rows > 0) writeGroup();
      void file.finish();
    },
  };
}

/**
 * Values that exist only while their column is written. The writer reads the length, and takes a slice of all: as arrays, the
 * columns of a group are 100 MB.
 */
function lazily(length: number, slice: () => unknown[]): unknown[] {
  return { length, slice } as unknown as unknown[];
}

const CREATED_BY = "bulkget report";

/** The fastest level: the next one takes twice the time for a tenth of the bytes less. */
const GZIP = (bytes: Uint8Array) => gzipSync(bytes, { level: 1 });

/** A writer that appends to a file after each group. */
function fileWriter(fd: number): ByteWriter {
  const writer = new ByteWriter();
  const flush = () => {
    writeAllSync(fd, [writer.getBytes()]);
    writer.index = 0;
  };
  return Object.assign(writer, { flush, finish: flush });
}
