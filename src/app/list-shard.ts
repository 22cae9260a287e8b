// The shard of a run, by its options: the names of its own files, and the lines of its lists.

import { join } from "node:path";
import { OptionError } from "../core/errors.ts";
import { type Layout, layoutOf } from "../core/layout.ts";
import { parseListShard } from "../core/list-shard.ts";
import { sameFile } from "../sink/folder/output-folder.ts";
import type { ShardOfList } from "../sink/folder/shards-file.ts";
import { type OwnLines, ownLines } from "../source/own-lines.ts";
import { OUTPUT_DEFAULTS, type OutputOptions } from "./output/output-options.ts";

export type ShardOptions = Pick<OutputOptions, "shard" | "shardBy" | "prune" | "outputDir">;

/** The shard of the options; undefined for the whole list. Throws an OptionError for options that do not go with it. */
export function shardOf({ shard: text, shardBy: by = "line", prune }: ShardOptions): ShardOfList | undefined {
  if (text === undefined) {
    if (by !== "line") throw new OptionError(({ option }) => `needs ${option("shard")}, such as 3/16`, "shardBy");
    return undefined;
  }
  const shard = parseListShard(text);
  if (shard === undefined) throw new OptionError(`${JSON.stringify(text)} is no shard such as 3/16`, "shard");
  if (prune === true)
    throw new OptionError(
      ({ option }) => `does not go with ${option("shard")}: files are removed by a run of the whole list only`,
      "prune",
    );
  return { ...shard, by };
}

/** The names of the own files of a run with these options. */
export function layoutFor(options: ShardOptions): Layout {
  return layoutOf(shardOf(options));
}

/** Which lines of a list, by its path, the run fetches; undefined for the whole list. */
export function ownLinesFor(options: ShardOptions): ((path: string) => OwnLines | undefined) | undefined {
  const shard = shardOf(options);
  if (shard === undefined) return undefined;
  const own = ownLines(shard, shard.by);
  const failures = join(options.outputDir ?? OUTPUT_DEFAULTS.outputDir, layoutOf(shard).failedList);
  // The shard's own failures are a part of it already.
  return (path) => (sameFile(path, failures) ? undefined : own);
}
