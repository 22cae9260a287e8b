// Out of file descriptors: the run goes on with fewer URLs at a time, and that is nobody's failure until it has lasted.
import { describe, expect, it } from "vitest";
import type { Failure } from "../../../src/core/failure.ts";
import type { RetryDecision } from "../../../src/core/run/completion.ts";
import type { StopReason } from "../../../src/core/run/run.ts";
import { failure, saved } from "../outcomes.ts";
import { end, fakeSource, pool, quiet } from "../pool.ts";

const FDS_EXHAUSTED = failure("connect_failed", { detail: "socket (EMFILE)", fdsExhausted: true });
const LOST = failure("connection_lost");
const PAUSE_MS = 100;

describe("a try that found no file descriptor", () => {
  it("lowers the concurrency, and its job is queued again after 100 ms", async () => {
    const run = pool({ source: fakeSource([8]), concurrency: 4 });
    await quiet();
    end(run, 2, FDS_EXHAUSTED);
    await quiet();
    expect([run.fdsExhausted, run.view.concurrency, run.view.inFlight]).toEqual([[3], 3, 3]);
    // No other one goes in its place.
    await run.clock.pass(PAUSE_MS);
    expect(run.started).toEqual([1, 2, 3, 4]);
    end(run, 1);
    await quiet();
    expect(run.started).toEqual([1, 2, 3, 4, 2]);
    while (run.pending.length > 0) {
      expect(run.view.inFlight).toBeLessThanOrEqual(3);
      run.pending[0]?.end();
      await quiet();
    }
    await run.done;
    expect(run.view.tally).toMatchObject({ saved: 8, failed: 0 });
    expect(run.clock.timers()).toEqual([]);
  });

  it("is no attempt: no retry is decided, and neither the record nor its times contain it", async () => {
    const retry = (_failure: Failure, attempts: number): RetryDecision =>
      attempts < 2 ? { delayMs: 1000 } : { giveUp: undefined };
    const run = pool({ source: fakeSource([1]), concurrency: 1, retry });
    for (const result of [FDS_EXHAUSTED, LOST, FDS_EXHAUSTED, failure("truncated", { detail: "1 of 2 bytes" })]) {
      await run.clock.pass(1000);
      end(run, 1, result);
    }
    await run.done;
    expect(run.judged.map(([{ error }, attempts]) => `${error} ${attempts}`)).toEqual([
      "connection_lost 1",
      "truncated 2",
    ]);
    expect(run.told).toMatchObject([
      {
        attempts: 2,
        detail: "1 of 2 bytes",
        retried_after: ["connection_lost: connection_lost!"],
      },
    ]);
    // Of the 4000 ms two tries had 900 each; those that were none count as waiting.
    expect(run.told[0]).toMatchObject({ total_ms: 1800, wait_ms: 2200 });
  });

  it("lowers the concurrency below the number of jobs in flight, and never below 1", async () => {
    const run = pool({ source: fakeSource([3]), concurrency: 10 });
    await quiet();
    for (const n of [1, 2, 3]) end(run, n, FDS_EXHAUSTED);
    await quiet();
    expect(run.fdsExhausted).toEqual([2, 1, 1]);
    for (const n of [1, 2, 3]) {
      await run.clock.pass(PAUSE_MS);
      expect(run.pending.map((one) => one.n)).toEqual([n]);
      end(run, n);
    }
    await run.done;
  });

  it("fails once there has been no descriptor for 30 seconds, even for one URL at a time", async () => {
    const run = pool({ source: fakeSource([1]), concurrency: 1 });
    for (let passedMs = 0; passedMs <= 30_000; passedMs += PAUSE_MS) {
      await quiet();
      expect(run.told).toEqual([]);
      end(run, 1, FDS_EXHAUSTED);
      await run.clock.pass(PAUSE_MS);
    }
    end(run, 1, FDS_EXHAUSTED);
    await run.done;
    expect(run.told).toMatchObject([{ error: "connect_failed", detail: "socket (EMFILE)", attempts: 1 }]);
    expect(run.judged).toHaveLength(1);
  });

  it("does not fail while several run at a time, however long: fewer may be enough", async () => {
    const run = pool({ source: fakeSource([4]), concurrency: 4 });
    await quiet();
    end(run, 4, FDS_EXHAUSTED);
    await run.clock.pass(40_000);
    end(run, 1, failure("deadline"));
    await quiet();
    end(run, 4, FDS_EXHAUSTED);
    await run.clock.pass(PAUSE_MS);
    expect([run.fdsExhausted, run.told.length]).toEqual([[3, 2], 1]);
    for (const n of [2, 3]) end(run, n);
    await quiet();
    end(run, 4);
    await run.done;
    expect(run.view.tally).toMatchObject({ saved: 3, failed: 1 });
  });

  it("never fails while descriptors are available again and again", async () => {
    for (const through of [saved(), LOST, failure("http_status", { status: 404 })]) {
      const hostSignal = (result: Failure | undefined) => (result === FDS_EXHAUSTED ? "neutral" : "ok");
      const run = pool({ source: fakeSource([20]), concurrency: 1, hostSignal });
      // Each job finds none at first, and 40 seconds later gets through.
      for (let n = 1; n <= 20; n++) {
        await run.clock.pass(PAUSE_MS);
        end(run, run.pending[0]?.n ?? 0, FDS_EXHAUSTED);
        await run.clock.pass(40_000);
        end(run, run.pending[0]?.n ?? 0, through);
      }
      await run.done;
      expect(run.told.every((one) => one.attempts === 1)).toBe(true);
      expect(run.judged.some(([one]) => one === FDS_EXHAUSTED)).toBe(false);
    }
  });

  it("is interrupted, not failed, in a stopped run", async () => {
    const run = pool({ source: fakeSource([2]), concurrency: 2 });
    await quiet();
    run.stop.abort("SIGINT" satisfies StopReason);
    end(run, 1, FDS_EXHAUSTED);
    end(run, 2);
    await run.done;
    expect(run.told).toMatchObject([{ n: 1, error: "interrupted", attempts: 0 }, { n: 2 }]);
    expect(run.view.tally).toMatchObject({ saved: 1, interrupted: 1, failed: 0 });
  });
});
