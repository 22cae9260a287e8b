// What a view shows of a run under way: retries, hosts that were slowed, lines of hosts, bodies that arrive.

import { describe, expect, it } from "vitest";
import type { Failure } from "../../../src/core/failure.ts";
import type { Answer, BodyStream } from "../../../src/core/ports.ts";
import { attempt } from "../../../src/core/run/attempt.ts";
import type { RetryDecision } from "../../../src/core/run/completion.ts";
import { frontier } from "../../../src/core/scheduler/frontier.ts";
import { ORDERS } from "../../../src/core/scheduler/order.ts";
import type { FrontierOptions, Task } from "../../../src/core/scheduler/task.ts";
import { fakeClock } from "../clock.ts";
import { job, meek, started } from "../fronts.ts";
import { failure } from "../outcomes.ts";
import { end, fakeSource, pool, quiet } from "../pool.ts";
import { ANSWER, taskOf } from "../tried.ts";

const LOST = failure("connection_lost");
const BUSY: Failure = { error: "http_status", status: 503, detail: "503 Service Unavailable" };

describe("the number of URLs that are tried again", () => {
  it("counts each from its first failure to its outcome", async () => {
    const clock = fakeClock();
    const retry = (_: Failure, attempts: number): RetryDecision =>
      attempts < 3 ? { delayMs: 1000 } : { giveUp: undefined };
    const run = pool({ source: fakeSource([3]), concurrency: 3, retry, clock });
    await quiet();
    expect(run.view.retrying).toBe(0);
    end(run, 1, LOST);
    end(run, 2, LOST);
    end(run, 3);
    await quiet();
    expect(run.view.retrying).toBe(2);
    await clock.pass(1000);
    expect(run.view.retrying).toBe(2); // in flight for the second time
    end(run, 1);
    end(run, 2, LOST);
    await quiet();
    expect(run.view.retrying).toBe(1);
    await clock.pass(1000);
    end(run, 2, LOST);
    await run.done;
    expect(run.view.retrying).toBe(0);
    expect(run.view.tally).toMatchObject({ saved: 2, failed: 1, retryable: 1 });
  });
});

function made(options: Partial<FrontierOptions> = {}) {
  const usual = { capacity: 1000, capacityChars: 2 ** 24, perHost: Number.POSITIVE_INFINITY, concurrency: 8 };
  return frontier({ ...usual, order: ORDERS.fair, overloadLimit: meek, ...options });
}

describe("what slowed a host", () => {
  it("is the last failure that lowered its limit or closed it for a while, where other lines wait for it", () => {
    const front = made({ perHost: 3 });
    for (let n = 1; n <= 12; n++) front.add(job(n, n <= 6 ? "a.example" : "b.example"), 0);
    front.add(job(13, "single.example"), 0);
    const on = (tasks: readonly Task[], host: string) => tasks.filter((task) => task.host === host);
    const first = started(front);
    expect(front.slowed).toBeUndefined();
    for (const task of on(first, "single.example")) front.finished(task, "unreachable", 5, failure("connect_refused"));
    expect(front.slowed).toBeUndefined();
    for (const task of on(first, "a.example")) front.finished(task, "overloaded", 10, BUSY);
    expect(front.slowed).toEqual({ host: "a.example", error: "http_status", status: 503, atMs: 10, hosts: 1 });
    for (const task of on(first, "b.example")) front.finished(task, "unreachable", 20, failure("connect_refused"));
    expect(front.slowed).toEqual({
      host: "b.example",
      error: "connect_refused",
      status: undefined,
      atMs: 20,
      hosts: 2,
    });
    for (const task of on(started(front, 30), "a.example")) front.finished(task, "overloaded", 30, BUSY);
    expect(front.slowed).toMatchObject({ host: "a.example", atMs: 30, hosts: 2 });
  });
});

describe("the lines of a host", () => {
  it("are counted as they are read, and by port", () => {
    const front = made();
    for (let n = 1; n <= 7; n++) front.add(job(n, n <= 4 ? "a.example" : "a.example:81"), 0);
    front.add({ n: 8, url: "https://a.example/" }, 0);
    front.add({ n: 9, url: "no URL" }, 0);
    expect(["a.example", "a.example:81", "a.example:443", "none.example"].map(front.linesOf)).toEqual([
      4,
      3,
      1,
      undefined,
    ]);
  });

  it("are not known for hosts that came after one was forgotten", () => {
    const front = made({ capacity: 100_000 });
    const one = (n: number, host: string) => {
      front.add(job(n, host), n);
      for (const task of started(front, n)) front.finished(task, "ok", n);
      for (const task of started(front, n)) front.finished(task, "ok", n);
    };
    one(1, "old.example");
    expect(front.linesOf("old.example")).toBe(1);
    for (let n = 2; n <= 10_002; n++) one(n, `h${n}.example`);
    one(10_003, "old.example");
    expect(front.linesOf("old.example")).toBeUndefined();
    expect(front.linesOf("h9000.example")).toBe(1);
  });
});

describe("a body that arrives in pieces", () => {
  it("is shown with its bytes, those of an earlier try included", async () => {
    const body: BodyStream = { next: async () => undefined, cancel() {}, receivedBytes: () => 70 };
    const answer: Answer = { ...ANSWER, body, wholeBytes: 1000, from: 30 };
    const get = { fetch: async () => answer, resize() {}, receivedBytes: () => 0, abort() {}, close() {} };
    const sink = { write: () => ({ bytes: 9 }), close() {} };
    const task = taskOf({ n: 1, url: "http://a/" });
    await attempt({ get, sink, clock: fakeClock() })(task);
    expect([task.transfer?.wholeBytes, task.transfer?.bytesSoFar()]).toEqual([1000, 100]);
  });
});
