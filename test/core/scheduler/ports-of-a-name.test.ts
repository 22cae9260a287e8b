// The two default ports of one name: each fares by itself, and they share what the name is allowed.

import { describe, expect, it } from "vitest";
import type { Failure } from "../../../src/core/failure.ts";
import type { Frontier } from "../../../src/core/scheduler/task.ts";
import { every, made, numbers, only, started } from "../fronts.ts";

const REFUSED: Failure = { error: "connect_refused", detail: "nobody there" };
const HTTP = "a.example";
const HTTPS = "a.example:443";

/** Adds so many https lines, and so many http lines behind them, of one name. */
function mixed(https: number, http: number, options: Parameters<typeof made>[0] = {}): Frontier {
  const front = made(options);
  for (let n = 1; n <= https + http; n++) front.add({ n, url: `${n <= https ? "https" : "http"}://a.example/${n}` }, 0);
  return front;
}

/** Starts whatever may start until nothing is left; returns the numbers of those that were refused. */
function drained(front: Frontier, isDown: (host: string) => boolean): number[] {
  const refused: number[] = [];
  for (let nowMs = 0; front.waiting > 0; nowMs = Math.max(front.dueMs(nowMs), nowMs)) {
    for (const task of started(front, nowMs)) {
      if (task.refused !== undefined) refused.push(task.job.n);
      else if (isDown(task.host)) front.finished(task, "unreachable", nowMs, REFUSED);
      else front.finished(task, "ok", nowMs);
    }
  }
  return refused;
}

describe("the two default ports of one name", () => {
  it.each([
    ["https", HTTPS],
    ["http", HTTP],
  ] as const)("do not lose the lines of one where nobody answers at the other (%s is dead)", (_, dead) => {
    const refused = drained(mixed(12, 12, { concurrency: 3, perHost: 3 }), (host) => host === dead);
    expect(refused.length).toBeGreaterThan(3);
    expect(refused.filter((n) => n <= 12 !== (dead === HTTPS))).toEqual([]);
  });

  it("have at most --per-host tries at a time together", () => {
    const front = mixed(4, 4, { perHost: 2 });
    const first = started(front);
    expect(first).toHaveLength(2);
    for (const task of first) front.finished(task, "ok", 0);
    expect(started(front)).toHaveLength(2);
  });

  it("share starts at a rate", () => {
    const front = mixed(2, 2, { hostPace: () => every(100) });
    const startsMs: number[] = [];
    for (let nowMs = 0; front.waiting > 0; nowMs = Math.max(front.dueMs(nowMs), nowMs)) {
      for (const task of started(front, nowMs)) {
        startsMs.push(nowMs);
        front.finished(task, "ok", nowMs);
      }
    }
    expect(startsMs).toEqual([0, 100, 200, 300]);
  });

  it("are paused together by the Retry-After of one", () => {
    const front = mixed(1, 1, { perHost: 1 });
    const [task] = started(front);
    if (task === undefined) expect.unreachable();
    front.park(task.host, 5000);
    front.finished(task, "overloaded", 0);
    expect(front.dueMs(0)).toBe(5000);
    expect(numbers(started(front, 5000))).toEqual([task.job.n === 1 ? 2 : 1]);
  });

  it("let a redirect from one to the other keep its start", () => {
    const front = mixed(0, 2, { perHost: 1, hostPace: () => every(100) });
    const task = only(front, 0);
    expect(front.move(task, HTTPS, "ok", 1)).toBe(true);
    expect(started(front, 1)).toEqual([]);
    front.finished(task, "ok", 2);
    expect(front.dueMs(2)).toBe(100);
    expect(numbers(started(front, 100))).toEqual([2]);
  });

  it("hold a redirect to the unreachable one, and go on with the jobs of the other", () => {
    const front = mixed(2, 3, { perHost: 4 });
    const first = started(front);
    expect(numbers(first).sort()).toEqual([1, 2, 3, 4]);
    for (const task of first) if (task.host === HTTPS) front.finished(task, "unreachable", 0, REFUSED);
    const http = first.find(({ host }) => host === HTTP) ?? expect.unreachable();
    expect(front.move(http, HTTPS, "ok", 1)).toBe(false);
    front.requeue(http, 1);
    expect(numbers(started(front, 1))).toEqual([5]);
  });
});
