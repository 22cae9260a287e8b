// Whose turn it is and when: the promises of the frontier, by properties on a simulated clock and by examples.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Failure } from "../../../src/core/failure.ts";
import { ORDERS } from "../../../src/core/scheduler/order.ts";
import type { HostSignal, OverloadLimit, Task } from "../../../src/core/scheduler/task.ts";
import { every, job, made, meek, numbers, started } from "../fronts.ts";
import { saved } from "../outcomes.ts";

const REFUSED: Failure = { error: "connect_refused", detail: "nobody there" };

describe("any run", () => {
  const scenario = fc.record({
    hosts: fc.array(fc.constantFrom("a", "b", "c", "d", ""), { minLength: 1, maxLength: 60 }),
    signals: fc.infiniteStream(
      fc.constantFrom<HostSignal>("ok", "ok", "ok", "overloaded", "unreachable", "silent", "neutral"),
    ),
    again: fc.infiniteStream(fc.option(fc.integer({ min: 0, max: 5000 }), { freq: 2 })),
    parks: fc.infiniteStream(fc.option(fc.tuple(fc.constantFrom("a", "b", "e"), fc.nat(5000)), { freq: 4 })),
    takesMs: fc.infiniteStream(fc.integer({ min: 0, max: 3000 })),
    perHost: fc.constantFrom(1, 2, 3, Number.POSITIVE_INFINITY),
    concurrency: fc.integer({ min: 1, max: 6 }),
    batch: fc.integer({ min: 1, max: 20 }),
    apartMs: fc.constantFrom(0, 0, 10, 400),
    hostApartMs: fc.constantFrom(0, 0, 30, 1000),
    order: fc.constantFrom(...Object.values(ORDERS)),
  });

  it("starts every job once each time it is added, never before its time or over a limit", () => {
    fc.assert(
      fc.property(scenario, (given) => {
        const jobs = given.hosts.map((host, index) =>
          host === "" ? { n: index + 1, url: "?" } : job(index + 1, host),
        );
        const limits = new Map<string, OverloadLimit>();
        let finishing = "";
        const front = made({
          perHost: given.perHost,
          concurrency: given.concurrency,
          order: given.order,
          ...(given.apartMs > 0 ? { pace: every(given.apartMs) } : {}),
          ...(given.hostApartMs > 0 ? { hostPace: () => every(given.hostApartMs) } : {}),
          overloadLimit(most) {
            expect(limits.has(finishing)).toBe(false);
            const one = meek(most);
            limits.set(finishing, one);
            return one;
          },
        });
        const running = new Map<Task, number>(); // and when it will end
        const notBeforeMs = new Map<Task, number>();
        const parkedMs = new Map<string, number>();
        const startedMs = new Map<string, number>();
        const here = new Set<number>(); // jobs that are in the frontier
        let nowMs = 0;
        let promised = false; // that something may start now
        let runMs = Number.NEGATIVE_INFINITY;
        let added = 0;
        let ended = 0;

        const check = (task: Task) => {
          const { host } = task;
          expect(here.delete(task.job.n)).toBe(true);
          if (task.refused !== undefined) return;
          expect(nowMs).toBeGreaterThanOrEqual(notBeforeMs.get(task) ?? 0);
          if (host === "") return;
          const others = [...running.keys()].filter((other) => other.host === host).length;
          expect(others).toBeLessThan(Math.min(given.perHost, limits.get(host)?.limit ?? given.concurrency));
          expect(nowMs).toBeGreaterThanOrEqual(parkedMs.get(host) ?? 0);
          expect(nowMs - (startedMs.get(host) ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(given.hostApartMs);
          expect(nowMs - runMs).toBeGreaterThanOrEqual(given.apartMs);
          startedMs.set(host, nowMs);
          runMs = nowMs;
        };

        for (let step = 0; ended < jobs.length; step++) {
          expect(step).toBeLessThan(10_000);
          for (const next of jobs.slice(added, added + given.batch)) {
            front.add(next, nowMs);
            here.add(next.n);
            added++;
          }
          let told = nowMs;
          while (running.size < given.concurrency) {
            const dueMs = front.dueMs(nowMs);
            const task = front.next(nowMs);
            expect(dueMs <= nowMs).toBe(task !== undefined);
            if (promised) expect(task).toBeDefined();
            promised = false;
            told = dueMs;
            if (task === undefined) break;
            check(task);
            if (task.refused === undefined) running.set(task, nowMs + (given.takesMs.next().value ?? 0));
            else ended++;
          }
          expect(front.waiting).toBe(here.size);
          const [first] = [...running].sort(([, one], [, other]) => one - other);
          if (first === undefined || (running.size < given.concurrency && told < first[1])) {
            if (here.size > 0) expect(told).toBeLessThan(Number.POSITIVE_INFINITY);
            promised = here.size > 0;
            if (promised) nowMs = told;
            continue;
          }
          const [task, endMs] = first;
          nowMs = Math.max(nowMs, endMs);
          running.delete(task);
          finishing = task.host;
          const signal = given.signals.next().value ?? "neutral";
          front.finished(task, signal, nowMs, signal === "unreachable" || signal === "silent" ? REFUSED : undefined);
          const park = given.parks.next().value;
          if (park !== null && park !== undefined) {
            front.park(park[0], nowMs + park[1]);
            parkedMs.set(park[0], Math.max(parkedMs.get(park[0]) ?? 0, nowMs + park[1]));
          }
          const delayMs = given.again.next().value;
          if (delayMs === null || delayMs === undefined) {
            ended++;
          } else {
            front.requeue(task, nowMs + delayMs);
            notBeforeMs.set(task, nowMs + delayMs);
            here.add(task.job.n);
          }
        }
        expect(front.waiting).toBe(0);
        expect(front.dueMs(nowMs)).toBe(Number.POSITIVE_INFINITY);
      }),
      { numRuns: 400 },
    );
  });

  it("in fair order lets no host wait while another gets two starts", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("add" as const), host: fc.constantFrom("a", "b", "c", "d", "e") }),
      fc.record({ kind: fc.constant("finish" as const), pick: fc.nat(100) }),
      fc.record({ kind: fc.constant("next" as const) }),
      fc.record({ kind: fc.constant("next" as const) }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.array(step, { maxLength: 300 }), (perHost, steps) => {
        const front = made({ perHost });
        const running: Task[] = [];
        const waiting = new Map<string, number>();
        const overtaken = new Map<string, Map<string, number>>(); // for each that may start: starts of others since then
        const may = (host: string) =>
          (waiting.get(host) ?? 0) > 0 && running.filter((task) => task.host === host).length < perHost;
        const look = (host: string) => {
          if (!may(host)) overtaken.delete(host);
          else if (!overtaken.has(host)) overtaken.set(host, new Map());
        };
        let n = 0;
        for (const one of steps) {
          if (one.kind === "add") {
            front.add(job(++n, one.host), 0);
            waiting.set(one.host, (waiting.get(one.host) ?? 0) + 1);
            look(one.host);
          } else if (one.kind === "finish") {
            const [task] = running.splice(one.pick % Math.max(1, running.length), 1);
            if (task === undefined) continue;
            front.finished(task, "ok", 0);
            look(task.host);
          } else {
            const task = front.next(0);
            expect(task === undefined).toBe(overtaken.size === 0);
            if (task === undefined) continue;
            expect(overtaken.delete(task.host)).toBe(true);
            running.push(task);
            waiting.set(task.host, (waiting.get(task.host) ?? 0) - 1);
            for (const starts of overtaken.values()) starts.set(task.host, (starts.get(task.host) ?? 0) + 1);
            for (const starts of overtaken.values()) expect(starts.get(task.host)).toBeLessThan(2);
            look(task.host);
          }
        }
      }),
    );
  });
});

describe("the look-ahead", () => {
  it("is full of jobs, or of characters, back-offs included", () => {
    const jobs = made({ capacity: 2 });
    jobs.add(job(1, "a"), 0);
    expect([jobs.waiting, jobs.full]).toEqual([1, false]);
    jobs.add(job(2, "b"), 0);
    expect([jobs.waiting, jobs.full]).toEqual([2, true]);
    const [task] = started(jobs);
    if (task === undefined) throw new Error("neutral");
    expect([jobs.waiting, jobs.full]).toEqual([0, false]);
    jobs.add(job(3, "b"), 0);
    jobs.finished(task, "ok", 0);
    jobs.requeue(task, 1000);
    expect([jobs.waiting, jobs.full]).toEqual([2, true]);

    const long = made({ capacityChars: 100 });
    long.add({ n: 1, url: `http://a/${"x".repeat(89)}` }, 0);
    expect(long.full).toBe(false);
    long.add(job(2, "a"), 0);
    expect(long.full).toBe(true);

    const x = "x".repeat(90);
    const known = { file: "1", bytes: 1, etag: x };
    for (const more of [{ name: x }, { replaces: x }, { known }, { duplicateOf: { ...saved(), ...known } }]) {
      const held = made({ capacityChars: 100 });
      held.add({ n: 1, url: "http://a/xx", ...more }, 0);
      expect(held.full, JSON.stringify(more)).toBe(true);
      started(held);
      expect(held.full).toBe(false);
    }
    started(long);
    expect(long.full).toBe(false);
  });

  it("keeps the order of a host's jobs, however many come and go", () => {
    const front = made();
    const seen: number[] = [];
    for (let n = 1; n <= 5000; n++) {
      front.add(job(n, "a"), 0);
      if (n % 3 === 0) continue;
      const task = front.next(0);
      if (task !== undefined) seen.push(task.job.n);
    }
    seen.push(...numbers(started(front)));
    expect(seen).toEqual(Array.from({ length: 5000 }, (_, index) => index + 1));
  });

  it("a job without a host starts at once, regardless of limits and rates", () => {
    const front = made({ perHost: 1, pace: every(1000), hostPace: () => every(1000) });
    for (const n of [1, 2]) front.add({ n, url: "no URL" }, 0);
    front.add(job(3, "a"), 0);
    front.add(job(4, "a"), 0);
    const tasks = started(front);
    expect(tasks.map(({ host }) => host)).toEqual(["", "", "a"]);
    for (const task of tasks) front.finished(task, "neutral", 0);
    expect(front.dueMs(0)).toBe(1000);
  });
});
