// The pool: as many jobs at a time as were asked for, never more, and one outcome for each.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { failed, saved } from "./outcomes.ts";
import { fakeSource, pool, quiet, watched } from "./pool.ts";

const ones = (jobs: number) => Array.from({ length: jobs }, () => 1);

describe("a run", () => {
  it("has exactly `concurrency` jobs under way while there is work, whatever the order in which they end", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 7 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 12 }),
        fc.infiniteStream(fc.nat()),
        fc.func(fc.boolean()),
        async (concurrency, sizes, choices, slow) => {
          const jobs = sizes.reduce((sum, size) => sum + size, 0);
          const { pending, view, told, done } = pool({ source: fakeSource(sizes), concurrency, slow });
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
        },
      ),
    );
  });

  it("asks for no job before there is a slot for it", async () => {
    const source = fakeSource(ones(10));
    const { pending, started } = pool({ source, concurrency: 3 });
    await quiet();
    expect(source.asked()).toBe(3);
    pending[1]?.end();
    await quiet();
    expect(source.asked()).toBe(4);
    expect(started).toEqual([1, 2, 3, 4]);
  });

  it("frees no slot before the outcome is taken", async () => {
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

  it("goes on over failures, and counts them", async () => {
    const { pending, view, done } = pool({ source: fakeSource([3]), concurrency: 1 });
    await quiet();
    pending[0]?.end(failed({ n: 1, error: "internal" }));
    await quiet();
    pending[0]?.end(failed({ n: 2, error: "truncated" }));
    await quiet();
    pending[0]?.end(saved({ n: 3 }));
    await done;
    expect(view.tally).toMatchObject({ saved: 1, failed: 2 });
  });

  it("shows which jobs are open, the oldest first, and since when", async () => {
    const { pending, view, clock } = pool({ source: fakeSource(ones(4)), concurrency: 2, slow: () => true });
    await quiet();
    clock.ms = 7;
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

  it("lets its clock stand still when it is over", async () => {
    const { pending, view, clock, done } = pool({ source: fakeSource([1]), concurrency: 2 });
    await quiet();
    clock.ms = 40;
    expect(view.elapsedMs).toBe(40);
    pending[0]?.end();
    await done;
    clock.ms = 99;
    expect(view.elapsedMs).toBe(40);
  });
});
