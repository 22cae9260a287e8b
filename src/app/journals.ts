// The journals of an output folder: that of a run of the whole list, or one for each shard that has begun.

import { existsSync, lstatSync, statSync } from "node:fs";
import { FolderError, useAnotherFolder } from "../core/errors.ts";
import { LAYOUT, type ListShard, layoutOf } from "../core/layout.ts";
import { type OwnPaths, ownPaths } from "../fs/own-paths.ts";
import { divisionOf, journalCounts, journalNames } from "../sink/folder/shards-file.ts";

export interface FolderJournals {
  /** In the order of the shards. */
  readonly runs: readonly JournalOfFolder[];
  /** The number of shards; undefined for a run of the whole list. */
  readonly count?: number;
}

export interface JournalOfFolder {
  readonly paths: OwnPaths;
  readonly shard?: ListShard;
}

/**
 * Finds the journals, where none of a shard is there those of a run of the whole list. Throws a FolderError for a folder with those of
 * several divisions of a list, and the error of the file system.
 */
export function journalsOf(folder: string): FolderJournals {
  const whole: FolderJournals = { runs: [{ paths: ownPaths(folder, LAYOUT) }] };
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return whole;
  const isWhole = isFilled(whole.runs[0]?.paths.journal ?? "");
  // Without the file, the journals are found by reading all names: the folder was made by copying the shards' files together.
  const count = isWhole ? undefined : (divisionOf(folder)?.count ?? countIn(folder));
  if (count === undefined) return whole;
  const runs: JournalOfFolder[] = [];
  for (let index = 1; index <= count; index++) {
    const shard = { index, count };
    const paths = ownPaths(folder, layoutOf(shard));
    if (existsSync(paths.journal)) runs.push({ paths, shard });
  }
  return { runs, count };
}

function isFilled(path: string): boolean {
  return (lstatSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

/** The number of shards by the names of journals; undefined where there is none. */
function countIn(folder: string): number | undefined {
  const [count, other] = journalCounts(folder);
  if (count === undefined || other === undefined) return count;
  const why = `${folder}: has records of runs in ${count} shards and in ${other}`;
  throw new FolderError(
    "usage",
    (words) => `${why}: move ${journalNames(count)} or ${journalNames(other)} away, or ${useAnotherFolder(words)}`,
  );
}
