// Opens the sink that writes files, from plain options, in the run's process and in worker processes alike.

import { OptionError } from "../../core/errors.ts";
import type { Job } from "../../core/job.ts";
import type { ListShard } from "../../core/layout.ts";
import type { Sink } from "../../core/ports.ts";
import { OPTIONS } from "../../options/table.ts";
import { type DirectoryOptions, directory } from "../../sink/directory/directory.ts";
import type { KeptThread } from "../../sink/directory/kept-thread.ts";
import type { Replaceable } from "../../sink/directory/name-conflict.ts";
import { writerThread } from "../../sink/directory/writer-thread.ts";
import { freeSpaceCheck } from "../../sink/files/free-space.ts";
import { dropUnusable, partialFiles } from "../../sink/files/partial-files.ts";
import { shortestPath } from "../../sink/folder/output-folder.ts";
import type { Span } from "../../sink/folder/unclean-shutdown.ts";
import { type FileNames, fileNames } from "../../sink/names/file-names.ts";
import { mayStartThread } from "../process-limits.ts";
import { namingIn } from "./container-sink.ts";
import type { OutputOptions } from "./output-options.ts";

/** Creates the naming of lines. Throws an OptionError for options that cannot be used, or not together. */
export function namingOf({ name, perDir, format, force, update, prune }: OutputOptions): FileNames {
  const other = update === true ? "update" : prune === true ? "prune" : undefined;
  if (force === true && other !== undefined)
    throw new OptionError(({ option }) => `starts over, and ${option(other)} goes on: use one of them`, "force");
  const names = fileNames(name ?? OPTIONS.name.default, perDir);
  return format === undefined || format === "files" ? names : namingIn(format, names);
}

/** The options of the sink as plain data, which another process can receive. */
export interface FileSinkPlan {
  readonly folder: string;
  readonly state: string;
  /** The path of the run's journal. */
  readonly journal: string;
  /** The shard of the list that the run is of: other shards may have files there. */
  readonly shard: ListShard | undefined;
  /** Whether the process never changes its working directory. */
  readonly stays: boolean;
  readonly name: string;
  readonly perDir: number | undefined;
  /** The folder was empty when the run began. */
  readonly empty: boolean;
  /** The run is an attempt of a fleet: its files are moved when it is committed. */
  readonly isPrivate: boolean;
  /** The run resumes an earlier one. */
  readonly resuming: boolean;
  /** The start of the run, by the clock of the file system. */
  readonly startMs: number;
  /** Time spans in which files were saved without a record. */
  readonly spans: readonly Span[];
  readonly hash: boolean;
  readonly saveHeaders: boolean;
  readonly remoteTime: boolean;
  readonly durable: boolean;
  readonly minFree: number;
  /** How long writing a small file took at the beginning, in milliseconds. */
  readonly probeMs: number;
  /** Maximum number of processes that write there. */
  readonly processes: number;
}

/**
 * Whether only the process with the lock may run a job: it alone knows the owner of a file that a killed run or a removed line
 * left behind. Jobs without a request (duplicates, refused ones) also run there.
 */
export function isForOne({ name, perDir, spans, resuming }: FileSinkPlan): (job: Job) => boolean {
  const { unique } = fileNames(name, perDir);
  const mayFindFile = spans.length > 0 || resuming;
  return (job) =>
    job.duplicateOf !== undefined || job.refused !== undefined || (mayFindFile && !(unique && job.name === undefined));
}

/** Which files in the folder have a record. */
export interface Known extends Omit<Replaceable, "spans"> {
  /** Whether the last record of some line has a file. Default: whether any record has it. */
  readonly counts?: (file: string) => boolean;
}

export interface SinkContext {
  readonly worker?: number;
  readonly stop?: AbortSignal | undefined;
  /** The thread of the runs before. Default: a thread of its own. */
  readonly thread?: KeptThread | undefined;
}

/**
 * `worker`: 0 for the process with the lock, otherwise the number of the worker. `stop`: aborts when the run is to end. Throws the
 * errno error.
 */
export function fileSink(
  plan: FileSinkPlan,
  { counts, ...known }: Known,
  { worker = 0, stop, thread }: SinkContext = {},
): Sink {
  const { name, perDir, empty, resuming, startMs, spans, hash, durable, minFree, probeMs, processes } = plan;
  const shortened = plan.stays ? shortestPath : (path: string) => path;
  const folder = shortened(plan.folder);
  const state = shortened(plan.state);
  const options: DirectoryOptions = {
    ...{ folder, names: fileNames(name, perDir), parts: partialFiles(state, worker), empty, hash, durable },
    ...{ saveHeaders: plan.saveHeaders, remoteTime: plan.remoteTime, isPrivate: plan.isPrivate },
    ...(spans.length === 0 && !resuming ? {} : { replaceable: { spans, ...known } }),
    ...(empty ? {} : { recoverable: { startMs, recorded: counts ?? known.recorded } }),
    // With several processes, no core is free for a thread.
    ...(processes === 1 && mayStartThread() ? { startThread: thread?.start ?? (() => writerThread()) } : {}),
    ...(thread?.isThere === true ? { isTime: () => true } : {}),
    checkSpace: freeSpaceCheck(folder, minFree, processes),
    probeMs,
    stop,
  };
  return { ...directory(options), sweep: () => dropUnusable(state) };
}
