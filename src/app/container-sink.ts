// The sink into the shards of an output folder: the same in every process that writes there.

import type { Job } from "../core/job.ts";
import type { Sink } from "../core/ports.ts";
import { type ContainerFormat, containerSink } from "../sink/container/container.ts";
import { type ShardExtension, shardNames } from "../sink/container/shard-names.ts";
import { tarFormat } from "../sink/container/tar.ts";
import { fileNames } from "../sink/directory/file-names.ts";
import { freeSpaceCheck } from "../sink/directory/free-space.ts";
import { dropUnusable, partialFiles } from "../sink/directory/partial-files.ts";

/** The formats of shards, by their names. */
const FORMATS = {
  tar: { extension: ".tar", format: () => tarFormat(Date.now) },
} as const satisfies Record<string, { readonly extension: ShardExtension; readonly format: () => ContainerFormat }>;

export type ContainerFormatName = keyof typeof FORMATS;

/** The options of the sink as plain data, which another process can receive. */
export interface ContainerPlan {
  readonly folder: string;
  readonly state: string;
  readonly format: ContainerFormatName;
  /** Maximum length of a shard, in bytes, and maximum number of lines in it. */
  readonly shardBytes: number;
  readonly shardCount: number;
  /** The highest number of a shard that a record names; -1 for none. */
  readonly highest: number;
  readonly name: string;
  readonly perDir: number | undefined;
  readonly hash: boolean;
  readonly durable: boolean;
  readonly minFree: number;
  readonly processes: number;
}

/** The shard extension of a format. */
export function extensionOf(format: ContainerFormatName): ShardExtension {
  return FORMATS[format].extension;
}

/** Jobs without a request run in the process with the lock. */
export function needsNoRequest(job: Job): boolean {
  return job.duplicateOf !== undefined || job.refused !== undefined;
}

/** `worker`: 0 for the process with the lock, otherwise the number of the worker. */
export function openContainer(plan: ContainerPlan, worker = 0): Sink {
  const { folder, state, format, shardBytes, shardCount, highest, name, perDir, hash, durable, minFree, processes } =
    plan;
  const { extension, format: formatOf } = FORMATS[format];
  const sink = containerSink({
    ...{ folder, hash, durable },
    names: fileNames(name, perDir),
    shards: shardNames(folder, state, extension, highest),
    parts: partialFiles(state, worker),
    format: formatOf(),
    maxBytes: shardBytes,
    maxGroups: shardCount,
    checkSpace: freeSpaceCheck(folder, minFree, processes),
  });
  return { ...sink, sweep: () => dropUnusable(state) };
}
