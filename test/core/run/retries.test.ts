// Trying again: what a record says of all its tries, who waits for whom, and why there is no other try.
import { describe, expect, it } from "vitest";
import { type Failure, isFailure } from "../../../src/core/failure.ts";
import type { Failed } from "../../../src/core/job.ts";
import type { Answer, Get } from "../../../src/core/ports.ts";
import { attempt } from "../../../src/core/run/attempt.ts";
import type { RetryDecision } from "../../../src/core/run/completion.ts";
import { type FakeClock, fakeClock } from "../clock.ts";
import { failure, saved, TIME } from "../outcomes.ts";
import { end, fakeSource, type PoolOptions, pool, quiet } from "../pool.ts";

const LOST = failure("connection_lost", { detail: "other side closed" });
const BUSY = failure("http_status", { detail: "503 Service Unavailable", status: 503 });
const ANSWER: Answer = { status: 200, lengthVerified: true, ttfbMs: 4, body: [] };

/** Again after a second, three times at most. */
const thrice = (_failure: Failure, attempts: number): RetryDecision =>
  attempts <= 3 ? { delayMs: 1000 } : { giveUp: undefined };

/** Two hosts in turn: odd numbers on a, even ones on b. */
const twoHosts = (n: number) => `http://${n % 2 === 1 ? "a" : "b"}.example/${n}`;

/** Tries of one job, real but for the web: each takes `ms` and comes to what is next. */
function tries(clock: FakeClock, ms: number, results: (Answer | Failure)[]): NonNullable<PoolOptions["perform"]> {
  const get: Get = {
    fetch: () =>
      new Promise((resolve) => clock.after(ms, () => resolve(results.shift() ?? expect.fail("one too many")))),
    resize() {},
    receivedBytes: () => 0,
    abort() {},
    close() {},
  };
  return attempt({ get, sink: { write: () => ({ bytes: 9 }), close() {} }, clock });
}

describe("a job that is retried", () => {
  const record = { n: 1, url: "http://example.org/1", attempts: 3, total_ms: 21, wait_ms: 2000, time: TIME };
  const retried_after = ["connection_lost: other side closed", "http_status: 503 Service Unavailable"];

  it("and then saved has all its tries in its record, with their times and the waits between them", async () => {
    const clock = fakeClock();
    const perform = tries(clock, 7, [LOST, BUSY, ANSWER]);
    const run = pool({ source: fakeSource([1]), concurrency: 1, retry: thrice, clock, perform });
    await clock.pass(10_000);
    await run.done;
    expect(run.told).toEqual([{ ...record, outcome: "saved", status: 200, bytes: 9, ttfb_ms: 4, retried_after }]);
    expect(run.view.tally).toMatchObject({ saved: 1, failed: 0, retries: 2, totalMs: 21 });
  });

  it("very often has the failures of the first ten and the last ten tries in its record, each in 200 characters", async () => {
    const clock = fakeClock();
    const results = Array.from({ length: 50 }, (_, i) =>
      failure("connection_lost", { detail: `${i} ${"x".repeat(60_000)}` }),
    );
    const retry = (_last: Failure, attempts: number): RetryDecision =>
      attempts < 50 ? { delayMs: 1000 } : { giveUp: undefined };
    const run = pool({ source: fakeSource([1]), concurrency: 1, retry, clock, perform: tries(clock, 7, results) });
    await clock.pass(100_000);
    await run.done;
    const [{ detail, retried_after: whys = [] }] = run.told as [Failed];
    expect(whys.map((why) => Number(/^connection_lost: (\d+) /.exec(why)?.[1]))).toEqual([
      ...Array.from({ length: 10 }, (_, i) => i),
      ...Array.from({ length: 10 }, (_, i) => 39 + i),
    ]);
    for (const why of whys) expect(why).toHaveLength("connection_lost: ".length + 200);
    expect(detail).toMatch(/^49 x{400,}…$/);
    expect(detail.length).toBeLessThan(600);
  });

  it("and then fails has all its tries in its record, and their number in none of its texts", async () => {
    const clock = fakeClock();
    const perform = tries(clock, 7, [LOST, BUSY, failure("truncated", { detail: "1 of 2 bytes" })]);
    const retry = (last: Failure, attempts: number): RetryDecision =>
      last.error === "truncated" ? { giveUp: undefined } : thrice(last, attempts);
    const run = pool({ source: fakeSource([1]), concurrency: 1, retry, clock, perform });
    await clock.pass(10_000);
    await run.done;
    const detail = "1 of 2 bytes";
    const said = { outcome: "failed", error: "truncated", detail, retryable: true };
    expect(run.told).toEqual([{ ...record, ...said, retried_after }]);
    expect(run.judged.map(([{ error }, attempts]) => `${error} ${attempts}`)).toEqual([
      "connection_lost 1",
      "http_status 2",
      "truncated 3",
    ]);
  });

  it("has the reason for giving up in its detail, if there is one", async () => {
    const retry = () => ({ giveUp: "Retry-After: 2 h, over 5 min" });
    const run = pool({ source: fakeSource([1]), concurrency: 1, retry });
    await quiet();
    end(run, 1, BUSY);
    await run.done;
    const detail = "503 Service Unavailable; Retry-After: 2 h, over 5 min";
    expect(run.told).toMatchObject([{ error: "http_status", status: 503, detail, attempts: 1, retryable: true }]);
  });

  it("that fails permanently at once has the plain failure as its detail", async () => {
    const run = pool({ source: fakeSource([1]), concurrency: 1 });
    await quiet();
    end(run, 1, BUSY);
    await run.done;
    expect(run.told).toMatchObject([{ detail: "503 Service Unavailable" }]);
    expect(run.told[0]).not.toHaveProperty("retried_after");
    expect(run.told[0]).not.toHaveProperty("wait_ms");
  });

  it("passes the time spent in earlier tries to each try", async () => {
    const spent: number[] = [];
    const clock = fakeClock();
    const results = [LOST, BUSY, saved()];
    const run = pool({
      source: fakeSource([1]),
      concurrency: 1,
      retry: thrice,
      clock,
      perform: ({ spentMs }) => {
        spent.push(spentMs);
        const result = results.shift() ?? expect.fail("one too many");
        return new Promise((resolve) => clock.after(isFailure(result) ? 30 : 5, () => resolve(result)));
      },
    });
    await clock.pass(10_000);
    await run.done;
    expect(spent).toEqual([0, 30, 60]);
  });
});

describe("a job that waits for its next try", () => {
  it("holds no slot: other jobs run meanwhile, and it starts in its turn", async () => {
    const run = pool({ source: fakeSource([4]), concurrency: 1, retry: thrice });
    await quiet();
    end(run, 1, LOST);
    await quiet();
    expect(run.view).toMatchObject({ inFlight: 1, waiting: 3 });
    end(run, 2);
    await run.clock.pass(999);
    expect(run.started).toEqual([1, 2, 3]);
    // Its time has come, but no slot is free.
    await run.clock.pass(1);
    expect(run.started).toEqual([1, 2, 3]);
    end(run, 3);
    await quiet();
    expect(run.started).toEqual([1, 2, 3, 1]);
    end(run, 1);
    await quiet();
    end(run, 4);
    await run.done;
    expect(run.told.map(({ n }) => n)).toEqual([2, 3, 1, 4]);
    expect(run.clock.timers()).toEqual([]);
  });

  it("starts at its time by a timer, and not earlier", async () => {
    const delays = [3000, 1000, 2000];
    const retry = (_failure: Failure, attempts: number) =>
      attempts === 1 ? { delayMs: delays.shift() ?? 0 } : { giveUp: undefined };
    const run = pool({ source: fakeSource([3]), concurrency: 3, retry });
    await quiet();
    for (const n of [1, 2, 3]) end(run, n, LOST);
    // Never more than one timer, whoever is first.
    await quiet();
    expect(run.clock.timers()).toHaveLength(1);
    for (const after of [[2], [2, 3], [2, 3, 1]]) {
      await run.clock.pass(999);
      expect(run.started).toHaveLength(3 + after.length - 1);
      await run.clock.pass(1);
      expect(run.started.slice(3)).toEqual(after);
    }
    for (const n of [1, 2, 3]) end(run, n);
    await run.done;
    expect(run.clock.timers()).toEqual([]);
  });

  it("keeps the run from ending, and the source from being read twice", async () => {
    const source = fakeSource([1]);
    const run = pool({ source, concurrency: 5, retry: thrice });
    await quiet();
    end(run, 1, LOST);
    await run.clock.pass(999);
    expect([source.asked(), source.returned(), run.told]).toEqual([2, 0, []]);
    await run.clock.pass(1);
    end(run, 1);
    await run.done;
    expect([source.asked(), source.returned()]).toEqual([2, 1]);
  });
});

describe("a host with a Retry-After", () => {
  const asks = (retryAfterMs: number) => ({ ...BUSY, retryAfterMs });

  it("pauses all of its jobs, while those of other hosts run", async () => {
    const retry = (failure: Failure, attempts: number): RetryDecision => ({
      ...thrice(failure, attempts),
      pause: { ms: 5000, jobs: "wait" },
    });
    const run = pool({ source: fakeSource([6], "end", twoHosts), concurrency: 1, retry });
    await quiet();
    end(run, 1, asks(5000));
    for (const n of [2, 4, 6]) {
      await quiet();
      end(run, n);
    }
    await run.clock.pass(4999);
    expect(run.started).toEqual([1, 2, 4, 6]);
    await run.clock.pass(1);
    // Its own next try was put off for a second only: it goes with the others, and first.
    for (const n of [1, 3, 5]) {
      end(run, n);
      await quiet();
    }
    await run.done;
    expect(run.started).toEqual([1, 2, 4, 6, 1, 3, 5]);
    expect(run.told.find(({ n }) => n === 3)).not.toHaveProperty("retried_after");
  });

  it.each([2000, 300_000])("is paused for %i ms even if the job that got it is given up", async (parkMs) => {
    const run = pool({ source: fakeSource([2]), concurrency: 1 });
    await quiet();
    end(run, 1, asks(parkMs));
    await run.clock.pass(parkMs - 1);
    expect([run.told.length, run.started]).toEqual([1, [1]]);
    await run.clock.pass(1);
    expect(run.started).toEqual([1, 2]);
    end(run, 2);
    await run.done;
  });

  it.each([300_001, 1e12])("of %i ms has its jobs refused: none of them waits so long", async (retryAfterMs) => {
    const clock = fakeClock();
    const run = pool({ source: fakeSource([6], "end", twoHosts), concurrency: 1, clock });
    await quiet();
    end(run, 1, asks(retryAfterMs));
    for (const n of [2, 4, 6]) {
      await quiet();
      end(run, n);
    }
    await run.done;
    expect([run.started, clock.nowMs(), clock.timers()]).toEqual([[1, 2, 4, 6], 0, []]);
    const refused = run.told.filter(({ n }) => n === 3 || n === 5);
    for (const one of refused) expect(one).toMatchObject({ error: "http_status", status: 503, attempts: 0 });
    expect(refused).toHaveLength(2);
  });

  it("a retry that is further away than the longest timer does not start early", async () => {
    const longMs = 2 ** 31 + 5000;
    const retry = (_failure: Failure, attempts: number): RetryDecision =>
      attempts < 2 ? { delayMs: longMs } : { giveUp: undefined };
    const run = pool({ source: fakeSource([1]), concurrency: 1, retry });
    await quiet();
    end(run, 1, LOST);
    await quiet();
    for (const { ms } of run.clock.timers()) expect(ms).toBeLessThan(2 ** 31);
    await run.clock.pass(longMs - 1);
    expect(run.started).toEqual([1]);
    await run.clock.pass(1);
    expect(run.started).toEqual([1, 1]);
    end(run, 1);
    await run.done;
  });
});

describe("a closed host", () => {
  it("has its jobs refused: they never start, count no attempt, and each has its outcome", async () => {
    const run = pool({ source: fakeSource([40]), concurrency: 1, hostSignal: () => "unreachable" });
    // One strike after the other, with ever longer waits between; after the fourth it is given up.
    for (let strikes = 0; strikes < 4; strikes++) {
      await run.clock.pass(60_000);
      run.pending[0]?.end(failure("connect_refused", { detail: "nobody there" }));
    }
    await run.done;
    expect(run.told).toHaveLength(40);
    expect(new Set(run.told.map(({ n }) => n)).size).toBe(40);
    expect(run.started).toHaveLength(4);
    const refused = run.told.filter(({ attempts }) => attempts === 0);
    expect(refused).toHaveLength(36);
    for (const one of refused) {
      expect(one).toMatchObject({ outcome: "failed", error: "connect_refused", total_ms: 0, retryable: true });
      expect(one).toHaveProperty("detail", expect.stringMatching(/^not tried: example\.org .*nobody there$/));
    }
    expect(run.view.tally).toMatchObject({ failed: 40, retries: 0 });
    expect(run.view.open.size).toBe(0);
  });
});
