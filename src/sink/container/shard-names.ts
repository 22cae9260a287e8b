// The names of shards: a shard is in the state folder until it is sealed, and then in the output folder, as `00000.tar`.

import { existsSync, readdirSync, rmSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { indexNameOf, SHARD, type ShardExtension, shardName } from "../../core/layout.ts";

/** The ending of the name of a shard that is being written. */
const PART = ".part";

export interface ShardNames {
  /** Returns the next name that no file has. Another process may create that file first. */
  next(): string;
  /** Whether an ended shard, a sealed shard or an index has this name. */
  isTaken(name: string): boolean;
  /** Returns the path of a shard that is being written. */
  partOf(name: string): string;
  /** Returns the path of a shard that has ended and is not sealed. */
  endedOf(name: string): string;
  /** Removes an empty part. */
  drop(name: string): void;
}

/** Where shards are, and what their names have in common. */
export interface ShardNaming {
  readonly folder: string;
  readonly state: string;
  readonly extension: ShardExtension;
  /** What follows the number. */
  readonly infix: string;
}

/** `after` is the highest shard number in the records, or -1. No other shard gets the number of a shard that was moved away. */
export function shardNames({ folder, state, extension, infix }: ShardNaming, after: number): ShardNames {
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
        const name = shardName(++last, extension, infix);
        if (!isTaken(name) && !existsSync(partOf(name))) return name;
      }
    },
    isTaken,
    partOf,
    endedOf,
    drop: (name) => unlinkSync(partOf(name)),
  };
}

/** Returns the paths of a shard: while it is being written, when it has ended, and when it is sealed. */
export function shardPaths(folder: string, state: string, name: string): readonly string[] {
  return [join(state, `${name}${PART}`), join(state, name), join(folder, name)];
}

/** Removes all unsealed shards and their indexes. Throws errno errors. */
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

/** Returns the shards of the state folder by their names. Throws errno errors. */
export function unsealedShards(state: string): ReadonlyMap<string, UnsealedShard> {
  const found = new Map<string, UnsealedShard>();
  for (const file of readdirSync(state)) {
    const isEnded = !file.endsWith(PART);
    const name = isEnded ? file : file.slice(0, -PART.length);
    if (SHARD.test(name)) found.set(name, { path: join(state, file), isEnded });
  }
  return found;
}
