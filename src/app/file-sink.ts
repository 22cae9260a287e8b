// The sink into the output folder, as the options want it: the same in every process that writes there.

import { OptionError } from "../core/errors.ts";
import type { Job } from "../core/job.ts";
import type { Sink } from "../core/ports.ts";
import { OPTIONS } from "../options/table.ts";
import { type DirectoryOptions, directory } from "../sink/directory/directory.ts";
import { type FileNames, fileNames } from "../sink/directory/file-names.ts";
import { freeSpaceCheck } from "../sink/directory/free-space.ts";
import type { Replaceable } from "../sink/directory/name-conflict.ts";
import { dropUnusable, partialFiles } from "../sink/directory/partial-files.ts";
import { CREATE, MODE } from "../sink/directory/temp-file.ts";
import { writerThread } from "../sink/directory/writer-thread.ts";
import { nearest } from "../sink/folder/output-folder.ts";
import type { Span } from "../sink/folder/unclean-shutdown.ts";
import type { OutputOptions } from "./output-options.ts";
import { mayStartThread } from "./process-limits.ts";

/** How files are named. Throws an OptionError for what cannot be used, or not together. */
export function namingOf({ name, perDir, force, update, prune }: OutputOptions): FileNames {
  const other = update === true ? "update" : prune === true ? "prune" : undefined;
  if (force === true && other !== undefined)
    throw new OptionError(({ option }) => `starts over, and ${option(other)} goes on: use one of them`, "force");
  return fileNames(name ?? OPTIONS.name.default, perDir);
}

/** What a process has to know to write there; plain data. */
export interface FileSinkPlan {
  readonly folder: string;
  readonly state: string;
  /** Whether a process that writes there stays in its working directory for good. */
  readonly stays: boolean;
  readonly name: string;
  readonly perDir?: number;
  /** The folder held nothing when the run began. */
  readonly empty: boolean;
  /** The folder holds an earlier run, which is gone on with. */
  readonly resuming: boolean;
  /** When the run began, by the clock that files get their times from. */
  readonly startMs: number;
  /** When files were saved that are in no record. */
  readonly spans: readonly Span[];
  readonly hash: boolean;
  readonly durable: boolean;
  readonly minFree: number;
  /** What a small file took there at the beginning, in milliseconds. */
  readonly probeMs: number;
  /** How many processes write there at most. */
  readonly processes: number;
}

/**
 * Whether a job is for the process with the lock, and no other: only that knows whose a file is that a killed run has left,
 * or whose line is gone; and where there is nothing to be tried no other is asked.
 */
export function isForOne({ name, perDir, spans, resuming }: FileSinkPlan): (job: Job) => boolean {
  const { unique } = fileNames(name, perDir);
  const asks = spans.length > 0 || resuming;
  return (job) =>
    job.duplicateOf !== undefined || job.refused !== undefined || (asks && !(unique && job.name === undefined));
}

/** What is known of the files in the folder. */
export interface Known extends Omit<Replaceable, "spans"> {
  /** Whether a record that counts has a file. Default: whether any has it. */
  readonly counts?: (file: string) => boolean;
}

/**
 * `helper`: 0 for the process that has the lock, otherwise a number of its own; `stop`: aborted when the run is to end. Throws what
 * the file system says.
 */
export function fileSink(
  plan: FileSinkPlan,
  { counts, ...known }: Known,
  { helper = 0, stop }: { readonly helper?: number; readonly stop?: AbortSignal | undefined } = {},
): Sink {
  const { name, perDir, empty, resuming, startMs, spans, hash, durable, minFree, probeMs, processes } = plan;
  const shortened = plan.stays ? nearest : (path: string) => path;
  const folder = shortened(plan.folder);
  const state = shortened(plan.state);
  const options: DirectoryOptions = {
    ...{ folder, names: fileNames(name, perDir), parts: partialFiles(state, helper), empty, hash, durable },
    ...(spans.length === 0 && !resuming ? {} : { replaceable: { spans, ...known } }),
    ...(empty ? {} : { lost: { startMs, recorded: counts ?? known.recorded } }),
    // Another process takes the core that a thread would want.
    ...(processes === 1 && mayStartThread() ? { scribe: () => writerThread(CREATE, MODE) } : {}),
    full: freeSpaceCheck(folder, minFree, processes),
    probeMs,
    stop,
  };
  return { ...directory(options), sweep: () => dropUnusable(state) };
}
