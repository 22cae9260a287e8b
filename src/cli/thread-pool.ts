// Sizes libuv's thread pool for name look-ups by getaddrinfo.

import { threadsFor } from "../http/connect/dns/getaddrinfo.ts";
import { needsThreads } from "../http/connect/dns/lookup.ts";

/**
 * Sets UV_THREADPOOL_SIZE for a concurrency, unless the user has set it. Worker processes inherit it. Call it before the first
 * asynchronous file or DNS operation: libuv reads the variable when it creates the pool (init_threads in src/threadpool.c).
 */
export function sizeThreadPool(concurrency: number, env: NodeJS.ProcessEnv = process.env): void {
  if (env["UV_THREADPOOL_SIZE"] === undefined && needsThreads())
    env["UV_THREADPOOL_SIZE"] = String(threadsFor(concurrency));
}
