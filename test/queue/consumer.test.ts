// The lease of a chunk: renewed while it is held, and no longer once it is lost.

import { afterEach, expect, it, vi } from "vitest";
import type { Opener } from "../../src/queue/bullmq.ts";
import { jobId } from "../../src/queue/chunk.ts";
import { consumer } from "../../src/queue/consumer.ts";

afterEach(() => {
  vi.useRealTimers();
});

it("a lease that is lost is not renewed any more", async () => {
  vi.useFakeTimers();
  let renewals = 0;
  const worker = {
    async startStalledCheckTimer() {},
    getNextJob: async () => ({ id: jobId("0123abcd", 1), data: [0, 100], attemptsStarted: 1 }),
    async extendJobLocks(ids: readonly string[]) {
      renewals++;
      return ids; // another worker has it
    },
  };
  const open = { worker: () => worker } as unknown as Opener; // as far as a lease needs it
  const note = () => {};
  const taking = consumer({ open, store: { queues: async () => [] }, token: "one", leaseMs: 30_000, note });
  const lease = await taking.next(false);
  await vi.advanceTimersByTimeAsync(300_000);
  expect(lease?.lost.aborted).toBe(true);
  expect(renewals).toBe(1);
});
