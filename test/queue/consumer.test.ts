// The lease of a chunk: renewed while it is held, and no longer once it is lost.

import { afterEach, expect, it, vi } from "vitest";
import type { Opener } from "../../src/queue/bullmq.ts";
import { jobId } from "../../src/queue/chunk.ts";
import { consumer } from "../../src/queue/consumer.ts";
import { monotonicMs } from "../../src/queue/monotonic.ts";

afterEach(() => {
  vi.useRealTimers();
});

/** A worker with one job, as far as a lease needs it. */
function workerOf(name: string, extendJobLocks: (ids: readonly string[]) => Promise<readonly string[]>) {
  const worker = {
    name,
    extendJobLocks,
    async startStalledCheckTimer() {},
    getNextJob: async () => ({ id: jobId("0123abcd", 1), data: [0, 100, 7], attemptsStarted: 1 }),
  };
  const open = { worker: () => worker } as unknown as Opener;
  return consumer({ open, store: { queues: async () => [] }, token: "one", leaseMs: 30_000, note: () => {} });
}

it("a lease of hosts that are kept apart is lost before its time is over, where it cannot be renewed", async () => {
  vi.useFakeTimers();
  let isReached = true;
  const renew = () => (isReached ? Promise.resolve([]) : new Promise<never>(() => {}));
  for (const [name, isLost] of [
    ["bulkget-host-07", true],
    ["bulkget", false],
  ] as const) {
    isReached = true;
    const lease = await workerOf(name, renew).next(false);
    const heldUntilMs: number[] = [];
    lease?.onHeld((untilMs) => void heldUntilMs.push(untilMs - monotonicMs()));
    await vi.advanceTimersByTimeAsync(300_000);
    expect([name, lease?.lost.aborted, heldUntilMs.length > 20]).toEqual([name, false, isLost]);
    isReached = false;
    await vi.advanceTimersByTimeAsync(23_999);
    expect([name, lease?.lost.aborted]).toEqual([name, false]);
    await vi.advanceTimersByTimeAsync(300_000);
    expect([name, lease?.lost.aborted]).toEqual([name, isLost]);
    expect(heldUntilMs.every((ms) => ms === 24_000)).toBe(true);
  }
});

it("a lease that is lost is not renewed any more", async () => {
  vi.useFakeTimers();
  let renewals = 0;
  const taking = workerOf("bulkget", async (ids) => {
    renewals++;
    return ids; // another worker has it
  });
  const lease = await taking.next(false);
  await vi.advanceTimersByTimeAsync(300_000);
  expect(lease?.lost.aborted).toBe(true);
  expect(renewals).toBe(1);
});
