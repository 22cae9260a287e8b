// Measures what ten thousand library runs of all kinds in one process leak: memory, handles, listeners.

import { getEventListeners } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type BulkgetOptions, bulkget } from "../../src/index.ts";
import { ownServer } from "./contest/servers.ts";

const USAGE = "node --expose-gc dist/test/bench/runs.js [runs]";
const ROWS = 10;

const [runs = "10000"] = process.argv.slice(2);
if (!/^[1-9]\d{1,6}$/.test(runs) || globalThis.gc === undefined) throw new Error(USAGE);

const folder = mkdtempSync(join("/dev/shm", "bulkget-runs-"));
const { signal } = new AbortController();
const server = await ownServer();
const urls = ["/b/100/1", "/b/100000/2", "/nowhere", "/b/0/4", "/b/100/1"].map(
  (path) => `http://127.0.0.1:${server.port}${path}`,
);

/** The kinds of runs, each with another way to end. */
const KINDS: readonly BulkgetOptions[] = [
  { output: "memory", signal, hash: "sha256", onProgress() {} },
  { outputDir: join(folder, "new"), signal, dedupe: true },
  { outputDir: join(folder, "again"), retryFailed: true, robots: true, cookie: "" },
  { output: "memory", signal, rate: 1000, limitRate: 100_000_000, concurrency: "auto" },
  { output: "memory", deadlineMs: 1, signal },
];

async function one(i: number): Promise<void> {
  rmSync(join(folder, "new"), { recursive: true, force: true });
  const options = KINDS[i % KINDS.length];
  let taken = 0;
  for await (const _ of bulkget(urls, { ...options, retries: 0, minFree: 0 })) if (++taken === i % 7) break;
}

function look(done: number): void {
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
  const counts = [
    readdirSync("/proc/self/fd").length,
    readdirSync("/proc/self/task").length,
    process.getActiveResourcesInfo().length,
    listeners + getEventListeners(signal, "abort").length,
  ];
  const mb = [heapUsed, external, rss].map((bytes) => (bytes / 1e6).toFixed(1).padStart(9));
  console.log(`${String(done).padStart(7)}${mb.join("")}${counts.map((n) => String(n).padStart(10)).join("")}`);
}

try {
  console.log("   runs  heap MB   ext. MB   RSS MB    files   threads resources listeners");
  for (let i = 1; i <= Number(runs); i++) {
    await one(i);
    if (i % Math.ceil(Number(runs) / ROWS) === 0 || i === 100) look(i);
  }
} finally {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
}
