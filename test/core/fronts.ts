// Frontiers for tests, with jobs in them, and what may start now.

import type { Job } from "../../src/core/job.ts";
import { frontier } from "../../src/core/scheduler/frontier.ts";
import { ORDERS } from "../../src/core/scheduler/order.ts";
import type { Frontier, FrontierOptions, OverloadLimit, RateLimiter, Task } from "../../src/core/scheduler/task.ts";

/** An overload limit that is lowered by one each time. */
export function meek(most: () => number): OverloadLimit {
  let limit = most();
  return {
    get limit() {
      return limit;
    },
    record(pushed) {
      limit = pushed ? Math.max(1, limit - 1) : Math.min(most(), limit + 1);
    },
  };
}

/** Starts at least so far apart. */
export function every(apartMs: number): RateLimiter {
  let readyMs = 0;
  return {
    nextAtMs: () => readyMs,
    acquire(nowMs) {
      readyMs = nowMs + apartMs;
    },
  };
}

export function made(options: Partial<FrontierOptions> = {}): Frontier {
  const usual = { capacity: 1000, capacityChars: 2 ** 24, perHost: Number.POSITIVE_INFINITY, concurrency: 8 };
  return frontier({ ...usual, order: ORDERS.fair, overloadLimit: meek, ...options });
}

export const job = (n: number, host: string): Job => ({ n, url: `http://${host}/${n}` });

/** Adds jobs to `hosts`, one each, numbered from 1. */
export function filled(hosts: string, options: Partial<FrontierOptions> = {}): Frontier {
  const front = made(options);
  for (const [index, host] of [...hosts].entries()) front.add(job(index + 1, host), 0);
  return front;
}

/** All that may start now. */
export function started(front: Frontier, nowMs = 0): Task[] {
  const tasks: Task[] = [];
  for (let task = front.next(nowMs); task !== undefined; task = front.next(nowMs)) tasks.push(task);
  return tasks;
}

export function only(front: Frontier, nowMs: number): Task {
  const [task, ...more] = started(front, nowMs);
  if (task === undefined || more.length > 0) throw new Error(`${more.length + 1} tasks where there should be one`);
  return task;
}

export const numbers = (tasks: readonly Task[]) => tasks.map((task) => task.job.n);
