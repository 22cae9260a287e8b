// Reads the head of a record that is in a shard already, sealed or not: what a revisit record says of its original.

import { closeSync, readSync } from "node:fs";
import type { ShardRecord } from "../../core/job.ts";
import { openToRead } from "../../fs/open-nofollow.ts";
import { readHeader, zlib } from "./gzip/gzip-format.ts";
import { parseHead } from "./parse-head.ts";
import type { RecordReference } from "./records/record-head.ts";

export interface FoundRecord {
  readonly reference: RecordReference;
  /** Of the body; undefined where the record has none. */
  readonly payloadDigest: string | undefined;
}

/** A head of a record is shorter, unless its URL is not. */
const READ_BYTES = 16_384;

/** Paths of a shard, in the order in which it gets them. */
export type ShardPaths = (shard: string) => readonly string[];

/** Undefined where no record is found there: the shard may have been moved away. Never throws. */
export function findRecord({ shard, offset }: ShardRecord, pathsOf: ShardPaths): FoundRecord | undefined {
  for (const path of pathsOf(shard)) {
    try {
      const head = parseHead(beginningOf(path, offset));
      if (head !== undefined) return foundIn(head.fields);
    } catch {
      // It has its next name by now, or is gone.
    }
  }
  return undefined;
}

/** What a revisit record of this record refers to: to its own original, if it is a revisit record itself. */
function foundIn(fields: ReadonlyMap<string, string>): FoundRecord | undefined {
  const isRevisit = fields.get("WARC-Type") === "revisit";
  const id = fields.get(isRevisit ? "WARC-Refers-To" : "WARC-Record-ID");
  const uri = fields.get(isRevisit ? "WARC-Refers-To-Target-URI" : "WARC-Target-URI");
  const date = fields.get(isRevisit ? "WARC-Refers-To-Date" : "WARC-Date");
  if (id === undefined || uri === undefined || date === undefined) return undefined;
  return { reference: { id, uri, date }, payloadDigest: fields.get("WARC-Payload-Digest") };
}

function beginningOf(path: string, offset: number): Buffer {
  const fd = openToRead(path);
  try {
    const bytes = Buffer.allocUnsafe(READ_BYTES);
    const length = readSync(fd, bytes, 0, bytes.length, offset);
    const deflated = bytes.subarray(readHeader(bytes)?.dataAt ?? length, length);
    const { constants, inflateRawSync } = zlib();
    return inflateRawSync(deflated, { finishFlush: constants.Z_SYNC_FLUSH });
  } finally {
    closeSync(fd);
  }
}
