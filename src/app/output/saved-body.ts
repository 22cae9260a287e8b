// Reads saved bodies back out of an output folder: out of files and archives, of a run that is over or under way.

import { closeSync, existsSync, fstatSync } from "node:fs";
import { join } from "node:path";
import { DIGEST_NAMES, digestsOf } from "../../core/digest.ts";
import type { Outcome, ShardPlace } from "../../core/job.ts";
import { byExtension, SHARD, type ShardExtension, stateOfArchive } from "../../core/layout.ts";
import { toUrl } from "../../core/url/to-url.ts";
import { digestBy } from "../../fs/body-digest.ts";
import { isSavedFile } from "../../fs/location.ts";
import { openToRead } from "../../fs/open-nofollow.ts";
import { shardPaths } from "../../sink/container/shard-names.ts";
import { type BodyPlace, bytesAt, type ShardReader, tarReader } from "../../sink/container/shard-reader.ts";
import { extensionOf } from "../../sink/names/extension.ts";
import { warcReader } from "../../sink/warc/warc-reader.ts";

/** The readers of archives. */
const READERS: Readonly<Record<ShardExtension, ShardReader>> = {
  ".tar": tarReader,
  ".warc.gz": warcReader,
};

/** A body that is not there, or not as it was recorded. */
export class NoBodyError extends Error {}

/**
 * Yields the body of a record in pieces, each overwritten by the next one. Throws a NoBodyError, at the latest after the last
 * piece: the length and the recorded digests are checked.
 */
export async function* savedBody(folder: string, record: Outcome): AsyncGenerator<Uint8Array> {
  yield* checkedBody(record, openBody(folder, record));
}

/** The same of a body that is open, which is closed. */
export async function* checkedBody(record: Outcome, open: OpenBody): AsyncGenerator<Uint8Array> {
  const { name, pieces, close } = open;
  const { bytes } = record;
  const recorded = digestsOf(record);
  const names = DIGEST_NAMES.filter((one) => recorded?.[one] !== undefined);
  const digest = names.length === 0 ? undefined : digestBy(names);
  let length = 0;
  try {
    for await (const piece of pieces) {
      length += piece.length;
      digest?.update(piece);
      yield piece;
    }
  } catch (error) {
    if (error instanceof NoBodyError) throw error;
    throw new NoBodyError(`${name}: ${(error as Error).message}`, { cause: error });
  } finally {
    close();
  }
  if (length !== bytes) throw new NoBodyError(`${name}: has ${length} bytes of the body, and ${bytes} were recorded`);
  const actual = digest?.result() ?? {};
  const wrong = names.find((one) => actual[one] !== recorded?.[one]);
  if (wrong !== undefined) throw new NoBodyError(`${name}: the ${wrong} of the body is not the recorded one`);
}

export interface OpenBody {
  /** The file or object, for messages. */
  readonly name: string;
  readonly pieces: AsyncIterable<Uint8Array>;
  readonly close: () => void;
}

/** A file, or a part of an archive. */
export type BodyIn = { readonly file: string } | BodyPlace;

/** Where the body of a record is. Throws a NoBodyError. */
export function bodyIn(record: Outcome): BodyIn {
  const { file, bytes } = record;
  const isSaved = record.outcome === "saved" || record.outcome === "unchanged";
  const place = isSaved ? placeOf(record) : undefined;
  if (bytes !== undefined && file !== undefined) return { file };
  if (bytes !== undefined && place !== undefined) return { ...place, bytes };
  throw new NoBodyError(whyNone(record));
}

/** The pieces of a body in the open file, or archive, that has it. */
export function piecesIn(fd: number, body: BodyIn): AsyncIterable<Uint8Array> {
  return "file" in body ? bytesAt(fd, 0, fstatSync(fd).size) : readerOf(body.shard)(fd, body);
}

function openBody(folder: string, record: Outcome): OpenBody {
  const body = bodyIn(record);
  const { name, fd } = "file" in body ? openFile(folder, body.file) : openShard(folder, body.shard);
  try {
    return { name, pieces: piecesIn(fd, body), close: () => closeSync(fd) };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function openFile(folder: string, file: string): { readonly name: string; readonly fd: number } {
  const name = join(folder, file);
  if (!isSavedFile(folder, file)) throw new NoBodyError(`${name}: is not there any more: run the list again`);
  return { name, fd: openToRead(name) };
}

function placeOf(record: object): ShardPlace | undefined {
  const { stored_bytes: stored, refers_to, shard = "", offset } = record as Partial<ShardPlace>;
  if (refers_to !== undefined && SHARD.test(refers_to.shard)) return { ...refers_to, stored_bytes: 0 };
  if (offset === undefined || stored === undefined || !SHARD.test(shard)) return undefined;
  return { shard, offset, stored_bytes: stored };
}

function readerOf(shard: string): ShardReader {
  const reader = byExtension(READERS, shard);
  if (reader === undefined) throw new NoBodyError(`${shard}: not an archive that this version can read`);
  return reader;
}

/** Whether the archive of a record is in the folder, where the bodies of the run go into a store. */
export function isLocal(folder: string, record: Outcome): boolean {
  const shard = placeOf(record)?.shard;
  if (shard === undefined) return false;
  return shardPaths(folder, join(folder, stateOfArchive(shard)), shard).some((path) => existsSync(path));
}

/** Opens an archive, sealed or not. A run may rename it meanwhile. */
function openShard(folder: string, shard: string): { readonly name: string; readonly fd: number } {
  for (const path of shardPaths(folder, join(folder, stateOfArchive(shard)), shard)) {
    try {
      return { name: path, fd: openToRead(path) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw noBody(path, error);
    }
  }
  throw new NoBodyError(`${join(folder, shard)}: is not there any more`);
}

function noBody(path: string, error: unknown): NoBodyError {
  return new NoBodyError(`${path}: cannot be read: ${(error as Error).message}`, { cause: error });
}

/** The name of the file for a line's body: its number, and the extension that it has by its URL and type. */
export function extractedName(n: number, record: Outcome): string {
  const { type } = record as { readonly type?: string };
  const pathname = toUrl(record.url)?.pathname ?? "";
  return `${String(n).padStart(6, "0")}${extensionOf(pathname, type)}`;
}

/** Why a line has no body. */
function whyNone(record: Outcome): string {
  if (record.outcome === "failed") return `was not saved: ${record.error} (${record.detail})`;
  if (record.outcome === "skipped") return `was not saved: skipped, ${record.reason} (${record.detail})`;
  return "its record names no file";
}
