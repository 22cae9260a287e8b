// Which host is next: each order by an example, and one of one's own.

import { describe, expect, it } from "vitest";
import { type HostQueue, ORDERS } from "../../../src/core/scheduler/order.ts";
import { filled, job, numbers, started } from "../fronts.ts";

describe("the order", () => {
  it("fair: the hosts in turn", () => {
    expect(numbers(started(filled("aaaabbc")))).toEqual([1, 5, 7, 2, 6, 3, 4]);
  });

  it("list: as in the list", () => {
    expect(numbers(started(filled("aabacab", { order: ORDERS.list })))).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it("longest: the host with most jobs", () => {
    const hosts = started(filled("abbbcc", { order: ORDERS.longest })).map((task) => task.host);
    expect(hosts.slice(0, 2)).toEqual(
      ["b", "c"]
        .map(() => "b")
        .slice(0, 1)
        .concat(hosts[1] ?? ""),
    );
    expect(hosts[0]).toBe("b");
    expect([...hosts].sort()).toEqual([..."abbbcc"]);
  });

  it("a caller's function gets each host that may start, its number of jobs, and its next job", () => {
    const seen: HostQueue[][] = [];
    const front = filled("aabc", {
      perHost: 1,
      order: (ready) => {
        const queues = [...ready];
        seen.push(queues.map(({ host, waiting, next }) => ({ host, waiting, next })));
        return queues.at(-1) ?? ORDERS.fair(ready);
      },
    });
    expect(numbers(started(front))).toEqual([4, 3, 1]);
    expect(seen).toEqual([
      [
        { host: "a", waiting: 2, next: job(1, "a") },
        { host: "b", waiting: 1, next: job(3, "b") },
        { host: "c", waiting: 1, next: job(4, "c") },
      ],
      [
        { host: "a", waiting: 2, next: job(1, "a") },
        { host: "b", waiting: 1, next: job(3, "b") },
      ],
    ]);
  });

  it("a caller's function that returns another host is an error", () => {
    const front = filled("ab", { order: () => ({ host: "z", waiting: 1, next: job(9, "z") }) });
    expect(() => front.next(0)).toThrow(/order/);
  });

  it("a task that is queued again keeps its place in the list", () => {
    const front = filled("aabbab", { order: ORDERS.list });
    const first = [front.next(0), front.next(0)].filter((task) => task !== undefined);
    for (const task of first.reverse()) {
      front.finished(task, "ok", 0);
      front.requeue(task, 50);
    }
    expect(front.next(49)?.job.n).toBe(3);
    expect(numbers(started(front, 50))).toEqual([1, 2, 4, 5, 6]);
  });
});
