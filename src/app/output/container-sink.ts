// The sink into the shards of an output folder: the same in every process that writes there.

import type { Job } from "../../core/job.ts";
import type { ShardExtension } from "../../core/layout.ts";
import type { Sink } from "../../core/ports.ts";
import { containerSink } from "../../sink/container/container.ts";
import type { ContainerFormat } from "../../sink/container/container-format.ts";
import { shardNames, shardPaths } from "../../sink/container/shard-names.ts";
import { tarFormat } from "../../sink/container/tar.ts";
import { memberNaming } from "../../sink/container/tar-names.ts";
import { freeSpaceCheck } from "../../sink/files/free-space.ts";
import { dropUnusable, partialFiles } from "../../sink/files/partial-files.ts";
import { type FileNames, fileNames } from "../../sink/names/file-names.ts";
import { type WarcOptions, warcFormat } from "../../sink/warc/warc.ts";

export type ContainerFormatName = "tar" | "warc";

/** The formats of shards, by their names. */
const FORMATS: {
  readonly [Name in ContainerFormatName]: {
    readonly extension: ShardExtension;
    readonly format: (plan: ContainerPlan) => ContainerFormat;
    /** What lines of the same name are, if files would have the names `names`. */
    readonly naming: (names: FileNames) => FileNames;
  };
} = {
  tar: { extension: ".tar", format: () => tarFormat(Date.now), naming: memberNaming },
  warc: {
    extension: ".warc.gz",
    format: ({ folder, state, infix, hash, warc }) =>
      warcFormat({
        ...warc,
        label: hash ? "sha256" : "sha1",
        infix,
        pathsOf: (shard) => shardPaths(folder, state, shard),
        now: Date.now,
      }),
    // Records have URLs instead of names.
    naming: (names) => ({ ...names, isUncertain: false, of: () => "", before: () => undefined }),
  },
};

/** The options of the sink as plain data, which another process can receive. */
export interface ContainerPlan {
  readonly folder: string;
  readonly state: string;
  /** What follows the number in the names of archives. */
  readonly infix: string;
  readonly format: ContainerFormatName;
  /** The options of WARC alone. */
  readonly warc: Pick<WarcOptions, "hasMetadata" | "isDeduped" | "info">;
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

/** The naming of lines in a format, where files would have the names `names`. */
export function namingIn(format: ContainerFormatName, names: FileNames): FileNames {
  return FORMATS[format].naming(names);
}

/** Jobs without a request run in the process with the lock. */
export function needsNoRequest(job: Job): boolean {
  return job.duplicateOf !== undefined || job.refused !== undefined;
}

/** `worker`: 0 for the process with the lock, otherwise the number of the worker. */
export function openContainer(plan: ContainerPlan, worker = 0): Sink {
  const {
    folder,
    state,
    infix,
    format,
    shardBytes,
    shardCount,
    highest,
    name,
    perDir,
    hash,
    durable,
    minFree,
    processes,
  } = plan;
  const { extension, format: formatOf } = FORMATS[format];
  const sink = containerSink({
    ...{ folder, hash, durable },
    names: namingIn(format, fileNames(name, perDir)),
    shards: shardNames({ folder, state, extension, infix }, highest),
    parts: partialFiles(state, worker),
    format: formatOf(plan),
    maxBytes: shardBytes,
    maxGroups: shardCount,
    checkSpace: freeSpaceCheck(folder, minFree, processes),
  });
  return { ...sink, sweep: () => dropUnusable(state) };
}
