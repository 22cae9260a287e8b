// Checks before a run that a bucket may be used, and finds what an earlier run has put there.

import { closeSync, existsSync, ftruncateSync, renameSync, unlinkSync } from "node:fs";
import { basename, dirname } from "node:path";
import { FolderError } from "../../core/errors.ts";
import { SHARD } from "../../core/layout.ts";
import { createNew } from "../../fs/open-nofollow.ts";
import { writeAtSync } from "../../fs/positioned-io.ts";
import { makeFolder } from "../../sink/folder/output-folder.ts";
import type { ShardOfList } from "../../sink/folder/shards-file.ts";
import { isProblem } from "../../store/problem.ts";
import type { Store } from "../../store/store.ts";
import { refuse } from "./refuse-problem.ts";
import { claimPrefix, refuseShards } from "./store-division.ts";

interface AccessOptions {
  readonly isForced: boolean;
  /** The shard of the run, whose other shards put objects under the prefix as well. */
  readonly shard: ShardOfList | undefined;
  readonly note: (text: string) => void;
}

/** Throws a FolderError for a bucket that cannot be listed, and for a prefix with objects of nobody knows whom. */
export async function checkAccess(
  store: Store,
  journal: string,
  { isForced, shard, note }: AccessOptions,
): Promise<void> {
  const { address, first, keyOf } = store;
  let found: string | undefined;
  const problem = await first.list(
    address.prefix,
    ({ key }) => {
      found = key;
      return false;
    },
    1,
  );
  refuse(problem, store);
  if (shard === undefined && (found === undefined || existsSync(journal))) return;
  // The state folder may be lost, or on another machine: the store has a copy of the records.
  const hasCopy = found !== undefined && !existsSync(journal) && (await fetched(store, journal));
  if (hasCopy)
    note(`${journal}: is the copy of the records at ${address.shown}; another machine must not run into that prefix`);
  if (shard !== undefined) return claimPrefix(store, shard, isForced || existsSync(journal) ? undefined : found);
  if (hasCopy) return;
  await refuseShards(store);
  if (isForced) return;
  const what = `${address.shown}: has objects, such as ${found?.slice(0, 200)}, and no ${keyOf(basename(journal))} of a run`;
  throw new FolderError(
    "usage",
    (words) => `${what}: use another prefix, or ${words.option("force")} to write among them`,
  );
}

/** Fetches the copy of the records, which has this name in the store; false where there is none. Throws a FolderError. */
export async function fetched(store: Store, journal: string, name = basename(journal)): Promise<boolean> {
  makeFolder(dirname(journal));
  const temporary = `${journal}.fetched`;
  let fd: number | undefined;
  try {
    unlinkIfThere(temporary);
    fd = createNew(temporary);
    const to = fd;
    let at = 0;
    const onPiece = (piece: Uint8Array) => {
      writeAtSync(to, piece, at);
      at += piece.length;
    };
    const isThere = await store.bucket.read(store.keyOf(name), onPiece, () => {
      at = 0;
      ftruncateSync(to, 0);
    });
    if (isProblem(isThere)) refuse(isThere, store);
    if (isThere === true) renameSync(temporary, journal);
    return isThere === true;
  } finally {
    if (fd !== undefined) closeSync(fd);
    unlinkIfThere(temporary);
  }
}

/** The sizes of the archives in the store, by their names. Throws a FolderError. */
export async function archiveSizes(store: Store): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  const { prefix } = store.address;
  const problem = await store.bucket.list(prefix, ({ key, bytes }) => {
    const name = key.slice(prefix.length);
    if (SHARD.test(name)) sizes.set(name, bytes);
    return true;
  });
  refuse(problem, store);
  return sizes;
}

/** Removes a file, or nothing. Throws other errno errors. */
export function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
