// The names of shards: `00000.tar` in the output folder when it is sealed, and in the state folder until then.

import { existsSync, readdirSync, rmSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { indexNameOf, SHARD, shardName } from "../../core/layout.ts";

export type ShardExtension = ".tar" | ".warc.gz";

/** While a shard is written its name has this ending. */
const PART = ".part";

export interface ShardNames {
  /** The next name that nothing has, as far as this process can see. */
  next(): string;
  /** Whether a shard of this name has been ended or sealed. */
  isTaken(name: string): boolean;
  /** Paths in the state folder: of a shard that is being written, and of one that has ended and is not sealed. */
  partOf(name: string): string;
  endedOf(name: string): string;
  /** Removes an empty part. */
  drop(name: string): void;
}

/** `after`: the highest number that a record names, -1 for none: a shard that was moved away keeps its number. */
export function shardNames(folder: string, state: string, extension: ShardExtension, after: number): ShardNames {
  const partOf = (name: string) => `${state}/${name}${PART}`;
  const endedOf = (name: string) => `${state}/${name}`;
  const isTaken = (name: string) => {
    const index = indexNameOf(name);
    return (
      existsSync(join(folder, name)) ||
      existsSync(endedOf(name)) ||
      (index !== undefined && existsSync(join(folder, index)))
    );
  };
  let last = after;
  return {
    next() {
      for (;;) {
        const name = shardName(++last, extension);
        if (!isTaken(name) && !existsSync(partOf(name))) return name;
      }
    },
    isTaken,
    partOf,
    endedOf,
    drop: (name) => unlinkSync(partOf(name)),
  };
}

/** The paths of a shard, in the order in which it gets them. */
export function shardPaths(folder: string, state: string, name: string): readonly string[] {
  return [join(state, `${name}${PART}`), join(state, name), join(folder, name)];
}

/** Removes all unsealed shards. Throws errno errors. */
export function dropUnsealedShards(state: string): void {
  for (const [name, { path }] of unsealedShards(state)) {
    const index = indexNameOf(name);
    if (index !== undefined) rmSync(join(state, index), { force: true });
    unlinkSync(path);
  }
}

export interface UnsealedShard {
  readonly path: string;
  /** Its writer has begun the next one. */
  readonly isEnded: boolean;
}

/** The shards of the state folder, none of them sealed, by their names. */
export function unsealedShards(state: string): ReadonlyMap<string, UnsealedShard> {
  const found = new Map<string, UnsealedShard>();
  for (const file of readdirSync(state)) {
    const isEnded = !file.endsWith(PART);
    const name = isEnded ? file : file.slice(0, -PART.length);
    if (SHARD.test(name)) found.set(name, { path: join(state, file), isEnded });
  }
  return found;
}
