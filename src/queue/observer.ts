// Looks at the chunks in the queues without taking any: how many are in which state, and how far those under way are.

import { type Opener, QUEUE, type Queue } from "./bullmq.ts";
import { ofJobId } from "./chunk.ts";
import type { RunStore } from "./runs.ts";

export interface ActiveChunk {
  readonly run: string;
  readonly n: number;
  readonly attempt: number;
  /** What the attempt has shown last. */
  readonly progress: object;
}

export interface QueueState {
  readonly waiting: number;
  /** Failed chunks that are tried again later. */
  readonly delayed: number;
  /** Chunks that are not tried again before `enqueue` is run again. */
  readonly failed: number;
  readonly active: readonly ActiveChunk[];
}

export interface Observer {
  state(): Promise<QueueState>;
  close(): Promise<void>;
}

export function observer(open: Opener, store: Pick<RunStore, "queues">): Observer {
  const queues = new Map<string, Queue>();
  return {
    async state() {
      for (const name of new Set([QUEUE, ...(await store.queues())]))
        if (!queues.has(name)) queues.set(name, open.queue(name));
      const counts = { waiting: 0, delayed: 0, failed: 0 };
      const active: ActiveChunk[] = [];
      for (const queue of queues.values()) {
        const of = await queue.getJobCounts("waiting", "delayed", "failed", "active");
        for (const key of ["waiting", "delayed", "failed"] as const) counts[key] += of[key] ?? 0;
        if ((of["active"] ?? 0) === 0) continue;
        for (const { id = "", attemptsStarted, progress } of await queue.getJobs(["active"])) {
          const named = ofJobId(id);
          // Progress of an attempt before this one is of a worker that lost the chunk.
          const { attempt } = progress as { readonly attempt?: unknown };
          if (named === undefined || typeof progress !== "object" || attempt !== attemptsStarted) continue;
          active.push({ ...named, attempt: attemptsStarted, progress });
        }
      }
      return { ...counts, active };
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}
