// A worker of the fleet between its queue and its output: what it does with a chunk when it is stopped.
import { describe, expect, it } from "vitest";
import type { FleetOutput } from "../../../src/app/fleet/commit/fleet-output.ts";
import type { FleetPlan } from "../../../src/app/fleet/plan.ts";
import { workerLoop } from "../../../src/app/fleet/worker-loop.ts";
import type { Lease } from "../../../src/queue/consumer.ts";

describe("a worker that is stopped while it looks whether a chunk is committed", () => {
  it("gives the chunk back, and does not download it", async () => {
    const stop = new AbortController();
    const done: string[] = [];
    const note = (what: string) => async () => void done.push(what);
    const lease: Lease = {
      ...{ chunk: { run: "0123abcd", n: 1, lines: { jobs: [] } }, attempt: 1, lost: new AbortController().signal },
      onHeld: () => {},
      ...{ done: note("done"), fail: note("failed"), giveBack: note("lease given back"), progress: note("progress") },
    };
    const output = {
      async isCommitted() {
        stop.abort();
        return false;
      },
      begin: () => "attempt",
    } as Partial<FleetOutput> as FleetOutput;
    const plan = { options: {}, lists: [], chunkLines: 1 } as Partial<FleetPlan> as FleetPlan;
    await workerLoop({
      ...{ stop: stop.signal, untilDone: true, command: "bulkget work", note: (text) => void done.push(text) },
      outputs: { of: async () => ({ plan, output }), close() {} },
      runner: {
        async run() {
          done.push("downloaded");
          return { how: "stopped" };
        },
        stop() {},
        async close() {},
      },
      consumer: { next: async () => lease, left: async () => 1, close: async () => {} },
      store: {} as never,
      web: () => ({}),
      next: async () => lease,
      onDone: () => {},
    });
    expect(done).toEqual(["lease given back"]);
  });
});
