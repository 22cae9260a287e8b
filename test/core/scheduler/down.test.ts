// A host where nobody answers: it gets strikes, tried again one at a time, given up, forgiven.

import { describe, expect, it } from "vitest";
import type { Failure } from "../../../src/core/failure.ts";
import type { Frontier, Task } from "../../../src/core/scheduler/task.ts";
import { filled, job, numbers, only, started } from "../fronts.ts";

const REFUSED: Failure = { error: "connect_refused", detail: "nobody there" };

describe("an unreachable host", () => {
  /** Lets `front` fail at all that it starts, as time goes, for so long. When each try was, and what was refused. */
  function failing(front: Frontier, fromMs: number, untilMs: number) {
    const triesMs: number[] = [];
    const refused: Task[] = [];
    for (let nowMs = fromMs; nowMs < untilMs; nowMs = Math.max(front.dueMs(nowMs), nowMs)) {
      for (const task of started(front, nowMs)) {
        if (task.refused !== undefined) {
          refused.push(task);
          continue;
        }
        triesMs.push(nowMs);
        front.finished(task, "unreachable", nowMs, { ...REFUSED, status: 500, retryAfterMs: 1, fdsExhausted: true });
      }
    }
    return { triesMs, refused };
  }

  it("gets one strike for all tries in flight, and is then tried one at a time", () => {
    const front = filled("a".repeat(20));
    const eight = Array.from({ length: 8 }, () => front.next(0)).filter((task) => task !== undefined);
    for (const task of eight) front.finished(task, "unreachable", 0, REFUSED);
    expect(front.dueMs(0)).toBe(1000);
    const probe = only(front, 1000);
    expect(front.dueMs(1000)).toBe(Number.POSITIVE_INFINITY);
    front.finished(probe, "ok", 1500);
    expect(started(front, 1500)).toHaveLength(11);
  });

  it("gets no strike for a try that started before its last answer", () => {
    const front = filled("a".repeat(20));
    const [slow, quick] = [front.next(0), front.next(0)];
    if (slow === undefined || quick === undefined) throw new Error("two may start");
    front.finished(quick, "ok", 10);
    front.finished(slow, "unreachable", 5000, REFUSED);
    expect(front.dueMs(5000)).toBe(5000);
    expect(started(front, 5000)).toHaveLength(18);
  });

  it("with a Retry-After that is longer than its jobs may wait has them refused until then", () => {
    const front = filled("a".repeat(4));
    const first = front.next(0);
    if (first === undefined) throw new Error("one may start");
    front.finished(first, "overloaded", 0);
    front.park(first.host, 9_000_000, {
      error: "http_status",
      detail: "429 Too Many Requests; Retry-After",
      status: 429,
    });
    const refused = started(front, 1);
    expect(refused).toHaveLength(3);
    for (const task of refused) {
      expect(task.refused).toMatchObject({ error: "http_status", status: 429 });
      expect(task.refused?.detail).toMatch(/^not tried: .* wants to be left alone, last: 429/);
    }
    expect(front.waiting).toBe(0);
    front.add({ n: 9, url: first.job.url }, 9_000_000);
    expect(only(front, 9_000_000).refused).toBeUndefined();
  });

  it("that never answered is closed after the fourth strike, and all its waiting jobs are refused", () => {
    const front = filled("a".repeat(12), { perHost: 1 });
    const { triesMs, refused } = failing(front, 0, 60_000);
    expect(triesMs).toEqual([0, 1000, 3000, 7000]);
    expect(numbers(refused)).toEqual([5, 6, 7, 8, 9, 10, 11, 12]);
    for (const task of refused) {
      expect(task.refused).toEqual({
        error: "connect_refused",
        status: 500,
        detail: "not tried: a failed 4 times in a row, last: nobody there",
      });
    }
    expect([front.waiting, front.dueMs(7000)]).toEqual([0, Number.POSITIVE_INFINITY]);
  });

  it("that is closed is tried with one job after its back-off, and is open again once it answers", () => {
    const front = filled("aaaa", { perHost: 1 });
    failing(front, 0, 60_000);
    front.add(job(5, "a"), 14_999);
    expect(only(front, 14_999).refused).toBeDefined();
    for (const n of [6, 7, 8]) front.add(job(n, "a"), 15_000);
    const [...three] = started(front, 15_000);
    expect(three.map((task) => task.refused === undefined)).toEqual([false, false, true]);
    front.add(job(9, "a"), 15_001);
    expect(only(front, 15_001).refused).toBeDefined();
    const probe = three[2];
    if (probe === undefined) throw new Error("neutral");
    front.finished(probe, "overloaded", 16_000);
    front.add(job(10, "a"), 16_000);
    front.add(job(11, "a"), 16_000);
    expect(started(front, 16_000).map((task) => task.refused)).toEqual([undefined]);
  });

  it("refuses jobs in their back-off as well, at once", () => {
    const front = filled("aaaa", { perHost: 1 });
    const first = only(front, 0);
    front.finished(first, "unreachable", 0, REFUSED);
    front.requeue(first, 50_000);
    const { refused } = failing(front, 0, 8000);
    expect(refused).toEqual([first]);
    expect(first.refused?.error).toBe("connect_refused");
  });

  it("is probed with a job that may start, not with one in its back-off", () => {
    const front = filled("aaaaa", { perHost: 2 });
    const [slow, quick] = started(front);
    if (slow === undefined || quick === undefined) throw new Error("neutral");
    front.finished(quick, "unreachable", 0, REFUSED);
    failing(front, 0, 15_000);
    front.add(job(6, "a"), 15_000);
    front.finished(slow, "neutral", 15_000);
    front.requeue(slow, 90_000);
    expect(started(front, 15_000).map((task) => [task.job.n, task.refused === undefined])).toEqual([
      [1, false],
      [6, true],
    ]);
  });

  it("that has answered before is closed after ten minutes at the earliest", () => {
    const front = filled("a".repeat(100), { perHost: 1 });
    front.finished(only(front, 0), "ok", 0);
    const { triesMs, refused } = failing(front, 10, 2_000_000);
    const parks = triesMs.map((ms, index) => (triesMs[index + 1] ?? Number.NaN) - ms);
    expect(parks.slice(0, 8)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    expect(triesMs.at(-1)).toBeGreaterThanOrEqual(600_010);
    expect(triesMs.at(-1)).toBeLessThan(660_010);
    expect(triesMs.length + refused.length).toBe(99);
  });

  it("is reset by a success of a try that was in flight at the strike, and gets no strike for its failure", () => {
    const front = filled("aaaaa", { perHost: 2 });
    const [slow, quick] = started(front);
    if (slow === undefined || quick === undefined) throw new Error("neutral");
    front.finished(quick, "unreachable", 0, REFUSED);
    const probe = only(front, 1000);
    front.finished(probe, "ok", 1000);
    front.finished(slow, "unreachable", 1001, REFUSED); // began before the last strike
    expect(started(front, 1001)).toHaveLength(2);
  });

  describe("that accepts connections, but does not answer some URLs", () => {
    const SILENT: Failure = { error: "headers_timeout", detail: "no whole header block in 30 s" };

    /** Plays a host that answers these lines only, a second for each try, with three more tries a line. Returns who was refused. */
    function answering(front: Frontier, isAnswered: (n: number) => boolean, untilMs: number) {
      const refused: number[] = [];
      const answered: number[] = [];
      let nowMs = 0;
      while (front.dueMs(nowMs) < untilMs) {
        nowMs = Math.max(front.dueMs(nowMs), nowMs);
        const batch = started(front, nowMs);
        refused.push(...numbers(batch.filter((task) => task.refused !== undefined)));
        const tried = batch.filter((task) => task.refused === undefined);
        nowMs += 1000;
        for (const task of tried) {
          task.attempts++;
          if (isAnswered(task.job.n)) {
            answered.push(task.job.n);
            front.finished(task, "ok", nowMs);
          } else {
            front.finished(task, "silent", nowMs, SILENT);
            if (task.attempts <= 3) front.requeue(task, nowMs + 1);
          }
        }
      }
      return { refused, answered, endedMs: nowMs };
    }

    it("is tried with another URL after each of them, and saves all that it answers", () => {
      const front = filled("a".repeat(20), { perHost: 2 });
      const { refused, answered, endedMs } = answering(front, (n) => n > 3, 2_000_000);
      expect(refused).toEqual([]);
      expect(answered).toHaveLength(17);
      expect(front.waiting).toBe(0);
      expect(endedMs).toBeLessThan(60_000);
    });

    it("is not blocked by URLs that are never answered, however often these are retried", () => {
      const front = filled("a".repeat(40), { perHost: 4 });
      const { refused, answered, endedMs } = answering(front, (n) => n % 2 === 1, 2_000_000);
      expect([refused.length, answered.length]).toEqual([0, 20]);
      expect(endedMs).toBeLessThan(60_000);
    });

    it("is closed after four URLs in a row if it never answered any", () => {
      const front = filled("a".repeat(40), { perHost: 4 });
      const { refused } = answering(front, () => false, 2_000_000);
      expect(refused).toHaveLength(40);
    });
  });
});
