// Loads what a run into an object store needs, where that was asked for.

import type { Layout } from "../../core/layout.ts";
import { ownPaths } from "../../fs/own-paths.ts";
import { shardOf } from "../list-shard.ts";
import { OUTPUT_DEFAULTS, type ResolvedOutputOptions } from "../output/output-options.ts";
import type { StoreOutput } from "./store-output.ts";

interface Context {
  readonly layout: Layout;
  readonly note: (text: string) => void;
}

/** Opens the store of a run; undefined where bodies go into the folder. Throws a FolderError. */
export async function storeOutputOf(
  options: ResolvedOutputOptions,
  { layout, note }: Context,
): Promise<StoreOutput | undefined> {
  const { outputDir = OUTPUT_DEFAULTS.outputDir, store, format, attempt, force: isForced = false } = options;
  if (store === undefined) return undefined;
  const { openStoreOutput } = await import("./store-output.ts");
  const isArchive = (format ?? OUTPUT_DEFAULTS.format) !== "files";
  const shard = shardOf(options);
  return await openStoreOutput(store, {
    paths: ownPaths(outputDir, layout),
    layout,
    shard,
    isArchive,
    isForced,
    attempt,
    note,
  });
}
