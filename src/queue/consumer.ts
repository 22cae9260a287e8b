// Takes chunks from the queues, one lease at a time, and renews each lease until its chunk is done, failed or given back.

import { type Job, type Opener, QUEUE, type Worker } from "./bullmq.ts";
import { type Chunk, fromData, ofJobId } from "./chunk.ts";
import { monotonicMs } from "./monotonic.ts";
import type { RunStore } from "./runs.ts";

/** Renewals in the time of a lease: two of three may be late. */
const RENEWALS_PER_LEASE = 3;

/**
 * A lease that cannot be renewed counts as lost after this part of its time, where hosts are kept apart: the server may not be
 * reached, and would then lease the chunk to another worker.
 */
const SURE_PART = 0.8;

/** How long an idle worker waits before it looks again, where it looks into several queues, in milliseconds. */
const LOOK_MS = 500;

/** How long the names of the queues are believed, in milliseconds. */
const QUEUES_MS = 5000;

/** A chunk that was taken this often is not tried again, until `enqueue` is run again. */
const MAX_ATTEMPTS = 50;

/** Delay before a failed chunk is tried again, in milliseconds: doubled by each attempt, up to the second. */
const RETRY_DELAY_MS = [2000, 300_000] as const;

export interface Lease {
  readonly chunk: Chunk;
  /** How often the chunk was taken, this time included. */
  readonly attempt: number;
  /** Aborts when the chunk may be another worker's by now. */
  readonly lost: AbortSignal;
  /**
   * Calls `act` with the time until which the chunk is certainly this worker's, by `monotonicMs`: now, and after each renewal. Never
   * where any worker may take any chunk: then two of them at one chunk do no harm.
   */
  onHeld(act: (untilMs: number) => void): void;
  /** The chunk has its results. Rejects where the lease was lost. */
  done(): Promise<void>;
  /** The chunk could not be tried to its end: it is tried again after a delay, by any worker. */
  fail(reason: string): Promise<void>;
  /** The chunk goes back to the queue at once; this attempt does not count. */
  giveBack(): Promise<void>;
  /** Shows to `watch` how far the attempt is. Never rejects. */
  progress(progress: object): Promise<void>;
}

export interface Consumer {
  /**
   * Takes a chunk; undefined if there is none, also after a wait of a second at most where `waits`. Not to be called again before it
   * resolves.
   */
  next(waits: boolean): Promise<Lease | undefined>;
  /** Chunks that wait, are delayed or are under way anywhere. */
  left(): Promise<number>;
  close(): Promise<void>;
}

export interface ConsumerOptions {
  readonly open: Opener;
  readonly store: Pick<RunStore, "queues">;
  /** Names this process: unique in the fleet. */
  readonly token: string;
  readonly leaseMs: number;
  readonly note: (text: string) => void;
}

export function consumer({ open, store, token, leaseMs, note }: ConsumerOptions): Consumer {
  const workers = new Map<string, Worker>();
  let leases = 0;
  let turn = 0;
  let knownUntilMs = 0;

  const refresh = async () => {
    if (performance.now() < knownUntilMs) return;
    for (const name of new Set([QUEUE, ...(await store.queues())])) {
      if (workers.has(name)) continue;
      const worker = open.worker(name, leaseMs);
      workers.set(name, worker);
      await worker.startStalledCheckTimer();
    }
    knownUntilMs = performance.now() + QUEUES_MS;
  };

  return {
    async next(waits) {
      await refresh();
      const own = `${token}:${++leases}`;
      const all = [...workers.values()];
      for (const [i] of all.entries()) {
        const worker = all[(turn + i) % all.length];
        const askedMs = monotonicMs();
        const job = await worker?.getNextJob(own, { block: waits && all.length === 1 });
        if (worker === undefined || job === undefined) continue;
        turn = (turn + i + 1) % all.length;
        const lease = leaseOf(worker, job, { token: own, leaseMs, askedMs });
        if (lease !== undefined) return lease;
        note(`the job ${job.id ?? ""} in the queue ${worker.name} is not bulkget's: it is set aside as failed`);
        await job.moveToFailed(new Error("no chunk of bulkget"), own, false);
      }
      if (waits && all.length > 1) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      return undefined;
    },
    async left() {
      let sum = 0;
      for (const name of workers.keys()) {
        const queue = open.queue(name);
        sum += await queue.getJobCountByTypes("waiting", "delayed", "active");
        await queue.close();
      }
      return sum;
    },
    async close() {
      await Promise.all([...workers.values()].map((worker) => worker.close()));
    },
  };
}

interface LeaseOptions {
  readonly token: string;
  readonly leaseMs: number;
  /** When it was asked for, by `monotonicMs`. */
  readonly askedMs: number;
}

/** The lease of a job; undefined for a job of another program. */
function leaseOf(worker: Worker, job: Job, { token, leaseMs, askedMs }: LeaseOptions): Lease | undefined {
  const id = job.id ?? "";
  const named = ofJobId(id);
  const lines = fromData(job.data);
  if (named === undefined || lines === undefined) return undefined;
  const attempt = job.attemptsStarted;
  const lost = new AbortController();
  const isExclusive = worker.name !== QUEUE;
  let expiry: NodeJS.Timeout | undefined;
  let untilMs = 0;
  let onHeld: (untilMs: number) => void = () => {};
  const stopTimers = () => {
    clearInterval(renewal);
    clearTimeout(expiry);
  };
  const lose = () => {
    stopTimers();
    lost.abort();
  };
  const hold = (sinceMs: number) => {
    if (!isExclusive) return;
    clearTimeout(expiry);
    untilMs = sinceMs + leaseMs * SURE_PART;
    expiry = setTimeout(lose, Math.max(0, untilMs - monotonicMs()));
    onHeld(untilMs);
  };
  const renewal = setInterval(() => {
    const sentMs = monotonicMs();
    // A server that cannot be reached answers later, and then with the truth: until then, the work goes on.
    void worker.extendJobLocks([id], [token], leaseMs).then((failed) => {
      if (failed.length > 0) lose();
      else if (!isEnded && !lost.signal.aborted) hold(sentMs);
    }, lose);
  }, leaseMs / RENEWALS_PER_LEASE);
  let isEnded = false;
  hold(askedMs);
  const end = async (move: () => Promise<unknown>) => {
    isEnded = true;
    stopTimers();
    await move();
  };
  return {
    chunk: { ...named, lines },
    attempt,
    lost: lost.signal,
    onHeld(act) {
      onHeld = act;
      if (isExclusive) act(untilMs);
    },
    done: () => end(() => job.moveToCompleted(1, token, false)),
    fail: (reason) =>
      end(() => {
        if (attempt >= MAX_ATTEMPTS) return job.moveToFailed(new Error(reason), token, false);
        const [leastMs, mostMs] = RETRY_DELAY_MS;
        return job.moveToDelayed(Date.now() + Math.min(mostMs, leastMs * 2 ** (attempt - 1)), token);
      }),
    giveBack: () => end(() => job.moveToWait(token)),
    progress: (progress) => job.updateProgress({ ...progress, attempt }).catch(() => {}),
  };
}
