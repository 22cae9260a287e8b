// What a governor is told of a run: whole generations, nothing from before a change, nothing that says nothing.
import { describe, expect, it } from "vitest";
import {
  type ConcurrencyController,
  concurrencySampler,
  type Sample,
} from "../../../src/core/run/concurrency-sampler.ts";
import type { Task } from "../../../src/core/scheduler/task.ts";
import { fakeClock } from "../clock.ts";
import { failure, saved, skipped } from "../outcomes.ts";

function watched(concurrency: number) {
  const clock = fakeClock();
  const told: Sample[] = [];
  const sizes: number[] = [];
  let at = concurrency;
  let bytes = 0;
  const governor: ConcurrencyController & { next: number } = {
    next: concurrency,
    get concurrency() {
      return at;
    },
    get found() {
      return at;
    },
    reason: "a test",
    step: "a step",
    generations: 2,
    leastMs: 100,
    isPressed: (_finished, lost) => lost >= 3,
    onSample(interval) {
      told.push(interval);
      at = this.next;
    },
    cap(most) {
      at = Math.min(at, most);
    },
  };
  const resize = (most: number) => void sizes.push(most);
  const watching = concurrencySampler({ governor, clock, receivedBytes: () => bytes, resize });
  const receive = (more: number) => {
    bytes += more;
  };
  return { clock, told, sizes, governor, watching, receive };
}

describe("the concurrency sampler", () => {
  it("measures whole generations: tries that ended, were lost and were in flight, and their latency", async () => {
    const { clock, told, watching, receive } = watched(2);
    for (const signal of ["ok", "overloaded", "ok", "ok"] as const) {
      watching.began();
      watching.began();
      await clock.pass(60);
      receive(50);
      watching.ended(signal, 60);
      watching.ended("ok", 60);
    }
    expect(told).toEqual([
      { ms: 120, finished: 4, lost: 1, bytes: 100, inFlight: 2, latencyMs: 60 },
      expect.anything(),
    ]);
    watching.close();
    expect(clock.timers()).toEqual([]);
  });

  it("ignores tries that were in flight at a change, or started just after it", async () => {
    const { clock, told, sizes, governor, watching } = watched(2);
    const pair = async () => {
      watching.began();
      watching.began();
      await clock.pass(100);
      watching.ended("ok", 100);
      watching.ended("ok", 100);
    };
    watching.began(); // one more, that goes on
    governor.next = 3;
    await pair();
    await pair();
    expect([told.length, sizes]).toEqual([1, [3]]);
    await pair(); // four that do not count: one under way, and three
    await pair();
    await pair();
    await pair();
    expect(told).toHaveLength(1);
    await pair();
    expect(told).toHaveLength(2);
    expect(told[1]).toMatchObject({ finished: 6, ms: 300, inFlight: 3 });
    watching.close();
  });

  it("ends a sample at once if the controller considers the losses an overload", async () => {
    const { clock, told, watching } = watched(100);
    for (let i = 0; i < 3; i++) watching.began();
    await clock.pass(5);
    for (let i = 0; i < 3; i++) watching.ended("unreachable", 5);
    expect(told).toMatchObject([{ finished: 3, lost: 3, ms: 5 }]);
    watching.close();
  });

  it("ends a sample by the bytes of large bodies, and after half a minute if no try ends", async () => {
    const { clock, told, watching, receive } = watched(2);
    watching.began();
    await clock.pass(999);
    receive(8_000_000);
    await clock.pass(2);
    expect(told).toMatchObject([{ finished: 0, bytes: 8_000_000, inFlight: 1 }]);
    await clock.pass(31_000);
    expect(told).toHaveLength(2);
    watching.close();
  });

  it("ignores tries that made no request", async () => {
    const { told, watching } = watched(1);
    const signal = (result: unknown) => (result === undefined ? "ok" : "neutral");
    const task = { attempts: 1 } as Task; // the rest is nobody's concern
    const results = [
      { requeue: "robots", detail: "" } as const,
      { requeue: "redirect", detail: "" } as const,
      failure("invalid_url"),
      saved({ attempts: 0, duplicate_of: 1 }),
      skipped({ attempts: 0 }),
    ];
    for (const result of results) {
      const perform = watching.around(() => Promise.resolve(result), signal);
      for (let i = 0; i < 10; i++) expect(await perform(task)).toBe(result);
    }
    expect(told).toEqual([]);
    watching.close();
  });
});
