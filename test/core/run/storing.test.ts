// What needs no slot any more: bodies that are being stored while their slots are at the next URLs.
import { expect, it } from "vitest";
import type { TryResult } from "../../../src/core/run/try-result.ts";
import type { Task } from "../../../src/core/scheduler/task.ts";
import { failure, saved } from "../outcomes.ts";
import { fakeSource, type PoolOptions, pool, quiet, watched } from "../pool.ts";

/** Tries whose bodies are there at once, and stored when the test says so. */
function storing() {
  const ends: { readonly n: number; readonly attempts: number; end(result?: TryResult): void }[] = [];
  const perform: NonNullable<PoolOptions["perform"]> = async ({ job: { n }, attempts }: Task) => ({
    storing: new Promise((done) => ends.push({ n, attempts, end: (result = saved({ n })) => done(result) })),
  });
  return { ends, perform };
}

it("a body that is being stored holds no slot, and still counts as open", async () => {
  const { ends, perform } = storing();
  const { view, told, done } = pool({ source: fakeSource([5]), concurrency: 2, perform });
  const state = watched(done);
  await quiet();
  expect(ends.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5]);
  expect(view).toMatchObject({ inFlight: 0, peakInFlight: 2 });
  expect(view.open.size).toBe(5);
  expect([told, state()]).toEqual([[], "pending"]);
  for (const one of ends) one.end();
  await quiet();
  expect(told.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5]);
  expect(view.open.size).toBe(0);
  expect(state()).toBe("resolved");
});

it("no more than 256 are stored, or not reported, at a time", async () => {
  const { ends, perform } = storing();
  const { pending, told, done } = pool({ source: fakeSource([1000]), concurrency: 10, perform, slow: (n) => n <= 300 });
  const state = watched(done);
  await quiet();
  expect(ends.length).toBeLessThan(256 + 10);
  const first = ends.length;
  for (const one of ends.slice(0, 100)) one.end();
  await quiet();
  expect([told.length, ends.length]).toEqual([100, first]); // nobody has taken their outcomes yet
  for (const one of pending.splice(0)) one.end();
  await quiet();
  expect(ends.length).toBe(first + 100);
  for (let at = 100; state() === "pending"; await quiet()) {
    const from = at;
    at = ends.length;
    for (const one of ends.slice(from, at)) one.end();
    await quiet();
    for (const one of [...pending]) one.end();
  }
  expect(told.map(({ n }) => n).sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
});

it("its host is told of the answer when it comes, once, whatever the disk says later", async () => {
  const { ends, perform } = storing();
  const signals: (string | undefined)[] = [];
  const hostSignal = (of: { readonly error: string } | undefined) => {
    signals.push(of?.error);
    return "neutral" as const;
  };
  const { told, judged, done } = pool({ source: fakeSource([1]), concurrency: 1, perform, hostSignal });
  await quiet();
  expect(signals).toEqual([undefined]);
  const refused = failure("file_exists");
  ends[0]?.end(refused);
  await done;
  expect(signals).toEqual([undefined]);
  expect(judged).toEqual([[refused, 1]]);
  expect(told).toMatchObject([{ n: 1, outcome: "failed", error: "file_exists" }]);
});

it("a disk that is full then ends the run, and one that lacks descriptors is tried again", async () => {
  const { ends, perform } = storing();
  const run = pool({ source: fakeSource([3]), concurrency: 3, perform });
  await quiet();
  ends[0]?.end({ ...failure("write_failed"), fdsExhausted: true });
  await quiet();
  expect(run.fdsExhausted).toEqual([2]);
  await run.clock.pass(100);
  await quiet();
  expect(ends.map(({ n, attempts }) => [n, attempts])).toEqual([
    [1, 1],
    [2, 1],
    [3, 1],
    [1, 1],
  ]);
  ends[1]?.end(failure("disk_full"));
  await quiet();
  expect(run.stop.signal.reason).toBe("disk");
  for (const one of ends.slice(2)) one.end();
  await run.done;
  expect(run.told.map(({ n, outcome }) => [n, outcome])).toEqual([
    [2, "failed"],
    [3, "saved"],
    [1, "saved"],
  ]);
});
