// How far the records reach into each shard, and whether a shard still has what a record names.

import { lstatSync } from "node:fs";
import { join } from "node:path";
import { shardNumberOf } from "../../core/layout.ts";

export interface ShardEnds {
  /** Whether a shard, sealed or not, has the bytes before `end`. Then they count as recorded. */
  has(shard: string, end: number): boolean;
  /** Adds what this run has recorded. */
  add(shard: string, end: number): void;
  /** The end of what is recorded in a shard, in bytes; undefined where nothing is. */
  endOf(shard: string): number | undefined;
  /** The highest number of a shard that a record names, whether or not it exists; -1 for none. */
  readonly highest: number;
  /** The shard with that number. */
  readonly highestName: string | undefined;
}

/** `state`: the folder of archives that are not sealed. `elsewhere`: the length of an archive that is not here, in bytes. */
export function shardEnds(
  folder: string,
  state: string,
  elsewhere: (shard: string) => number | undefined = () => undefined,
): ShardEnds {
  const ends = new Map<string, number>();
  /** Lengths of the files, in bytes; -1: there is none. */
  const lengths = new Map<string, number>();
  let highest = -1;
  let highestName: string | undefined;

  const lengthOf = (shard: string): number => {
    let length = lengths.get(shard);
    if (length === undefined) {
      const paths = [join(folder, shard), join(state, shard), join(state, `${shard}.part`)];
      length = Math.max(...paths.map(fileLength));
      if (length < 0) length = elsewhere(shard) ?? -1;
      lengths.set(shard, length);
    }
    return length;
  };
  const add = (shard: string, end: number) => {
    if (shardNumberOf(shard) > highest) [highest, highestName] = [shardNumberOf(shard), shard];
    if (end > (ends.get(shard) ?? 0)) ends.set(shard, end);
  };
  return {
    has(shard, end) {
      if (shardNumberOf(shard) > highest) [highest, highestName] = [shardNumberOf(shard), shard];
      if (end > lengthOf(shard)) return false;
      add(shard, end);
      return true;
    },
    add,
    endOf: (shard) => ends.get(shard),
    get highest() {
      return highest;
    },
    get highestName() {
      return highestName;
    },
  };
}

function fileLength(path: string): number {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats?.isFile() === true ? stats.size : -1;
}
