// Whose turn it is and when: the promises of the frontier, by properties on a simulated clock and by examples.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Failure } from "../../src/core/failure.ts";
import {
  type Frontier,
  type FrontierOptions,
  frontier,
  type Pace,
  type Sign,
  type Task,
} from "../../src/core/frontier.ts";
import type { Allowance } from "../../src/core/host.ts";
import type { Job } from "../../src/core/job.ts";
import { type HostQueue, ORDERS } from "../../src/core/order.ts";
import { parseTarget } from "../../src/core/target.ts";

const REFUSED: Failure = { error: "connect_refused", detail: "nobody there" };

/** An allowance that is lowered by one each time. */
function meek(most: () => number): Allowance {
  let limit = most();
  return {
    get limit() {
      return limit;
    },
    note(pushed) {
      limit = pushed ? Math.max(1, limit - 1) : Math.min(most(), limit + 1);
    },
  };
}

/** Starts at least so far apart. */
function every(apartMs: number): Pace {
  let readyMs = 0;
  return {
    readyMs: () => readyMs,
    take(nowMs) {
      readyMs = nowMs + apartMs;
    },
  };
}

function made(options: Partial<FrontierOptions> = {}): Frontier {
  const usual = { capacity: 1000, capacityChars: 2 ** 24, perHost: Number.POSITIVE_INFINITY, concurrency: 8 };
  return frontier({ ...usual, order: ORDERS.fair, allowance: meek, ...options });
}

const job = (n: number, host: string): Job => ({ n, url: `http://${host}/${n}` });

/** Adds jobs to `hosts`, one each, numbered from 1. */
function filled(hosts: string, options: Partial<FrontierOptions> = {}): Frontier {
  const front = made(options);
  for (const [index, host] of [...hosts].entries()) front.add(job(index + 1, host), 0);
  return front;
}

/** All that may start now. */
function started(front: Frontier, nowMs = 0): Task[] {
  const tasks: Task[] = [];
  for (let task = front.next(nowMs); task !== undefined; task = front.next(nowMs)) tasks.push(task);
  return tasks;
}

function only(front: Frontier, nowMs: number): Task {
  const [task, ...more] = started(front, nowMs);
  if (task === undefined || more.length > 0) throw new Error(`${more.length + 1} tasks where there should be one`);
  return task;
}

const numbers = (tasks: readonly Task[]) => tasks.map((task) => task.job.n);

describe("any run", () => {
  const scenario = fc.record({
    hosts: fc.array(fc.constantFrom("a", "b", "c", "d", ""), { minLength: 1, maxLength: 60 }),
    signs: fc.infiniteStream(fc.constantFrom<Sign>("alive", "alive", "alive", "pushed", "down", "none")),
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

  it("gives every job once for each time it comes, and nothing before its time or over a limit", () => {
    fc.assert(
      fc.property(scenario, (given) => {
        const jobs = given.hosts.map((host, index) =>
          host === "" ? { n: index + 1, url: "?" } : job(index + 1, host),
        );
        const allowances = new Map<string, Allowance>();
        let finishing = "";
        const front = made({
          perHost: given.perHost,
          concurrency: given.concurrency,
          order: given.order,
          ...(given.apartMs > 0 ? { pace: every(given.apartMs) } : {}),
          ...(given.hostApartMs > 0 ? { hostPace: () => every(given.hostApartMs) } : {}),
          allowance(most) {
            expect(allowances.has(finishing)).toBe(false);
            const one = meek(most);
            allowances.set(finishing, one);
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
          expect(others).toBeLessThan(Math.min(given.perHost, allowances.get(host)?.limit ?? given.concurrency));
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
          const sign = given.signs.next().value ?? "none";
          front.finished(task, sign, nowMs, sign === "down" ? REFUSED : undefined);
          const park = given.parks.next().value;
          if (park !== null && park !== undefined) {
            front.park(park[0], nowMs + park[1]);
            parkedMs.set(park[0], Math.max(parkedMs.get(park[0]) ?? 0, nowMs + park[1]));
          }
          const delayMs = given.again.next().value;
          if (delayMs === null || delayMs === undefined) {
            ended++;
          } else {
            front.again(task, nowMs + delayMs);
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
            front.finished(task, "alive", 0);
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

  it("a function of one's own sees each host that may start, what waits there, and its next job", () => {
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

  it("a function that picks another host than those is a bug that is said", () => {
    const front = filled("ab", { order: () => ({ host: "z", waiting: 1, next: job(9, "z") }) });
    expect(() => front.next(0)).toThrow(/order/);
  });

  it("a task that comes back has its old place in the list", () => {
    const front = filled("aabbab", { order: ORDERS.list });
    const first = [front.next(0), front.next(0)].filter((task) => task !== undefined);
    for (const task of first.reverse()) {
      front.finished(task, "alive", 0);
      front.again(task, 50);
    }
    expect(front.next(49)?.job.n).toBe(3);
    expect(numbers(started(front, 50))).toEqual([1, 2, 4, 5, 6]);
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
    if (task === undefined) throw new Error("none");
    expect([jobs.waiting, jobs.full]).toEqual([0, false]);
    jobs.add(job(3, "b"), 0);
    jobs.finished(task, "alive", 0);
    jobs.again(task, 1000);
    expect([jobs.waiting, jobs.full]).toEqual([2, true]);

    const long = made({ capacityChars: 100 });
    long.add({ n: 1, url: `http://a/${"x".repeat(89)}` }, 0);
    expect(long.full).toBe(false);
    long.add(job(2, "a"), 0);
    expect(long.full).toBe(true);
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

  it("a job without a host starts at once, past every limit and pace", () => {
    const front = made({ perHost: 1, pace: every(1000), hostPace: () => every(1000) });
    for (const n of [1, 2]) front.add({ n, url: "no URL" }, 0);
    front.add(job(3, "a"), 0);
    front.add(job(4, "a"), 0);
    const tasks = started(front);
    expect(tasks.map(({ host }) => host)).toEqual(["", "", "a"]);
    for (const task of tasks) front.finished(task, "none", 0);
    expect(front.dueMs(0)).toBe(1000);
  });
});

describe("the host of a URL", () => {
  const hostOf = (front: Frontier, url: string) => {
    front.add({ n: 1, url }, 0);
    return front.next(0)?.host;
  };

  it.each([
    ["http://example.com/a", "example.com"],
    ["https://example.com", "example.com"],
    ["http://Example.COM/", "example.com"],
    ["http://example.com:80/", "example.com"],
    ["https://example.com:443?q", "example.com"],
    ["https://example.com:80#f", "example.com:80"],
    ["http://example.com:0080/", "example.com"],
    ["http://example.com:65535/", "example.com:65535"],
    ["http://user:p@ss@example.com:81/@x", "example.com:81"],
    ["http://127.0.0.1:8080/a", "127.0.0.1:8080"],
    ["http://0x7f.1/", "127.0.0.1"],
    ["http://[::1]:81/", "[::1]:81"],
    ["http:\\\\example.com\\a", "example.com"],
    ["http://example.com\\@evil.test/", "example.com"],
    ["http:///example.com/", "example.com"],
    ["HTTP:example.com", "example.com"],
    ["http://bücher.example/", "xn--bcher-kva.example"],
    ["http://ex%61mple.com/", "example.com"],
    ["http://", ""],
    ["http://a b/", ""],
    ["http://exa\tmple.com/", ""],
    ["ftp://example.com/", ""],
    ["example.com/a", ""],
    ["", ""],
  ])("of %s is %j", (url, host) => {
    expect(hostOf(made(), url)).toBe(host);
  });

  it("is URL.host, whatever came before", () => {
    const mixed = fc.oneof(
      fc.webUrl({ withFragments: true, withQueryParameters: true }),
      fc.webUrl({ authoritySettings: { withIPv4: true, withIPv6: true, withPort: true, withUserInfo: true } }),
      fc
        .tuple(
          fc.constantFrom("http://", "https://", "http:///", "HTTP://", "http:/"),
          fc.constantFrom("a", "A", "a.b", "a.1", "1.2.3.4", "u@a", "u@b", "a:80", "a:443", "a:99999", "a..b", "", "é"),
          fc.constantFrom("", "/", "/x/y", "?q", "#f", "\\z"),
        )
        .map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(fc.array(mixed, { minLength: 1, maxLength: 20 }), (urls) => {
        const front = made();
        for (const url of urls) {
          const target = parseTarget(url);
          const host = hostOf(front, url);
          if (target instanceof URL) expect(host).toBe(target.host);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("a parked host", () => {
  it("gets nothing before the time, the other hosts go on", () => {
    const front = filled("aab");
    front.park("a", 2000);
    expect(started(front).map(({ host }) => host)).toEqual(["b"]);
    expect(front.dueMs(0)).toBe(2000);
    expect(started(front, 1999)).toEqual([]);
    expect(numbers(started(front, 2000))).toEqual([1, 2]);
  });

  it("is not let go earlier by a later park, nor by a task that comes back", () => {
    const front = filled("aa");
    const tasks = started(front);
    front.park("a", 2000);
    front.park("a", 500);
    for (const task of tasks) {
      front.finished(task, "alive", 0);
      front.again(task, 100);
    }
    front.add(job(3, "a"), 100);
    expect(front.dueMs(100)).toBe(2000);
    expect(started(front, 1999)).toEqual([]);
    expect(numbers(started(front, 2000))).toEqual([1, 2, 3]);
  });

  it("is remembered while it has no jobs, until 10,000 others like it have come", () => {
    const front = made();
    front.park("first", 5000);
    for (let other = 0; other < 20_000; other++) {
      front.add(job(1, `quiet${other}`), 0);
      front.finished(only(front, 0), "alive", 0);
    }
    for (let other = 1; other < 10_000; other++) front.park(`parked${other}`, 5000);
    front.add(job(1, "first"), 0);
    expect(started(front)).toEqual([]);
    front.finished(only(front, 5000), "alive", 5000);
    front.park("first", 9000);
    for (let other = 0; other < 10_000; other++) front.park(`new${other}`, 9000);
    front.add(job(2, "first"), 5000);
    expect(started(front, 5000)).toHaveLength(1);
  });
});

describe("a host that asks for less", () => {
  it("gets what its allowance says, and a try from before it was lowered says nothing more", () => {
    let asked = 0;
    const notes: boolean[] = [];
    const front = filled("a".repeat(30), {
      concurrency: 8,
      allowance(most) {
        asked++;
        let limit = most();
        return {
          get limit() {
            return limit;
          },
          note(pushed) {
            notes.push(pushed);
            if (pushed) limit = Math.floor(limit / 2);
          },
        };
      },
    });
    const eight = Array.from({ length: 8 }, () => front.next(0)).filter((task) => task !== undefined);
    expect(asked).toBe(0);
    for (const task of eight) front.finished(task, "pushed", 0);
    expect([asked, notes]).toEqual([1, [true]]);
    const four = started(front);
    expect(four).toHaveLength(4);
    for (const task of four) front.finished(task, "alive", 0);
    expect(notes).toEqual([true, false, false, false, false]);
  });
});

describe("a host where nobody answers", () => {
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
        front.finished(task, "down", nowMs, { ...REFUSED, status: 500, retryAfterMs: 1, scarce: true });
      }
    }
    return { triesMs, refused };
  }

  it("counts one strike for all tries under way, and is tried again one at a time", () => {
    const front = filled("a".repeat(20));
    const eight = Array.from({ length: 8 }, () => front.next(0)).filter((task) => task !== undefined);
    for (const task of eight) front.finished(task, "down", 0, REFUSED);
    expect(front.dueMs(0)).toBe(1000);
    const probe = only(front, 1000);
    expect(front.dueMs(1000)).toBe(Number.POSITIVE_INFINITY);
    front.finished(probe, "alive", 1500);
    expect(started(front, 1500)).toHaveLength(11);
  });

  it("is not thought down by a try that began before its last answer", () => {
    const front = filled("a".repeat(20));
    const [slow, quick] = [front.next(0), front.next(0)];
    if (slow === undefined || quick === undefined) throw new Error("two may start");
    front.finished(quick, "alive", 10);
    front.finished(slow, "down", 5000, REFUSED);
    expect(front.dueMs(5000)).toBe(5000);
    expect(started(front, 5000)).toHaveLength(18);
  });

  it("that wants to be left alone for longer than its jobs can wait has them refused until then", () => {
    const front = filled("a".repeat(4));
    const first = front.next(0);
    if (first === undefined) throw new Error("one may start");
    front.finished(first, "pushed", 0);
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

  it("that never answered only fails after the fourth strike, and says so of every job that waits", () => {
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

  it("that only fails is tried with one job when its park is over, and is as others once it answers", () => {
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
    if (probe === undefined) throw new Error("none");
    front.finished(probe, "pushed", 16_000);
    front.add(job(10, "a"), 16_000);
    front.add(job(11, "a"), 16_000);
    expect(started(front, 16_000).map((task) => task.refused)).toEqual([undefined]);
  });

  it("refuses what is in its back-off too, at once", () => {
    const front = filled("aaaa", { perHost: 1 });
    const first = only(front, 0);
    front.finished(first, "down", 0, REFUSED);
    front.again(first, 50_000);
    const { refused } = failing(front, 0, 8000);
    expect(refused).toEqual([first]);
    expect(first.refused?.error).toBe("connect_refused");
  });

  it("is tried with a job that may start, not with one in its back-off", () => {
    const front = filled("aaaaa", { perHost: 2 });
    const [slow, quick] = started(front);
    if (slow === undefined || quick === undefined) throw new Error("none");
    front.finished(quick, "down", 0, REFUSED);
    failing(front, 0, 15_000);
    front.add(job(6, "a"), 15_000);
    front.finished(slow, "none", 15_000);
    front.again(slow, 90_000);
    expect(started(front, 15_000).map((task) => [task.job.n, task.refused === undefined])).toEqual([
      [1, false],
      [6, true],
    ]);
  });

  it("that has answered keeps its jobs for ten minutes, then only fails", () => {
    const front = filled("a".repeat(100), { perHost: 1 });
    front.finished(only(front, 0), "alive", 0);
    const { triesMs, refused } = failing(front, 10, 2_000_000);
    const parks = triesMs.map((ms, index) => (triesMs[index + 1] ?? Number.NaN) - ms);
    expect(parks.slice(0, 8)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    expect(triesMs.at(-1)).toBeGreaterThanOrEqual(600_010);
    expect(triesMs.at(-1)).toBeLessThan(660_010);
    expect(triesMs.length + refused.length).toBe(99);
  });

  it("is forgiven by a try that was under way when it failed, and not struck by one", () => {
    const front = filled("aaaaa", { perHost: 2 });
    const [slow, quick] = started(front);
    if (slow === undefined || quick === undefined) throw new Error("none");
    front.finished(quick, "down", 0, REFUSED);
    const probe = only(front, 1000);
    front.finished(probe, "alive", 1000);
    front.finished(slow, "down", 1001, REFUSED); // began before the last strike
    expect(started(front, 1001)).toHaveLength(2);
  });
});
