// Seals shards: cuts each back to the end of its last recorded body, ends it, and gives it its name in the output folder.

import { promises } from "node:fs"; // node:fs/promises would be loaded for runs without archives as well
import { join } from "node:path";
import { byExtension, type ShardExtension } from "../core/layout.ts";
import { isSingleLinkFile, UPDATE_FLAGS } from "../fs/open-nofollow.ts";
import { syncFolder } from "../fs/sync.ts";
import { unsealedShards } from "./container/shard-names.ts";
import { TAR_TRAILER_BYTES } from "./container/tar-header.ts";
import { writeIndex } from "./warc/write-index.ts";

/** The zeros that end a sealed shard, in bytes. */
const TRAILER_BYTES: Readonly<Record<ShardExtension, number>> = { ".tar": TAR_TRAILER_BYTES, ".warc.gz": 0 };

export interface SealOptions {
  readonly folder: string;
  readonly state: string;
  /** The end of what a record names in a shard, in bytes; undefined where no record names the shard. */
  readonly endOf: (shard: string) => number | undefined;
  /** fsync before the final name. */
  readonly isSynced: boolean;
}

/** Seals every shard of the state folder; nobody may be writing there. One without a record is removed. Throws errno errors. */
export async function sealShards(options: SealOptions): Promise<void> {
  for (const [name, { path }] of unsealedShards(options.state)) {
    const end = options.endOf(name);
    if (end === undefined) await promises.unlink(path);
    else await seal(name, path, end, options);
  }
}

/** Seals the shards to which nothing is added any more and of which everything is recorded. Throws errno errors. */
export async function sealEndedShards(options: SealOptions): Promise<void> {
  for (const [name, { path, isEnded }] of unsealedShards(options.state)) {
    const end = options.endOf(name);
    if (isEnded && end !== undefined) await seal(name, path, end, options, true);
  }
}

async function seal(
  name: string,
  path: string,
  end: number,
  { folder, state, isSynced }: SealOptions,
  isWholeOnly = false,
): Promise<void> {
  const final = join(folder, name);
  // A kill between `link` and `unlink` leaves a sealed shard with both names.
  if (await isSameFile(path, final)) {
    await writeIndex(name, { folder, state, isSynced });
    return await promises.unlink(path);
  }
  const file = await promises.open(path, UPDATE_FLAGS);
  try {
    const stats = await file.stat();
    if (!isSingleLinkFile(stats)) throw new Error(`${path}: not a shard that a run has written`);
    if (isWholeOnly && stats.size !== end) return;
    await file.truncate(end);
    const trailerBytes = byExtension(TRAILER_BYTES, name) ?? 0;
    if (trailerBytes > 0) await file.truncate(end + trailerBytes); // reads as zeros
    if (isSynced) await file.sync();
  } finally {
    await file.close();
  }
  await promises.link(path, final); // unlike a rename, this replaces nothing
  if (isSynced) await syncFolder(folder); // before the other name is removed: one of both survives a power loss
  await writeIndex(name, { folder, state, isSynced });
  await promises.unlink(path);
}

async function isSameFile(path: string, other: string): Promise<boolean> {
  const [one, two] = await Promise.all([path, other].map((name) => promises.lstat(name).catch(() => undefined)));
  return one !== undefined && two !== undefined && one.ino === two.ino && one.dev === two.dev;
}
