// The distribution of tasks over processes, and the recovery of tasks of a worker that ends.

import { describe, expect, it } from "vitest";
import type { Job } from "../../src/core/job.ts";
import type { Sink } from "../../src/core/ports.ts";
import type { Executor } from "../../src/core/run/executor.ts";
import type { TryResult } from "../../src/core/run/try-result.ts";
import type { Task } from "../../src/core/scheduler/task.ts";
import type { Left } from "../../src/workers/messages.ts";
import { type PoolOptions, pool, type Start } from "../../src/workers/pool.ts";
import type { WorkerHandle } from "../../src/workers/worker-handle.ts";

const DONE: TryResult = { error: "http_status", detail: "404 Not Found", status: 404 };

interface Made {
  readonly worker: WorkerHandle;
  readonly way: Start;
  readonly tasks: {
    readonly task: Task;
    readonly left: Left | undefined;
    end(result?: TryResult, kept?: boolean): void;
  }[];
  most: number;
  finished: number;
}

function setup(options: Partial<PoolOptions> = {}) {
  const made: Made[] = [];
  const notes: string[] = [];
  const calls: string[] = [];
  const own: { readonly task: Task; end(result?: TryResult): void }[] = [];
  const open = new Map<Job, number>();
  let ownMost = 0;
  const crew: Executor = {
    perform: (task) =>
      new Promise((resolve) => {
        own.push({ task, end: (result = DONE) => resolve(result) });
      }),
    resize: (most) => {
      ownMost = most;
    },
    receivedBytes: () => 1,
    abort: () => void calls.push("abort"),
    close: () => void calls.push("close"),
  };
  const sink: Sink = {
    write: () => ({ bytes: 0 }),
    share: (named) => void calls.push(`share ${named}`),
    adopt: (job, left) => void calls.push(`adopt ${job.n} ${JSON.stringify(left)}`),
    release: () => false,
    close() {},
  };
  const start = (way: Start): WorkerHandle => {
    let knows = () => {};
    let isReady = false;
    const one: Made = {
      ...{ way, tasks: [], most: -1, finished: 0 },
      worker: {
        get isReady() {
          return isReady;
        },
        get busy() {
          return one.tasks.length;
        },
        get finished() {
          return one.finished;
        },
        receivedBytes: 10,
        perform: (task, left, onFailure) =>
          new Promise((resolve) => {
            const entry = {
              task,
              left,
              end(result: TryResult = DONE, kept = false) {
                one.tasks.splice(one.tasks.indexOf(entry), 1);
                one.finished++;
                if ("error" in result) onFailure(task, result, kept);
                resolve(result);
              },
            };
            one.tasks.push(entry);
          }),
        resize: (most) => {
          one.most = most;
        },
        named: () =>
          new Promise((resolve) => {
            knows = resolve;
          }),
        abort: () => void calls.push("abort worker"),
        close: async () => void calls.push("close worker"),
      },
    };
    made.push(one);
    Object.assign(one, {
      ready: () => {
        isReady = true;
        way.onReady(one.worker);
      },
      know: () => knows(),
    });
    return one.worker;
  };
  const view = () => ({ open, inFlight: own.length + made.reduce((sum, one) => sum + one.tasks.length, 0) + 1 });
  const made1 = pool({
    ...{ own: crew, sink, processes: 2, concurrency: 10, start, view },
    ...{ isTime: () => true, isOwn: () => false, note: (text: string) => void notes.push(text) },
    ...options,
  });
  const ready = (at: number) => (made[at] as Made & { ready(): void }).ready();
  const know = (at: number) => (made[at] as Made & { know(): void }).know();
  return { crew: made1, made, own, notes, calls, open, ready, know, ownMost: () => ownMost };
}

function task(n: number, more: Partial<Job> = {}): Task {
  const job = { n, url: `http://x.test/${n}`, ...more };
  const rest = { spentMs: 0, retriedAfter: undefined, refused: undefined, started: 0, transfer: undefined };
  return { job, host: "x.test", home: "x.test", ahead: undefined, holds: 0, addedMs: 0, attempts: 1, ...rest };
}

describe("a pool of processes", () => {
  it("works alone until a worker is ready, and then gives it twice its own share", () => {
    const { crew, made, own, ready, ownMost } = setup();
    void crew.perform(task(1));
    expect(own.length).toBe(1);
    ready(0);
    expect([ownMost(), made[0]?.most]).toEqual([4, 6]);
    for (let n = 2; n <= 10; n++) void crew.perform(task(n));
    expect([own.length, made[0]?.tasks.length]).toEqual([4, 6]);
  });

  it("divides a few connections, and keeps the last one for itself", () => {
    const { crew, made, ready, ownMost } = setup({ processes: 3, concurrency: 50 });
    ready(0);
    ready(1);
    expect([ownMost(), made[0]?.most, made[1]?.most]).toEqual([10, 20, 20]);
    crew.resize(1);
    expect([ownMost(), made[0]?.most, made[1]?.most]).toEqual([1, 0, 0]);
  });

  it("starts no worker before isTime returns true", () => {
    const asked: number[] = [];
    const { crew, made } = setup({
      isTime(begun) {
        asked.push(begun);
        return begun >= 1000;
      },
    });
    for (let n = 1; n < 1000; n++) void crew.perform(task(n));
    expect(made.length).toBe(0);
    void crew.perform(task(1000));
    expect(made.length).toBe(1);
    expect(asked).toEqual([0, 500, 1000]);
  });

  it("runs jobs that only this process may run", () => {
    const { crew, made, own, ready } = setup({ isOwn: ({ n }) => n > 5 });
    ready(0);
    for (let n = 6; n <= 10; n++) void crew.perform(task(n));
    expect([own.length, made[0]?.tasks.length]).toEqual([5, 0]);
  });

  it("runs no task with a file name before all workers have confirmed that there are names", async () => {
    const { crew, made, own, calls, ready, know } = setup();
    ready(0);
    void crew.perform(task(1, { name: "a" }));
    void crew.perform(task(2, { name: "b" }));
    await Promise.resolve();
    expect(calls).toEqual(["share false", "share true"]);
    expect(own.length + (made[0]?.tasks.length ?? 0)).toBe(0);
    know(0);
    await expect.poll(() => own.length + (made[0]?.tasks.length ?? 0)).toBe(2);
  });

  it("passes on the leftovers of the last try to the next process", async () => {
    const { crew, made, own, calls, ready, open } = setup();
    ready(0);
    const [worker] = made;
    const one = task(1);
    const tried = crew.perform(one);
    worker?.tasks[0]?.end({ error: "truncated", detail: "cut" }, true);
    await tried;
    one.attempts = 2;
    const again = crew.perform(one);
    expect(worker?.tasks.map(({ left }) => left)).toEqual([{ part: true, file: false }]);
    worker?.tasks[0]?.end({ error: "worker_lost", detail: "gone" });
    await again;
    void crew.perform(task(2));
    void crew.perform(task(3));
    one.attempts = 3;
    const third = crew.perform(one); // the worker has as much to do by now
    expect(own.map(({ task }) => task.job.n)).toEqual([1]);
    expect(calls).toContain('adopt 1 {"part":true,"file":true}');
    // If two lines share a number, the partial file may belong to the one in flight.
    open.set({ n: 1, url: "another line" }, 0);
    own[0]?.end({ error: "worker_lost", detail: "gone" });
    await third;
    one.attempts = 4;
    void crew.perform(one);
    expect(worker?.tasks.at(-1)?.left).toEqual({ part: false, file: true });
  });

  it("replaces a worker that ends, except one that never worked, and stops after three early ends in a row", () => {
    const { made, notes, ready } = setup();
    for (let at = 0; at < 10 && made[at] !== undefined; at++) {
      ready(at);
      const one = made[at];
      if (one === undefined) break;
      one.finished = 5;
      one.way.onGone(one.worker, { how: "SIGKILL", lost: 2 });
    }
    expect(made.length).toBe(4);
    expect(notes.length).toBe(4);
    expect(notes[0]).toBe(
      "a process that fetched has ended (SIGKILL); 2 URLs in flight there count as tried once; another takes its place",
    );
    expect(notes[3]).toContain("the others go on without it");
    const never = setup();
    const [one] = never.made;
    one?.way.onGone(one.worker, { how: "exit 1", lost: 0 });
    expect(never.made.length).toBe(1);
    expect(never.notes).toEqual(["a process that was to fetch has ended (exit 1); the others go on without it"]);
  });

  it("sums received bytes over all processes, and aborts and closes all", async () => {
    const { crew, made, calls, ready } = setup();
    ready(0);
    expect(crew.receivedBytes()).toBe(11);
    made[0]?.way.onGone(made[0].worker, { how: "SIGKILL", lost: 0 });
    expect(crew.receivedBytes()).toBe(11);
    crew.abort();
    await crew.close();
    expect(calls).toEqual(["share false", "abort", "close"]);
  });

  it("prints a message and works alone if no process can be started", () => {
    const { crew, own, notes } = setup({
      start() {
        throw new Error("spawn EAGAIN");
      },
    });
    void crew.perform(task(1));
    expect(own.length).toBe(1);
    expect(notes).toEqual(["no other process can be started: spawn EAGAIN; this one goes on alone"]);
  });
});
