// The pool: as many jobs at a time as were asked for, never more, and one outcome for each.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Order } from "../../../src/core/scheduler/order.ts";
import { failure, saved, unchanged } from "../outcomes.ts";
import { end, fakeSource, pool, quiet, watched } from "../pool.ts";

const ones = (jobs: number) => Array.from({ length: jobs }, () => 1);

describe("a run", () => {
  it("has exactly `concurrency` jobs in flight while there is work, in whatever order they end", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 7 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 12 }),
        fc.infiniteStream(fc.nat()),
        fc.func(fc.boolean()),
        async (concurrency, sizes, choices, slow) => {
          const jobs = sizes.reduce((sum, size) => sum + size, 0);
          const { pending, view, told, clock, done } = pool({ source: fakeSource(sizes), concurrency, slow });
          const state = watched(done);
          const choose = (below: number) => (choices.next().value ?? 0) % below;
          let taken = 0;
          for (await quiet(); taken < jobs; await quiet()) {
            expect(pending.length).toBe(Math.min(concurrency, jobs - taken));
            expect(view.inFlight).toBe(pending.length);
            expect(state()).toBe("pending");
            // One or several end in one go: a slot is free when its report is taken.
            for (let ends = 1 + choose(pending.length); ends > 0; ends--) {
              const one = pending[choose(pending.length)];
              if (one?.what === "report" || (one !== undefined && !slow(one.n))) taken++;
              one?.end();
            }
          }
          expect(state()).toBe("resolved");
          expect(told.map(({ n }) => n).sort((a, b) => a - b)).toEqual(Array.from({ length: jobs }, (_, i) => i + 1));
          expect(view).toMatchObject({ inFlight: 0, peakInFlight: Math.min(concurrency, jobs) });
          expect(view.tally.saved).toBe(jobs);
          expect(clock.timers()).toEqual([]);
        },
      ),
    );
  });

  it("reads no job before there is a slot for it", async () => {
    const source = fakeSource(ones(10));
    const { pending, started } = pool({ source, concurrency: 3 });
    await quiet();
    expect(source.asked()).toBe(3);
    pending[1]?.end();
    await quiet();
    expect(source.asked()).toBe(4);
    expect(started).toEqual([1, 2, 3, 4]);
  });

  it("reads one batch at a time, however many slots are free", async () => {
    const source = fakeSource([2], "silence");
    const run = pool({ source, concurrency: 5 });
    await quiet();
    for (const n of [1, 2]) end(run, n);
    await quiet();
    expect([source.asked(), run.told.length]).toEqual([2, 2]);
  });

  it("frees no slot before the outcome is reported", async () => {
    const source = fakeSource(ones(3));
    const { pending, started, view } = pool({ source, concurrency: 1, slow: () => true });
    await quiet();
    pending[0]?.end();
    await quiet();
    expect(pending.map(({ what }) => what)).toEqual(["report"]);
    expect([started, source.asked(), view.inFlight]).toEqual([[1], 1, 1]);
    pending[0]?.end();
    await quiet();
    expect(started).toEqual([1, 2]);
  });

  it("starts jobs in the list's order and begins with the first before the list is read", async () => {
    const { started } = pool({ source: fakeSource([1, 2], "silence"), concurrency: 5 });
    await quiet();
    expect(started).toEqual([1, 2, 3]);
  });

  it("ends at once for an empty list", async () => {
    const source = fakeSource([]);
    await pool({ source, concurrency: 5 }).done;
    expect(source.asked()).toBe(1);
  });

  it("continues after failures, and counts each outcome by its kind", async () => {
    const job = pool({ source: fakeSource([4]), concurrency: 1 });
    const ends = [failure("internal"), failure("truncated"), saved({ n: 3 }), unchanged({ n: 4 })];
    for (const [i, result] of ends.entries()) {
      await quiet();
      end(job, i + 1, result);
    }
    await job.done;
    expect(job.view.tally).toMatchObject({ saved: 1, unchanged: 1, failed: 2 });
    expect(job.told.map(({ n, outcome }) => `${n} ${outcome}`)).toEqual([
      "1 failed",
      "2 failed",
      "3 saved",
      "4 unchanged",
    ]);
  });

  it("records a failure with the job's number, line and list", async () => {
    const source = fakeSource([1]);
    const job = { n: 7, url: "http://example.org/x", list: "b.txt", line: 2 };
    const batches = [{ done: false, value: [job] } as const, { done: true, value: undefined } as const];
    const from = { ...source, [Symbol.asyncIterator]: () => ({ next: async () => batches.shift() ?? expect.fail() }) };
    const run = pool({ source: from, concurrency: 1 });
    await quiet();
    end(run, 7, failure("http_status", { status: 404 }));
    await run.done;
    expect(run.told).toMatchObject([{ ...job, error: "http_status", status: 404, retryable: false, attempts: 1 }]);
  });

  it("has the jobs in flight in its view, the oldest first, with their start times", async () => {
    const { pending, view, clock } = pool({ source: fakeSource(ones(4)), concurrency: 2, slow: () => true });
    await quiet();
    await clock.pass(7);
    pending[0]?.end();
    await quiet();
    expect([...view.open].map(([{ n }, since]) => [n, since])).toEqual([[2, 0]]);
    pending.find(({ what }) => what === "report")?.end();
    await quiet();
    expect([...view.open].map(([{ n }, since]) => [n, since])).toEqual([
      [2, 0],
      [3, 7],
    ]);
  });

  it("has a constant elapsed time when it has ended", async () => {
    const { pending, view, clock, done } = pool({ source: fakeSource([1]), concurrency: 2 });
    await quiet();
    await clock.pass(40);
    expect(view.elapsedMs).toBe(40);
    pending[0]?.end();
    await done;
    await clock.pass(59);
    expect(view.elapsedMs).toBe(40);
  });

  it("reads ahead only as far as the frontier has room, and shows how many jobs wait there", async () => {
    // All on one host, which is to be left alone for a while after the first.
    const source = fakeSource(ones(100));
    const run = pool({ source, concurrency: 2, capacity: 10 });
    await quiet();
    expect([source.asked(), run.view.waiting]).toEqual([2, 0]);
    end(run, 1, failure("http_status", { status: 429, retryAfterMs: 60_000 }));
    await quiet();
    expect([source.asked(), run.view.waiting]).toEqual([12, 10]);
    expect(run.started).toEqual([1, 2]);
  });
});

describe("an order that throws", () => {
  const twoHosts = (n: number) => `http://${n % 2 === 0 ? "even" : "odd"}.example/${n}`;
  const error = new Error("no idea");

  it("ends the run with its error, after the jobs in flight have ended", async () => {
    let asked = 0;
    const order: Order = (ready) => {
      asked++;
      if (asked > 1) throw error;
      return [...ready][0] ?? expect.fail("asked with no host");
    };
    const run = pool({ source: fakeSource([8], "silence", twoHosts), concurrency: 3, order });
    const state = watched(run.done);
    await quiet();
    expect(run.started).toHaveLength(1);
    expect(state()).toBe("pending");
    run.pending[0]?.end();
    await expect(run.done).rejects.toBe(error);
    expect(run.told).toHaveLength(1);
    expect(run.clock.timers()).toEqual([]);
  });
});
