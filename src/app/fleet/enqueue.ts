// Enqueues a list: splits it into chunks, and adds those that have no results.

import { randomBytes } from "node:crypto";
import { OptionError } from "../../core/errors.ts";
import type { Job } from "../../core/job.ts";
import type { Source } from "../../core/ports.ts";
import type { ChunkLines } from "../../queue/chunk.ts";
import type { Producer } from "../../queue/producer.ts";
import type { RunStore } from "../../queue/runs.ts";
import type { Part, Split } from "../../source/parts/split-list.ts";
import type { FleetOutput } from "./commit/fleet-output.ts";
import { type FleetOptions, type FleetPlan, type FleetRecord, refuseOtherRun } from "./plan.ts";

/** Most lines of a chunk that has the lines themselves. */
export const MAX_SENT_LINES = 1000;

/** Buckets of hosts: each is downloaded by one worker at a time. */
export const HOST_BUCKETS = 64;

export interface EnqueueOptions {
  /** The output, which is claimed. */
  readonly output: FleetOutput;
  /** It had nothing before. */
  readonly isEmpty: boolean;
  /** The lists, as absolute paths; "-" for standard input. */
  readonly lists: readonly string[];
  /** The list, where chunks are ranges of its bytes. */
  readonly range: SplitList | undefined;
  /** Reads the list otherwise. */
  readonly read: () => Source;
  readonly chunkLines: number;
  /** The bucket of a job's host, where hosts are kept apart. */
  readonly bucketOf: ((job: Job) => number) | undefined;
  readonly options: FleetOptions;
  readonly stop: AbortSignal;
}

export interface SplitList {
  readonly bytes: number;
  readonly crc: number;
  /** The strong ETag of a list on the web. */
  readonly etag?: string;
  /** Splits it into parts of as many lines; undefined where that is not possible. */
  split(lines: number, onPart: (part: Part) => Promise<void>): Promise<Split | undefined>;
}

export interface Enqueued {
  readonly record: FleetRecord;
  /** Chunks that were added, or are in the queue already. */
  readonly added: number;
  /** Chunks with results. */
  readonly committed: number;
}

/** Throws an OptionError, a FolderError or a ListError; rejects where the queue cannot be reached any more. */
export async function enqueueList(options: EnqueueOptions, add: Producer, store: RunStore): Promise<Enqueued> {
  const { output, lists, range, bucketOf, stop } = options;
  const chunkLines = range === undefined ? Math.min(options.chunkLines, MAX_SENT_LINES) : options.chunkLines;
  const about = {
    lists,
    ...(range === undefined ? {} : { listBytes: range.bytes, listCrc: range.crc }),
    ...(range?.etag === undefined ? {} : { listEtag: range.etag }),
    chunkLines,
    shardBy: bucketOf === undefined ? ("line" as const) : ("host" as const),
    format: options.options.format ?? "files",
    name: options.options.name ?? "",
  };
  const before = await output.record();
  if (before !== undefined) refuseOtherRun(before, about);
  const run = before?.run ?? randomBytes(4).toString("hex");
  const begin = before?.begin ?? new Date().toISOString();
  const wasEmpty = before === undefined ? options.isEmpty : before.wasEmpty === true;
  const record = await output.putRecord({ ...before, run, begin, wasEmpty, ...about });
  const plan: FleetPlan = { ...record, folder: output.shown, options: options.options };
  await store.put(run, plan);
  await output.settleAll();

  const committed = await output.committed();
  let chunks = 0;
  let added = 0;
  const addChunk = async (n: number, lines: ChunkLines, bucket?: number) => {
    chunks = n;
    if (committed.has(n)) return;
    added++;
    if ("jobs" in lines) await add.room(stop);
    await add.add({ run, n, lines }, bucket);
  };
  const lines =
    range === undefined
      ? await addLines(options, chunkLines, addChunk)
      : await addRanges(range, lists[0], chunkLines, addChunk);
  await add.end();
  if (stop.aborted) return { record, added, committed: committed.size };
  const whole = await output.putRecord({ ...record, chunks, lines });
  await store.put(run, { ...plan, chunks, lines });
  return { record: whole, added, committed: committed.size };
}

type AddChunk = (n: number, lines: ChunkLines, bucket?: number) => Promise<void>;

async function addRanges(
  range: SplitList,
  list: string | undefined,
  chunkLines: number,
  add: AddChunk,
): Promise<number> {
  const split = await range.split(chunkLines, ({ n, ...lines }) => add(n, lines));
  if (split?.bytes !== range.bytes || split.crc !== range.crc)
    throw new OptionError(`${list ?? ""}: changed while it was read: run the same command again`);
  return split.lines;
}

/** Adds chunks with the jobs themselves, those of each bucket apart. Returns the number of jobs. */
async function addLines({ read, bucketOf, stop }: EnqueueOptions, chunkLines: number, add: AddChunk): Promise<number> {
  const open = new Map<number | undefined, Job[]>();
  let n = 0;
  let count = 0;
  for await (const batch of read()) {
    for (const job of batch) {
      if (stop.aborted) return count;
      count++;
      const bucket = bucketOf?.(job);
      const jobs = open.get(bucket) ?? [];
      open.set(bucket, jobs);
      if (jobs.push(job) < chunkLines) continue;
      open.delete(bucket);
      await add(++n, { jobs }, bucket);
    }
  }
  for (const [bucket, jobs] of open) await add(++n, { jobs }, bucket);
  return count;
}
