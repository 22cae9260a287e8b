// Adds chunks to the queues, in batches, and holds their producer back while many wait.

import { type Opener, QUEUE, type Queue } from "./bullmq.ts";
import { type Chunk, jobId, toData } from "./chunk.ts";
import type { RunStore } from "./runs.ts";

/** Chunks of byte ranges that are added by one call. */
const BATCH_CHUNKS = 2000;

/** A producer that sends lines is held back while this many chunks wait. */
export const MAX_WAITING_CHUNKS = 1000;

/** How often a producer that is held back looks, in milliseconds. */
const LOOK_MS = 200;

/** The only name of jobs. */
const NAME = "c";

export interface Producer {
  /** Adds a chunk, to the queue of a host bucket if there is one. A chunk that is in its queue already is left alone. */
  add(chunk: Chunk, bucket?: number): Promise<void>;
  /** Resolves when fewer than `MAX_WAITING_CHUNKS` wait, or `stop` aborts. */
  room(stop: AbortSignal): Promise<void>;
  /** Adds what is in memory, and gives failed chunks another try. */
  end(): Promise<void>;
  close(): Promise<void>;
}

/** The queue of a bucket of hosts: one chunk at a time, in the whole fleet. */
export function bucketQueue(bucket: number): string {
  return `${QUEUE}-host-${String(bucket).padStart(2, "0")}`;
}

export function producer(open: Opener, store: RunStore): Producer {
  const queues = new Map<string, Queue>();
  const batches = new Map<Queue, Chunk[]>();

  const queueOf = async (bucket: number | undefined): Promise<Queue> => {
    const name = bucket === undefined ? QUEUE : bucketQueue(bucket);
    const known = queues.get(name);
    if (known !== undefined) return known;
    const queue = open.queue(name);
    queues.set(name, queue);
    batches.set(queue, []);
    if (bucket !== undefined) await queue.setGlobalConcurrency(1);
    await store.addQueue(name);
    return queue;
  };
  const flush = async (queue: Queue, batch: Chunk[]) => {
    const chunks = batch.splice(0);
    if (chunks.length === 0) return;
    await queue.addBulk(
      chunks.map(({ run, n, lines }) => ({ name: NAME, data: toData(lines), opts: { jobId: jobId(run, n) } })),
    );
  };
  const waiting = async () => {
    let sum = 0;
    for (const queue of queues.values()) sum += await queue.getJobCountByTypes("waiting", "delayed");
    return sum;
  };

  return {
    async add(chunk, bucket) {
      const queue = await queueOf(bucket);
      const batch = batches.get(queue) ?? [];
      batch.push(chunk);
      if ("jobs" in chunk.lines || batch.length >= BATCH_CHUNKS) await flush(queue, batch);
    },
    async room(stop) {
      while (!stop.aborted && (await waiting()) >= MAX_WAITING_CHUNKS)
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    },
    async end() {
      for (const [queue, batch] of batches) {
        await flush(queue, batch);
        await queue.retryJobs({ state: "failed" });
      }
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}
