// How a run ends before its list does: nothing new starts, what is under way drains, and nothing holds it up.
import { describe, expect, it } from "vitest";
import type { FailureKind } from "../../src/core/failure.ts";
import type { StopReason } from "../../src/core/run.ts";
import { failed } from "./outcomes.ts";
import { fakeSource, pool, quiet, watched } from "./pool.ts";

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
    const { pending, told, timers, abandoned, done, stop } = pool({
      source: fakeSource([2]),
      concurrency: 2,
      graceMs: 1234,
      onAbandon: () => {
        for (const { n, end } of [...pending]) end(failed({ n, error: "interrupted" }));
      },
    });
    await quiet();
    expect(timers).toEqual([]);
    stop.abort("SIGTERM" satisfies StopReason);
    expect(timers).toMatchObject([{ ms: 1234, cancelled: false }]);
    expect(abandoned()).toBe(0);
    timers[0]?.act();
    await done;
    expect(abandoned()).toBe(1);
    expect(told).toMatchObject([
      { n: 1, error: "interrupted" },
      { n: 2, error: "interrupted" },
    ]);
  });

  it("that drained within its grace abandons nothing", async () => {
    const { pending, timers, abandoned, done, stop } = pool({ source: fakeSource([1]), concurrency: 2 });
    await quiet();
    stop.abort("request" satisfies StopReason);
    pending[0]?.end();
    await done;
    expect(timers).toMatchObject([{ cancelled: true }]);
    expect(abandoned()).toBe(0);
  });

  it("can be abandoned sooner", async () => {
    const { abandon, abandoned, pending, done, stop } = pool({ source: fakeSource([1]), concurrency: 1 });
    await quiet();
    stop.abort("SIGINT" satisfies StopReason);
    abandon();
    expect(abandoned()).toBe(1);
    pending[0]?.end(failed({ error: "interrupted" }));
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
      const { pending, started, told, stop, done } = pool({ source: fakeSource([1, 1, 1, 1]), concurrency: 2 });
      await quiet();
      pending[0]?.end(failed({ n: 1, error }));
      await quiet();
      expect(stop.signal.reason).toBe("disk" satisfies StopReason);
      pending[0]?.end();
      await done;
      expect(started).toEqual([1, 2]);
      expect(told.map(({ n }) => n)).toEqual([1, 2]);
    },
  );

  it("keeps the reason for which it was stopped first", async () => {
    const { pending, stop, done } = pool({ source: fakeSource([1]), concurrency: 1 });
    await quiet();
    stop.abort("SIGINT" satisfies StopReason);
    pending[0]?.end(failed({ error: "disk_full" }));
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
    const { pending, done, stop } = pool({ source: fakeSource([1, 1], new Error("late")), concurrency: 1 });
    await quiet();
    stop.abort("request" satisfies StopReason);
    pending[0]?.end();
    await expect(done).resolves.toBeUndefined();
  });
});
