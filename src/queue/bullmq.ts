// Loads BullMQ, and opens its queues: the only file that knows the package.

import type { Job, Queue, Worker } from "bullmq";
import { installed } from "./packages.ts";
import type { Redis } from "./redis.ts";

export type { Job, Queue, Worker };

/** The queue of chunks that any worker may take. */
export const QUEUE = "bulkget";

/** Times that a chunk may lose its worker, before it counts as failed. */
const MAX_STALLED_COUNT = 50;

/** Seconds that an idle worker waits for a job in one call. */
const IDLE_WAIT_S = 1;

export interface Opener {
  queue(name: string): Queue;
  /** `leaseMs`: how long a job is its worker's without a sign of life. */
  worker(name: string, leaseMs: number): Worker;
}

/** Throws an OptionError where BullMQ is not installed. `onError`: errors that no call returns. */
export function loadBullmq(redis: Redis, onError: (error: Error) => void): Opener {
  const { Queue: QueueClass, Worker: WorkerClass } = installed<typeof import("bullmq")>("bullmq");
  return {
    queue(name) {
      const queue = new QueueClass(name, { connection: redis, skipVersionCheck: true });
      queue.on("error", onError);
      return queue;
    },
    worker(name, leaseMs) {
      const worker = new WorkerClass(name, null, {
        connection: redis,
        skipVersionCheck: true,
        autorun: false,
        drainDelay: IDLE_WAIT_S,
        lockDuration: leaseMs,
        stalledInterval: Math.max(1000, leaseMs / 4),
        maxStalledCount: MAX_STALLED_COUNT,
        removeOnComplete: { count: 0 },
      });
      worker.on("error", onError);
      return worker;
    },
  };
}
