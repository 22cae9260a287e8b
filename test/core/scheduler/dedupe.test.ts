// URLs that come again: one at a time is on its way, whatever becomes of it, and none is lost.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SavedFile } from "../../../src/core/job.ts";
import { dedupe } from "../../../src/core/scheduler/dedupe.ts";
import { frontier } from "../../../src/core/scheduler/frontier.ts";
import { ORDERS } from "../../../src/core/scheduler/order.ts";
import type { Task } from "../../../src/core/scheduler/task.ts";
import { overloadLimit } from "../../../src/policy/overload-limit.ts";
import { failed, saved, skipped, unchanged } from "../outcomes.ts";

function queue(savedFileOf: (url: string) => SavedFile | undefined = () => undefined, capacity = 1000) {
  const inner = frontier({
    capacity,
    capacityChars: 1_000_000,
    perHost: Number.POSITIVE_INFINITY,
    concurrency: 1000,
    order: ORDERS.fair,
    overloadLimit,
  });
  return dedupe(inner, { savedFileOf, capacity, capacityChars: 1000 });
}

const URL_A = "http://a/";
const taken = (one: ReturnType<typeof queue>): Task[] => {
  const tasks: Task[] = [];
  for (let task = one.next(0); task !== undefined; task = one.next(0)) tasks.push(task);
  return tasks;
};
const numbers = (tasks: readonly Task[]) => tasks.map(({ job }) => job.n);

describe("a URL in the frontier", () => {
  it("holds back its duplicates, which then get its file", () => {
    const one = queue();
    for (const n of [1, 2, 3]) one.add({ n, url: URL_A }, 0);
    one.add({ n: 4, url: "http://b/" }, 0);
    expect(numbers(taken(one)).sort()).toEqual([1, 4]);
    expect([one.waiting, one.dueMs(0)]).toEqual([2, Number.POSITIVE_INFINITY]);
    const first = saved({ n: 1, url: URL_A, file: "000001" });
    one.settled(first, 5);
    expect(taken(one).map(({ job }) => job)).toEqual([
      { n: 2, url: URL_A, duplicateOf: first },
      { n: 3, url: URL_A, duplicateOf: first },
    ]);
    one.add({ n: 5, url: URL_A }, 6);
    expect(taken(one)[0]?.job.duplicateOf).toBe(first);
    expect(one.waiting).toBe(0);
  });

  it.each([failed({ url: URL_A }), skipped({ url: URL_A }), saved({ url: URL_A })])(
    "and comes to no file lets the next one go, and holds back the others",
    (outcome) => {
      const one = queue();
      for (const n of [1, 2, 3]) one.add({ n, url: URL_A }, 0);
      taken(one);
      one.settled(outcome, 1);
      expect(taken(one).map(({ job }) => job)).toEqual([{ n: 2, url: URL_A }]);
      one.settled(unchanged({ n: 2, url: URL_A }), 2);
      expect(taken(one).map(({ job }) => job.duplicateOf?.n)).toEqual([2]);
    },
  );

  it("is found by its outcome, although that is redacted, and although another line has its number", () => {
    const one = queue();
    const [first, second] = ["http://me:one@a/", "http://me:two@a/"];
    for (const url of [first, second, first, second]) one.add({ n: 7, url }, 0);
    expect(taken(one)).toHaveLength(2);
    for (const _ of [1, 2]) one.settled(failed({ n: 7, url: "http://me:***@a/" }), 1);
    expect(taken(one).map(({ job }) => job.url)).toEqual([first, second]);
  });

  it("is retried like any other, while its duplicates wait", () => {
    const one = queue();
    for (const n of [1, 2]) one.add({ n, url: URL_A }, 0);
    const [task] = taken(one);
    if (task === undefined) throw new Error("nothing was given");
    one.finished(task, "neutral", 1);
    one.requeue(task, 50);
    expect([one.next(1), one.dueMs(1), one.waiting]).toEqual([undefined, 50, 2]);
    expect(one.next(50)).toBe(task);
  });

  it("starts the next duplicate after each failure in constant time", () => {
    let looks = 0;
    const one = queue(() => {
      looks++;
      return undefined;
    }, 100_000);
    const LINES = 20_000;
    for (let n = 1; n <= LINES; n++) one.add({ n, url: URL_A }, 0);
    for (let n = 1; n <= LINES; n++) {
      expect(taken(one).map(({ job }) => job.n)).toEqual([n]);
      one.settled(failed({ n, url: URL_A }), n);
    }
    expect([one.waiting, looks]).toEqual([0, LINES]);
  });

  it("keeps only a bounded number of characters of long URLs", () => {
    const one = queue();
    const long = (n: number) => `http://a/${n}?${"x".repeat(60_000)}`;
    for (let n = 1; n <= 200; n++) {
      one.add({ n, url: long(n) }, 0);
      taken(one);
      one.settled(saved({ n, url: long(n), file: `${n}` }), n);
    }
    for (const n of [1, 200]) one.add({ n: 1000 + n, url: long(n) }, 201);
    expect(taken(one).map(({ job }) => job.duplicateOf?.n)).toEqual([undefined, 200]);
  });

  it("makes the frontier full when too many duplicates, or characters, wait", () => {
    const one = queue(undefined, 10);
    for (let n = 1; n <= 11; n++) {
      expect(one.full).toBe(false);
      one.add({ n, url: URL_A }, 0);
      taken(one);
    }
    expect(one.full).toBe(true);
    const other = queue();
    for (const n of [1, 2]) other.add({ n, url: `http://a/${"x".repeat(1000)}` }, 0);
    taken(other);
    expect(other.full).toBe(true);
  });
});

describe("a saved file", () => {
  const sha256 = "a".repeat(64);
  const twin: SavedFile = { ...saved({ n: 1, url: URL_A, sha256 }), file: "000001" };

  it("is used for a line with its URL, and with a digest that it has", () => {
    const one = queue((url) => (url === URL_A ? twin : undefined));
    one.add({ n: 2, url: URL_A }, 0);
    one.add({ n: 3, url: URL_A, sha256 }, 0);
    one.add({ n: 4, url: URL_A, sha256: "b".repeat(64) }, 0);
    one.add({ n: 1, url: URL_A }, 0); // its own line: to be refreshed, perhaps; it waits for the one before
    expect(taken(one).map(({ job }) => [job.n, job.duplicateOf?.n])).toEqual([
      [2, 1],
      [3, 1],
      [4, undefined],
    ]);
    one.settled(failed({ n: 4, url: URL_A }), 1);
    expect(taken(one).map(({ job }) => [job.n, job.duplicateOf?.n])).toEqual([[1, undefined]]);
  });
});

it("every line starts once, one per URL at a time, whatever the outcomes are", () => {
  const step = fc.record({ url: fc.integer({ min: 0, max: 3 }), ok: fc.boolean(), ends: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const one = queue();
      const open: Task[] = [];
      const done = new Set<number>();
      const end = (task: Task, ok: boolean) => {
        const { n, url, duplicateOf: twin } = task.job;
        expect(done.has(n)).toBe(false);
        done.add(n);
        one.finished(task, "ok", 0);
        one.settled(ok || twin !== undefined ? saved({ n, url, file: `${n}` }) : failed({ n, url }), 0);
      };
      const take = () => {
        open.push(...taken(one));
        const alone = open.filter(({ job }) => job.duplicateOf === undefined).map(({ job }) => job.url);
        expect(new Set(alone).size).toBe(alone.length);
      };
      for (const [i, { url, ok, ends }] of steps.entries()) {
        one.add({ n: i + 1, url: `http://a/${url}` }, 0);
        take();
        const task = ends ? open.shift() : undefined;
        if (task !== undefined) end(task, ok);
        take();
      }
      for (let task = open.shift(); task !== undefined; task = open.shift()) {
        end(task, done.size % 2 === 0);
        take();
      }
      expect(done.size).toBe(steps.length);
      expect(one.waiting).toBe(0);
    }),
  );
});
