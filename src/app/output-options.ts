// The options of the output folder, with their defaults.

import { OPTIONS } from "../options/table.ts";

/** Options of the output folder. */
export interface OutputOptions {
  /** The folder for files, results.jsonl and failed.txt. Default "downloads". */
  readonly outputDir?: string | undefined;
  /** How files are named, relative to the folder. Default "{n:6}{ext}"; also {n}, {host}, {path}, {basename}, {stem}. */
  readonly name?: string | undefined;
  /** Lines to a folder: line 42 is `000/000042.jpg` with 1000. Default: all files lie in one. */
  readonly perDir?: number | undefined;
  /** Start over in a folder that holds an earlier run: what that run saved is removed. Default false. */
  readonly force?: boolean | undefined;
  /** Ask the server for what an earlier run saved, and fetch what has changed. Default false: it is skipped. */
  readonly update?: boolean | undefined;
  /** Remove what was saved of lines that are no longer in the list; a list of another folder is taken, too. Default false. */
  readonly prune?: boolean | undefined;
  /** Also try again what failed for good in an earlier run. Default false. */
  readonly retryFailed?: boolean | undefined;
  /** Fetch a URL that comes again only once: later lines get a hard link to its file, or a copy. Default false. */
  readonly dedupe?: boolean | undefined;
  /** Put the digest of every body into its record. */
  readonly hash?: "sha256" | undefined;
  /** What a power loss may cost; see docs/names-and-output.md. Default "run". */
  readonly durability?: "none" | "run" | "file" | undefined;
  /** Stop while so many bytes are still free on the disk. Default 64 MiB; 0 for never. */
  readonly minFree?: number | undefined;
}

export const OUTPUT_DEFAULTS = {
  outputDir: OPTIONS.outputDir.default,
  name: OPTIONS.name.default,
  durability: OPTIONS.durability.default,
  minFree: OPTIONS.minFree.default,
} as const;
