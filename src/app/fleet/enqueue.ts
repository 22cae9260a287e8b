// Enqueues a list: splits it into chunks, and adds those that have no results.

import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { OptionError } from "../../core/errors.ts";
import type { Job } from "../../core/job.ts";
import { STATE_FOLDER } from "../../core/layout.ts";
import type { Source } from "../../core/ports.ts";
import type { ChunkLines } from "../../queue/chunk.ts";
import type { Producer } from "../../queue/producer.ts";
import type { RunStore } from "../../queue/runs.ts";
import { splitList } from "../../source/parts/split-list.ts";
import { settleChunk } from "./commit.ts";
import {
  type FleetOptions,
  type FleetPlan,
  type FleetRecord,
  readRecord,
  refuseOtherRun,
  writeRecord,
} from "./plan.ts";
import { committedChunks } from "./results.ts";

/** Most lines of a chunk that has the lines themselves. */
export const MAX_SENT_LINES = 1000;

/** Buckets of hosts: each is downloaded by one worker at a time. */
export const HOST_BUCKETS = 64;

export interface EnqueueOptions {
  /** The output folder, as an absolute path. */
  readonly folder: string;
  /** The lists, as absolute paths; "-" for standard input. */
  readonly lists: readonly string[];
  /** The list's path and length, where chunks are ranges of its bytes. */
  readonly range: { readonly path: string; readonly bytes: number } | undefined;
  /** Reads the list otherwise. */
  readonly read: () => Source;
  readonly chunkLines: number;
  /** The bucket of a job's host, where hosts are kept apart. */
  readonly bucketOf: ((job: Job) => number) | undefined;
  readonly options: FleetOptions;
  readonly stop: AbortSignal;
  readonly note: (text: string) => void;
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
  const { folder, lists, range, bucketOf, stop } = options;
  const chunkLines = range === undefined ? Math.min(options.chunkLines, MAX_SENT_LINES) : options.chunkLines;
  const about = {
    lists,
    ...(range === undefined ? {} : { listBytes: range.bytes }),
    chunkLines,
    shardBy: bucketOf === undefined ? ("line" as const) : ("host" as const),
    format: "files" as const,
    name: options.options.name ?? "",
  };
  const before = readRecord(folder);
  if (before !== undefined) refuseOtherRun(before, about);
  const run = before?.run ?? randomBytes(4).toString("hex");
  const begin = before?.begin ?? new Date().toISOString();
  const record: FleetRecord = { ...before, run, begin, ...about };
  writeRecord(folder, record);
  const plan: FleetPlan = { ...record, folder, options: options.options };
  await store.put(run, plan);
  await settleLeft(options);

  const committed = committedChunks(folder);
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
    range === undefined ? await addLines(options, chunkLines, addChunk) : await addRanges(range, chunkLines, addChunk);
  await add.end();
  if (stop.aborted) return { record, added, committed: committed.size };
  const whole = { ...record, chunks, lines };
  writeRecord(folder, whole);
  await store.put(run, { ...plan, chunks, lines });
  return { record: whole, added, committed: committed.size };
}

type AddChunk = (n: number, lines: ChunkLines, bucket?: number) => Promise<void>;

async function addRanges(
  range: { readonly path: string; readonly bytes: number },
  chunkLines: number,
  add: AddChunk,
): Promise<number> {
  const split = await splitList(range.path, chunkLines, ({ n, fromBytes, toBytes }) => add(n, { fromBytes, toBytes }));
  if (split?.bytes !== range.bytes)
    throw new OptionError(`${range.path}: changed while it was read: run the same command again`);
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

/** Finishes chunks whose worker was killed between the commit and its end. */
async function settleLeft({ folder, options, note }: EnqueueOptions): Promise<void> {
  const chunks = new Set<number>();
  for (const name of readdirSync(join(folder, STATE_FOLDER))) {
    const [, n] = /^c(\d{6,12})-\d+$/.exec(name) ?? [];
    if (n !== undefined) chunks.add(Number(n));
  }
  for (const chunk of chunks) await settleChunk({ folder, chunk, isSynced: options.durability !== "none", note });
}
