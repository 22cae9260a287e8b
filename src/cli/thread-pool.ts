// Node's thread pool, made large enough for look-ups by the C library, where names go there.

import { threadsFor } from "../http/connect/getaddrinfo.ts";
import { needsThreads } from "../http/connect/lookup.ts";

/**
 * Sets the number of threads for so many URLs at a time, unless the user has; processes that help inherit it. To be called before
 * anything asynchronous: libuv reads it when the pool is first used.
 */
export function sizeThreadPool(concurrency: number, env: NodeJS.ProcessEnv = process.env): void {
  if (env["UV_THREADPOOL_SIZE"] === undefined && needsThreads())
    env["UV_THREADPOOL_SIZE"] = String(threadsFor(concurrency));
}
