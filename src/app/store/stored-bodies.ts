// Reads saved bodies back out of an object store: an object, or the part of an archive, is fetched into a temporary file first.

import { closeSync, ftruncateSync, openSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import type { Outcome } from "../../core/job.ts";
import { writeAtSync } from "../../fs/positioned-io.ts";
import { isProblem } from "../../store/problem.ts";
import type { Store } from "../../store/store.ts";
import { type BodyIn, bodyIn, checkedBody, NoBodyError, piecesIn } from "../output/saved-body.ts";
import { refuse } from "./refuse-problem.ts";
import { asTemporaryError, temporaryFolder } from "./temporary-folder.ts";
import { openedStore } from "./verify-objects.ts";

export interface StoredBodies {
  /** As `savedBody`. Throws a FolderError where the store fails. */
  body(record: Outcome): AsyncIterable<Uint8Array>;
  close(): void;
}

/** `output`: the address of a run. Throws a FolderError or an OptionError. */
export function storedBodies(output: string): StoredBodies {
  const { path, remove } = temporaryFolder();
  try {
    const store = openedStore(output, path);
    return {
      body: (record) => storedBody(store, record, join(path, "body")),
      close() {
        store.close();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

async function* storedBody(store: Store, record: Outcome, path: string): AsyncGenerator<Uint8Array> {
  const body = bodyIn(record);
  const name = "file" in body ? body.file : body.shard;
  let fd: number | undefined;
  try {
    fd = openSync(path, "wx+");
    unlinkSync(path);
    await fetchInto(fd, store, name, body);
    yield* checkedBody(record, { name: store.address.shown + name, pieces: piecesIn(fd, body), close() {} });
  } catch (error) {
    throw asTemporaryError(error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Writes what the body needs to its place: an archive becomes a file with holes. Throws a NoBodyError or a FolderError. */
async function fetchInto(fd: number, store: Store, name: string, body: BodyIn): Promise<void> {
  const range = rangeOf(body);
  if (range?.bytes === 0) return;
  const from = range?.from ?? 0;
  let at = from;
  const onPiece = (piece: Uint8Array) => {
    writeAtSync(fd, piece, at);
    at += piece.length;
  };
  const onTry = () => {
    at = from;
    ftruncateSync(fd, 0);
  };
  const where = store.address.shown + name;
  const isThere = await store.bucket.read(store.keyOf(name), onPiece, onTry, range);
  if (isThere === false) throw new NoBodyError(`${where}: is not in the store any more`);
  if (!isProblem(isThere)) return;
  if (isThere.status === 416) throw new NoBodyError(`${where}: is shorter than its records say`);
  refuse(isThere, store);
}

/** The part of an archive with a body; in WARC that of another line has a length that its record does not say. */
function rangeOf(body: BodyIn) {
  if ("file" in body) return undefined;
  const { shard, offset, stored_bytes: stored, bytes } = body;
  return { from: offset, bytes: shard.endsWith(".tar") ? bytes : stored || undefined };
}
