// Redirects to other hosts in the frontier: a try counts where its request is, and waits for the host that it needs.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Task } from "../../../src/core/scheduler/task.ts";
import { every, job, made, numbers, only, started } from "../fronts.ts";

const DOWN = { error: "connect_refused", detail: "nobody there" } as const;

/** A frontier with so many jobs of one host, numbered from 1. */
function withJobs(count: number, options: Parameters<typeof made>[0] = {}) {
  const front = made(options);
  for (let n = 1; n <= count; n++) front.add(job(n, "short"), 0);
  return front;
}

describe("a try that is redirected to another host", () => {
  it("frees its start at the first host, and uses one at the other", () => {
    const front = withJobs(3, { perHost: 1 });
    const first = only(front, 0);
    expect(front.move(first, "other", "ok", 0)).toBe(true);
    expect(first.host).toBe("other");
    const second = only(front, 0);
    expect(front.move(second, "other", "ok", 0)).toBe(false);
    front.requeue(second, 0);
    expect(numbers(started(front))).toEqual([3]); // the second one waits for the other host
    front.finished(first, "ok", 0);
    expect(front.waiting).toBe(1);
  });

  it("that had to wait starts at its first host again, within its limits, and keeps its reserved start", () => {
    const front = withJobs(3, { perHost: 1 });
    const first = only(front, 0);
    front.move(first, "other", "ok", 0);
    const second = only(front, 0);
    front.move(second, "other", "ok", 0);
    front.requeue(second, 0);
    front.finished(first, "ok", 0);
    const third = only(front, 0);
    expect([third.job.n, started(front, 0)]).toEqual([3, []]); // home has one place: the second one waits for that
    front.finished(third, "ok", 0);
    const next = only(front, 0);
    expect([next.job.n, next.host]).toEqual([2, "short"]);
    expect(front.move(next, "other", "ok", 0)).toBe(true);
    expect(next.host).toBe("other");
  });

  it("gives the reserved start back if it leads elsewhere or fails at its first host", () => {
    for (const leads of ["elsewhere", undefined]) {
      const front = withJobs(2, { perHost: 1 });
      const first = only(front, 0);
      front.move(first, "other", "ok", 0);
      const second = only(front, 0);
      front.move(second, "other", "ok", 0);
      front.requeue(second, 0);
      front.finished(first, "ok", 0);
      const again = only(front, 0);
      if (leads !== undefined) expect(front.move(again, leads, "ok", 0)).toBe(true);
      front.finished(again, "ok", 0);
      front.add(job(9, "other"), 0);
      expect(numbers(started(front))).toEqual([9]);
    }
  });

  it("to an unreachable or paused host waits for that host, and does not count against the first one", () => {
    const front = withJobs(6);
    const [a, b, c, ...rest] = started(front);
    if (a === undefined || b === undefined || c === undefined) expect.unreachable("six were added");
    front.move(a, "dead", "ok", 0);
    front.finished(a, "unreachable", 0, DOWN);
    expect(front.move(b, "dead", "ok", 0)).toBe(false);
    front.requeue(b, 0);
    front.park("busy", 5000);
    expect(front.move(c, "busy", "ok", 0)).toBe(false);
    front.requeue(c, 0);
    for (const one of rest) front.finished(one, "ok", 0);
    front.add(job(7, "short"), 0);
    expect(numbers(started(front, 0))).toEqual([7]);
    expect(numbers(started(front, 1000))).toEqual([2]);
    expect(numbers(started(front, 5000))).toEqual([3]);
  });

  it("by a worker process is recorded afterwards, and counts for the host where it failed", () => {
    const front = withJobs(10);
    const all = started(front);
    for (const one of all) {
      front.moved(one, "dead", 0);
      front.finished(one, "unreachable", 0, DOWN);
    }
    front.add(job(11, "short"), 0);
    front.add(job(12, "dead"), 0);
    expect(numbers(started(front, 0))).toEqual([11]);
  });

  it("exceeds no limit, and ends, wherever the redirects lead", () => {
    const scenario = fc.record({
      leads: fc.array(fc.array(fc.constantFrom("a", "b", "short"), { maxLength: 3 }), { minLength: 1, maxLength: 40 }),
      perHost: fc.constantFrom(1, 2, 3),
      apartMs: fc.constantFrom(0, 0, 50),
      concurrency: fc.integer({ min: 1, max: 10 }),
      picks: fc.infiniteStream(fc.nat(100)),
    });
    fc.assert(
      fc.property(scenario, ({ leads, perHost, apartMs, concurrency, picks }) => {
        const front = withJobs(leads.length, {
          perHost,
          ...(apartMs > 0 ? { hostPace: () => every(apartMs) } : {}),
        });
        const running: { readonly task: Task; readonly left: string[] }[] = [];
        let nowMs = 0;
        let ended = 0;
        for (let steps = 0; ended < leads.length; steps++) {
          expect(steps).toBeLessThan(100 * leads.length);
          for (let task = running.length < concurrency ? front.next(nowMs) : undefined; task !== undefined; ) {
            running.push({ task, left: [...(leads[task.job.n - 1] ?? [])] });
            task = running.length < concurrency ? front.next(nowMs) : undefined;
          }
          for (const host of ["a", "b", "short"])
            expect(running.filter(({ task }) => task.host === host && task.holds < 10).length).toBeLessThanOrEqual(
              perHost,
            );
          const index = running.length === 0 ? -1 : (picks.next().value ?? 0) % running.length;
          const one = running[index];
          if (one === undefined) {
            nowMs = Math.max(nowMs + 1, front.dueMs(nowMs));
            continue;
          }
          const next = one.left.shift();
          if (next === undefined) {
            running.splice(index, 1);
            front.finished(one.task, "ok", nowMs);
            ended++;
          } else if (!front.move(one.task, next, "ok", nowMs)) {
            running.splice(index, 1);
            front.requeue(one.task, nowMs);
          }
        }
        expect(front.waiting).toBe(0);
      }),
    );
  });
});
