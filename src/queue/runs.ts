// What the queue's server keeps of a run besides its jobs: the options, and the counts of finished chunks for `watch`.

import type { Redis } from "./redis.ts";

/** Keys of bulkget; those of BullMQ begin with `bull:`. */
const RUNS = "bulkget:runs";
const QUEUES = "bulkget:queues";
const runKey = (run: string) => `bulkget:run:${run}`;
const doneKey = (run: string) => `bulkget:done:${run}`;

/** How many entries are read at once. */
const READ_ENTRIES = 1000;

export interface RunStore {
  /** Stores what workers need to know of a run, as JSON. */
  put(run: string, plan: unknown): Promise<void>;
  /** Returns it; undefined for a run that is not known, such as after the loss of Redis. */
  get(run: string): Promise<unknown>;
  /** All runs, the newest last. */
  runs(): Promise<readonly string[]>;
  /** Names a queue that workers look into. */
  addQueue(name: string): Promise<void>;
  queues(): Promise<readonly string[]>;
  /** Appends the counts of a committed chunk, as JSON. A chunk may be appended twice: readers take the first. */
  addDone(run: string, entry: unknown): Promise<void>;
  /** Calls `onEntry` with each entry from index `from` on; returns the index of the next one. */
  readDone(run: string, from: number, onEntry: (entry: unknown) => void): Promise<number>;
}

export function runStore(redis: Redis): RunStore {
  return {
    async put(run, plan) {
      await redis.set(runKey(run), JSON.stringify(plan));
      await redis.zadd(RUNS, "NX", String(Date.now()), run);
    },
    async get(run) {
      const text = await redis.get(runKey(run));
      return text === null ? undefined : (JSON.parse(text) as unknown);
    },
    runs: () => redis.zrange(RUNS, "0", "-1"),
    async addQueue(name) {
      await redis.sadd(QUEUES, name);
    },
    async queues() {
      return (await redis.smembers(QUEUES)).sort();
    },
    async addDone(run, entry) {
      await redis.rpush(doneKey(run), JSON.stringify(entry));
    },
    async readDone(run, from, onEntry) {
      const isEmptied = (await redis.llen(doneKey(run))) < from; // Redis has lost what it had
      for (let at = isEmptied ? 0 : from; ; ) {
        const texts = await redis.lrange(doneKey(run), at, at + READ_ENTRIES - 1);
        for (const text of texts) onEntry(JSON.parse(text) as unknown);
        at += texts.length;
        if (texts.length < READ_ENTRIES) return at;
      }
    },
  };
}
