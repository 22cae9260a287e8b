// Archives as the output of a run: opens the sink, resumes by the records, and seals the archives when the run is over.

import { FolderError, OptionError, useAnotherFolder, type Wording } from "../../core/errors.ts";
import type { Outcome, ShardPlace } from "../../core/job.ts";
import { byExtension, type Layout, type ShardExtension } from "../../core/layout.ts";
import type { Source } from "../../core/ports.ts";
import type { OwnPaths } from "../../fs/own-paths.ts";
import type { History } from "../../journal/history.ts";
import { type ShardEnds, shardEnds } from "../../journal/verifying/shard-ends.ts";
import { remainingForShards } from "../../resume/resume-shards.ts";
import { type SealOptions, sealEndedShards, sealShards } from "../../sink/seal-shards.ts";
import { VERSION } from "../../version.ts";
import type { ContainerFormatName, ContainerPlan } from "./container-sink.ts";
import { OUTPUT_DEFAULTS, type OutputOptions } from "./output-options.ts";

type Format = NonNullable<OutputOptions["format"]>;

/** Why --save-headers and --remote-time do not go with an archive. */
const WITHOUT = { tar: "has neither", warc: "has the headers of all responses anyway" } as const;

/** The archive format that the options ask for; undefined for files. Throws an OptionError for options that do not go with it. */
export function containerFormatOf(options: OutputOptions): ContainerFormatName | undefined {
  const { format = OUTPUT_DEFAULTS.format, update, prune, text } = options;
  if (text !== undefined && format !== "tar") {
    throw new OptionError(({ option }) => `needs ${option("format")} tar: other outputs have no place for it`, "text");
  }
  if (options.warcMetadata === true && format !== "warc") {
    throw new OptionError(
      ({ option }) => `needs ${option("format")} warc: other outputs have no such records`,
      "warcMetadata",
    );
  }
  if (format === "files") return undefined;
  for (const name of ["saveHeaders", "remoteTime"] as const)
    if (options[name] === true)
      throw new OptionError(({ option }) => `is for files: ${option("format")} ${format} ${WITHOUT[format]}`, name);
  const other = update === true && format !== "warc" ? "update" : prune === true ? "prune" : undefined;
  if (other === undefined) return format;
  const why = ({ option }: Wording) =>
    `does not go with ${option("format")} ${format}: what is in an archive is never changed; without it, or with files`;
  throw new OptionError(why, other);
}

/** The formats of shards, by their extensions. */
const FORMATS: Readonly<Record<ShardExtension, ContainerFormatName>> = { ".tar": "tar", ".warc.gz": "warc" };

/** Throws a FolderError where an earlier run has saved lines in another format. */
export function refuseOtherFormat(folder: string, history: History | undefined, format: Format): void {
  if (history === undefined || history.saved === 0) return;
  const { highestName } = history.shards;
  const before: Format = byExtension(FORMATS, highestName ?? "") ?? "files";
  if (before === format) return;
  const waysIn = (words: Wording) =>
    `with ${words.option("format")} ${before}, or ${useAnotherFolder(words)}, or ${words.option("force")} to start over`;
  throw new FolderError("usage", (words) => `${folder}: holds a run in the format ${before}: ${waysIn(words)}`);
}

export interface ShardOutput {
  readonly plan: ContainerPlan;
  /** Called with each outcome that is recorded; `flush` writes the records that are still in memory. */
  recorded(outcome: Outcome, flush: () => void): void;
  /** The lines that are left to do. Throws a FolderError. */
  remaining(source: Source, again: (() => Source) | undefined, retryFailed: boolean): Promise<Source>;
  /** Gives all archives their final names. Called when all records are written and nothing is in flight. Throws errno errors. */
  seal(): Promise<void>;
  /** Ends what goes on while a run does, where its shards are not to be sealed. Never rejects. */
  stop(): Promise<void>;
}

export interface ShardOutputContext {
  readonly paths: Pick<OwnPaths, "folder" | "state">;
  readonly layout: Layout;
  readonly history: History | undefined;
  readonly processes: number;
  readonly note: (text: string) => void;
  /** The command line, without secrets; undefined for a program that uses the library. */
  readonly command: string | undefined;
}

const WHY_FIXED = "members of a shard cannot be renamed";

/** Interval at which shards that have ended are sealed, in milliseconds. */
const SEAL_INTERVAL_MS = 1000;

/** Seals what a killed run left. Throws errno errors. */
export async function openShardOutput(
  format: ContainerFormatName,
  options: OutputOptions,
  { paths: { folder, state }, layout, history, processes, note, command }: ShardOutputContext,
): Promise<ShardOutput> {
  const ends: ShardEnds = history?.shards ?? shardEnds(folder, state);
  const durability = options.durability ?? OUTPUT_DEFAULTS.durability;
  const isSynced = durability !== "none";
  const about: SealOptions = { folder, state, endOf: ends.endOf, isSynced };
  let timer: NodeJS.Timeout | undefined;
  let sealing: Promise<void> = sealShards(about);
  await sealing;
  const stop = async () => {
    clearInterval(timer);
    await sealing;
  };
  return {
    plan: {
      ...{ folder, state, infix: layout.infix, format, processes },
      warc: {
        hasMetadata: options.warcMetadata === true,
        isDeduped: options.dedupe === true,
        info: warcinfo(command),
      },
      shardBytes: options.shardSize ?? OUTPUT_DEFAULTS.shardSize,
      shardCount: options.shardCount ?? OUTPUT_DEFAULTS.shardCount,
      highest: ends.highest,
      name: options.name ?? OUTPUT_DEFAULTS.name,
      perDir: options.perDir,
      hash: options.hash !== undefined,
      durable: durability === "file",
      minFree: options.minFree ?? OUTPUT_DEFAULTS.minFree,
    },
    recorded(outcome, flush) {
      const { shard, offset = 0, stored_bytes: bytes = 0 } = outcome as Partial<ShardPlace>;
      if (shard === undefined) return;
      ends.add(shard, offset + bytes);
      timer ??= setInterval(() => {
        // A sealed shard is not cut any more: first its records are written. Errors occur again at the end, where they are reported.
        sealing = sealing
          .then(flush)
          .then(() => sealEndedShards(about))
          .catch(() => {});
      }, SEAL_INTERVAL_MS).unref();
    },
    async remaining(source, again, retryFailed) {
      if (history === undefined) return source;
      const { update = false } = options;
      const how = { folder, journalName: layout.journal, history, update, retryFailed, note, whyFixed: WHY_FIXED };
      return await remainingForShards(source, again, how);
    },
    stop,
    async seal() {
      await stop();
      await sealShards(about);
    },
  };
}

/** The fields of warcinfo. */
function warcinfo(command: string | undefined): readonly (readonly [string, string])[] {
  return [
    ["software", `bulkget/${VERSION}`],
    ["format", "WARC File Format 1.1"],
    ["conformsTo", "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"],
    ...(command === undefined ? [] : [["arguments", command] as const]),
  ];
}
