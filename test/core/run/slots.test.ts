// Slots: how many jobs run at a time, and how a slot goes from one job to the next.
import { describe, expect, it } from "vitest";
import { type Slot, slots } from "../../../src/core/run/slots.ts";
import { quiet } from "../clock.ts";

/** Slots whose jobs are numbers; the queue is what starts when a slot becomes free. */
function numbered(concurrency: number, queue: number[]) {
  const held = new Map<number, Slot>();
  const all = slots<number>(concurrency, (job, slot) => void held.set(job, slot), fill);
  function fill(): void {
    while (all.busy < all.concurrency) {
      const job = queue.shift();
      if (job === undefined) return;
      all.start(job);
    }
  }
  const end = (job: number) => {
    const slot = held.get(job) ?? expect.fail(`${job} holds no slot`);
    held.delete(job);
    all.release(slot);
    return slot;
  };
  return { all, fill, end, slotOf: (job: number) => held.get(job), running: () => [...held.keys()] };
}

describe("slots", () => {
  it("run as many jobs as the concurrency allows", async () => {
    const { all, fill, running } = numbered(3, [1, 2, 3, 4]);
    fill();
    await quiet();
    expect([running(), all.busy, all.peak]).toEqual([[1, 2, 3], 3, 3]);
  });

  it("go to the next job at once when their job ends", async () => {
    const { fill, end, slotOf } = numbered(1, [1, 2]);
    fill();
    await quiet();
    const slot = end(1);
    expect(slotOf(2)).toBe(slot);
  });

  it("are new ones after all have ended", async () => {
    const queue = [1];
    const { all, fill, end, running } = numbered(2, queue);
    fill();
    await quiet();
    end(1);
    expect(all.busy).toBe(0);
    queue.push(2, 3);
    fill();
    await quiet();
    expect([running(), all.busy, all.peak]).toEqual([[2, 3], 2, 2]);
  });

  it("end with their jobs where the concurrency is lowered, and are opened where it is raised", async () => {
    const { all, fill, end, running } = numbered(3, [1, 2, 3, 4, 5, 6, 7]);
    fill();
    await quiet();
    all.concurrency = 1;
    end(1);
    end(2);
    expect(running()).toEqual([3]);
    end(3);
    expect(running()).toEqual([4]);
    all.concurrency = 3;
    fill();
    await quiet();
    expect([running(), all.busy, all.peak]).toEqual([[4, 5, 6], 3, 3]);
  });
});
