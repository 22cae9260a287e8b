// The options of the output folder, with their defaults.

import type { ShardBy } from "../../core/list-shard.ts";
import { OPTIONS } from "../../options/table.ts";
import type { StoreAddress } from "../../store/address.ts";

/** Options of the output folder. */
export interface OutputOptions {
  /** Folder for the files, results.jsonl and failed.txt. Default "downloads". */
  readonly outputDir?: string | undefined;
  /** Folder for the state of a run into an object store. Default ".bulkget". */
  readonly state?: string | undefined;
  /** Template of file names, relative to the folder: {n}, {n:6}, {ext}, {host}, {path}, {basename}, {stem}. Default "{n:6}{ext}". */
  readonly name?: string | undefined;
  /** Lines per subfolder: with 1000, line 42 is `000/000042.jpg`. Default: no subfolders. */
  readonly perDir?: number | undefined;
  /** One of n parts of the list, such as "3/16": only its lines are fetched. Default: the whole list. */
  readonly shard?: string | undefined;
  /** How `shard` divides the list: by blocks of 1,000 lines, or by hosts. Default "line". */
  readonly shardBy?: ShardBy | undefined;
  /** What bodies are saved as: `files`, or archives (`tar`, `warc`). Default "files". */
  readonly format?: "files" | "tar" | "warc" | undefined;
  /** Write a metadata record for each response into WARC files. Default false. */
  readonly warcMetadata?: boolean | undefined;
  /** Maximum size of an archive, in bytes. Default 1 GiB. */
  readonly shardSize?: number | undefined;
  /** Maximum number of lines in an archive. Default 10,000. */
  readonly shardCount?: number | undefined;
  /** The column of tables whose text `tar` archives hold beside each body. */
  readonly text?: string | undefined;
  /** Start over in a folder that holds an earlier run: delete the files and records of that run. Default false. */
  readonly force?: boolean | undefined;
  /** Fetch again files of an earlier run that have changed on the server. Default false: they are kept. */
  readonly update?: boolean | undefined;
  /** Delete files whose lines are no longer in the list, even if it has no line of the earlier run. Default false. */
  readonly prune?: boolean | undefined;
  /** Also retry permanent failures of earlier runs. Default false. */
  readonly retryFailed?: boolean | undefined;
  /** Fetch each distinct URL once; later lines get a hard link to its file, or a copy. Default false. */
  readonly dedupe?: boolean | undefined;
  /** Record the digest of each body. */
  readonly hash?: "sha256" | undefined;
  /** Save the head of each response beside its file. Default false. */
  readonly saveHeaders?: boolean | undefined;
  /** Give each file the time of its Last-Modified. Default false. */
  readonly remoteTime?: boolean | undefined;
  /** What is synced to disk, and when; see docs/names-and-output.md. Default "run". */
  readonly durability?: "none" | "run" | "file" | undefined;
  /** Stop the run when fewer bytes are free on the disk. Default 64 MiB; 0 turns the check off. */
  readonly minFree?: number | undefined;
}

/** The options, and the store if `outputDir` was an address of one: then that is the folder of the state. */
export interface ResolvedOutputOptions extends OutputOptions {
  readonly store?: StoreAddress | undefined;
  /**
   * The attempt at a chunk of a fleet that the run is, such as "c000123-7f3a91c0": its objects are in a folder of that name, and its
   * records are put there by the worker that commits it.
   */
  readonly attempt?: string | undefined;
}

export const OUTPUT_DEFAULTS = {
  outputDir: OPTIONS.outputDir.default,
  name: OPTIONS.name.default,
  shardBy: OPTIONS.shardBy.default,
  format: OPTIONS.format.default,
  shardSize: OPTIONS.shardSize.default,
  shardCount: OPTIONS.shardCount.default,
  durability: OPTIONS.durability.default,
  minFree: OPTIONS.minFree.default,
} as const;

/** Whether the output needs what was sent and received, besides the bodies. */
export function keepsWire({ format, saveHeaders = false }: Pick<OutputOptions, "format" | "saveHeaders">): boolean {
  return saveHeaders || format === "warc";
}
