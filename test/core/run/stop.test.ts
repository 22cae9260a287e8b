// How a run ends before its list does: nothing new starts, what is under way drains, and nothing holds it up.
import { describe, expect, it } from "vitest";
import type { Failure, FailureKind } from "../../../src/core/failure.ts";
import type { Source } from "../../../src/core/ports.ts";
import type { StopReason } from "../../../src/core/run/run.ts";
import { failure } from "../outcomes.ts";
import { end, fakeSource, pool, quiet, watched } from "../pool.ts";

describe("a stopped run", () => {
  it("starts nothing new, and ends when what is under way has ended", async () => {
    const source = fakeSource([2, 2, 2]);
    const { pending, started, told, done, stop } = pool({ source, concurrency: 3 });
    const state = watched(done);
    await quiet();
    stop.abort("SIGINT" satisfies StopReason);
    while (pending.length > 0) {
      expect(state()).toBe("pending");
      pending[0]?.end();
      await quiet();
    }
    expect(state()).toBe("resolved");
    expect(started).toEqual([1, 2, 3]);
    expect(told.map(({ n }) => n)).toEqual([1, 2, 3]);
    expect(source.returned()).toBe(1);
  });

  it("abandons what has not ended when the grace is over, and then waits for it still", async () => {
    const { pending, told, clock, abandoned, done, stop } = pool({
      source: fakeSource([2]),
      concurrency: 2,
      graceMs: 1234,
      onAbandon: () => {
        for (const one of [...pending]) one.end(failure("interrupted"));
      },
    });
    await quiet();
    expect(clock.timers()).toEqual([]);
    stop.abort("SIGTERM" satisfies StopReason);
    await clock.pass(1233);
    expect(abandoned()).toBe(0);
    await clock.pass(1);
    await done;
    expect(abandoned()).toBe(1);
    expect(told).toMatchObject([
      { n: 1, error: "interrupted" },
      { n: 2, error: "interrupted" },
    ]);
  });

  it("that drained within its grace abandons nothing", async () => {
    const { pending, clock, abandoned, done, stop } = pool({ source: fakeSource([1]), concurrency: 2 });
    await quiet();
    stop.abort("request" satisfies StopReason);
    pending[0]?.end();
    await done;
    expect(clock.timers()).toEqual([]);
    expect(abandoned()).toBe(0);
  });

  it("can be abandoned sooner", async () => {
    const { abandon, abandoned, pending, done, stop } = pool({ source: fakeSource([1]), concurrency: 1 });
    await quiet();
    stop.abort("SIGINT" satisfies StopReason);
    abandon();
    expect(abandoned()).toBe(1);
    pending[0]?.end(failure("interrupted"));
    await done;
  });

  it("that was stopped before it began asks for nothing", async () => {
    const stop = new AbortController();
    stop.abort("request" satisfies StopReason);
    const source = fakeSource([1], "silence");
    const { done, started } = pool({ source, concurrency: 1, stop });
    await done;
    expect([source.asked(), started]).toEqual([0, []]);
  });

  it("does not wait for a source that says nothing more", async () => {
    const { pending, done, stop } = pool({ source: fakeSource([1], "silence"), concurrency: 2 });
    const state = watched(done);
    await quiet();
    stop.abort("SIGINT" satisfies StopReason);
    await quiet();
    expect(state()).toBe("pending");
    pending[0]?.end();
    await quiet();
    expect(state()).toBe("resolved");
  });

  it("does not wait for such a source at whatever moment it is stopped", async () => {
    // From the end of a job to the next question to the source there are a few microtasks: stop in each of them.
    for (let moment = 0; moment < 30; moment++) {
      const { pending, done, stop } = pool({ source: fakeSource([2], "silence"), concurrency: 2 });
      const state = watched(done);
      await quiet();
      pending[0]?.end();
      for (let i = 0; i < moment; i++) await Promise.resolve();
      stop.abort("SIGINT" satisfies StopReason);
      pending[0]?.end();
      await quiet();
      expect(state(), `stopped ${moment} microtasks after a job ended`).toBe("resolved");
    }
  });
});

describe("a run whose disk fails", () => {
  it.each<FailureKind>(["disk_full", "write_failed"])(
    "stops by itself for %s, and lets the others end",
    async (error) => {
      const { pending, started, told, judged, stop, done } = pool({ source: fakeSource([1, 1, 1, 1]), concurrency: 2 });
      await quiet();
      pending[0]?.end(failure(error));
      await quiet();
      expect(stop.signal.reason).toBe("disk" satisfies StopReason);
      pending[0]?.end();
      await done;
      expect(told[0]).toMatchObject({ error, retryable: true });
      expect(judged).toEqual([]);
      expect(started).toEqual([1, 2]);
      expect(told.map(({ n }) => n)).toEqual([1, 2]);
    },
  );

  it("keeps the reason for which it was stopped first", async () => {
    const { pending, stop, done } = pool({ source: fakeSource([1]), concurrency: 1 });
    await quiet();
    stop.abort("SIGINT" satisfies StopReason);
    pending[0]?.end(failure("disk_full"));
    await done;
    expect(stop.signal.reason).toBe("SIGINT");
  });
});

describe("a source that throws", () => {
  it("makes `done` reject with its error, after what is under way has ended", async () => {
    const error = new Error("list.txt: cannot be read on");
    const source = fakeSource([2], error);
    const { pending, told, done } = pool({ source, concurrency: 3 });
    const state = watched(done);
    await quiet();
    pending[0]?.end();
    await quiet();
    expect(state()).toBe("pending");
    pending[0]?.end();
    await expect(done).rejects.toBe(error);
    expect(told.map(({ n }) => n)).toEqual([1, 2]);
  });

  it("while its run is stopped disturbs nobody", async () => {
    let fail: (error: Error) => void = () => {};
    const first = { done: false, value: [{ n: 1, url: "http://example.org/1" }] } as const;
    const answers = [Promise.resolve(first), new Promise<never>((_resolve, reject) => (fail = reject))];
    const source: Source = {
      [Symbol.asyncIterator]: () => ({ next: () => answers.shift() ?? expect.fail("asked too often") }),
      total: () => undefined,
    };
    const { pending, done, stop } = pool({ source, concurrency: 2 });
    await quiet();
    stop.abort("request" satisfies StopReason);
    fail(new Error("late"));
    await quiet();
    pending[0]?.end();
    await expect(done).resolves.toBeUndefined();
  });

  it("is said only when what was read before is done, further tries included", async () => {
    const error = new Error("list.txt: cannot be read on");
    const run = pool({ source: fakeSource([2], error), concurrency: 3, retry: () => ({ delayMs: 1000 }) });
    const state = watched(run.done);
    await quiet();
    end(run, 1, failure("truncated"));
    end(run, 2);
    await quiet();
    expect([run.view.waiting, state()]).toEqual([1, "pending"]);
    await run.clock.pass(1000);
    end(run, 1);
    await expect(run.done).rejects.toBe(error);
    expect(run.told.map(({ n }) => n)).toEqual([2, 1]);
    expect(run.clock.timers()).toEqual([]);
  });
});

describe("a run that is stopped while jobs wait", () => {
  it("ends at once, however long they would have to wait, and leaves them without an outcome", async () => {
    const pause = { ms: 60_000, jobs: "wait" } as const;
    const run = pool({ source: fakeSource([5], "silence"), concurrency: 2, retry: () => ({ delayMs: 60_000, pause }) });
    await quiet();
    end(run, 2, failure("http_status", { status: 503, retryAfterMs: 60_000 }));
    end(run, 1, failure("connection_lost"));
    await quiet();
    expect([run.view.inFlight, run.view.waiting]).toEqual([0, 5]);
    run.stop.abort("deadline" satisfies StopReason);
    await run.done;
    expect([run.told, run.started]).toEqual([[], [1, 2]]);
    expect(run.clock.timers()).toEqual([]);
    expect(run.clock.nowMs()).toBe(0);
  });

  it("tries nothing again: a line that would have been is interrupted, one that would not has failed", async () => {
    const retry = (_failure: Failure, attempts: number) => (attempts < 2 ? { delayMs: 0 } : { giveUp: undefined });
    const run = pool({ source: fakeSource([3]), concurrency: 3, retry });
    await quiet();
    end(run, 3, failure("truncated"));
    await run.clock.pass(0);
    expect(run.started).toEqual([1, 2, 3, 3]);
    run.stop.abort("SIGTERM" satisfies StopReason);
    end(run, 1, failure("truncated", { detail: "1 of 2 bytes" }));
    end(run, 2);
    end(run, 3, failure("truncated", { detail: "1 of 2 bytes" }));
    await run.done;
    expect(run.told).toMatchObject([
      { n: 1, error: "interrupted", detail: "stopped after 1 of 2 bytes", attempts: 1, retryable: true },
      { n: 2, outcome: "saved" },
      { n: 3, error: "truncated", detail: "1 of 2 bytes", attempts: 2 },
    ]);
    expect(run.view.tally).toMatchObject({ saved: 1, failed: 1, interrupted: 1 });
    expect(run.started).toEqual([1, 2, 3, 3]);
  });

  it("asks nobody about a try that was cut", async () => {
    const run = pool({ source: fakeSource([1]), concurrency: 1, retry: () => ({ delayMs: 0 }) });
    await quiet();
    run.stop.abort("SIGTERM" satisfies StopReason);
    end(run, 1, failure("interrupted", { detail: "stopped" }));
    await run.done;
    expect(run.told).toMatchObject([{ error: "interrupted", detail: "stopped" }]);
    expect(run.judged).toEqual([]);
  });
});
