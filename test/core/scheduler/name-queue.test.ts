// Lines that may get one name go one after the other, in the order of the list, and none is lost.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Job } from "../../../src/core/job.ts";
import { type Expected, nameQueue } from "../../../src/core/scheduler/name-queue.ts";
import type { Task } from "../../../src/core/scheduler/task.ts";
import { made } from "../fronts.ts";
import { failed, saved } from "../outcomes.ts";

/** `page` is a name that only an answer completes, `page.txt` one that is known, `-` one that is nobody else's. */
const expectOf = ({ url }: Job): Expected | undefined => {
  const name = url.slice("http://a/".length);
  if (name.startsWith("-")) return undefined;
  const [key = ""] = name.split(".");
  return key === name ? { key } : { key, file: name };
};
const job = (n: number, name: string): Job => ({ n, url: `http://a/${name}` });

function queue(capacity = 1000) {
  return nameQueue(made({ concurrency: 1000 }), { expect: expectOf, capacity, capacityChars: 1000 });
}
const taken = (one: ReturnType<typeof queue>): Task[] => {
  const tasks: Task[] = [];
  for (let task = one.next(0); task !== undefined; task = one.next(0)) tasks.push(task);
  return tasks;
};
const numbers = (tasks: readonly Task[]) => tasks.map(({ job }) => job.n);

describe("lines whose names depend on their answers", () => {
  it("wait for the one before them, and get the names that are taken", () => {
    const one = queue();
    for (const n of [1, 2, 3]) one.add(job(n, "page"), 0);
    one.add(job(4, "other"), 0);
    expect(numbers(taken(one)).sort()).toEqual([1, 4]);
    expect([one.waiting, one.dueMs(0)]).toEqual([2, Number.POSITIVE_INFINITY]);
    one.settled(saved({ ...job(1, "page"), file: "page.html" }), 1);
    expect(taken(one).map(({ job }) => job)).toEqual([{ ...job(2, "page"), namesakes: [{ n: 1, file: "page.html" }] }]);
    one.settled(failed(job(2, "page")), 2);
    expect(numbers(taken(one))).toEqual([3]);
    expect(one.waiting).toBe(0);
  });

  it("hold back those whose names are known, which are refused if their name is then taken", () => {
    const one = queue();
    for (const [i, name] of ["page", "page.html", "page.txt", "page", "page.css"].entries())
      one.add(job(i + 1, name), 0);
    expect(numbers(taken(one))).toEqual([1]);
    one.settled(saved({ ...job(1, "page"), file: "page.html" }), 1);
    const next = taken(one);
    expect(numbers(next)).toEqual([2, 3]);
    expect(next[0]?.job.refused).toEqual({ error: "file_exists", detail: "page.html is the name of line 1 as well" });
    expect(next[1]?.job.refused).toBeUndefined();
    one.settled(failed(job(2, "page.html")), 2);
    expect(taken(one)).toEqual([]);
    one.settled(saved({ ...job(3, "page.txt"), file: "page.txt" }), 3);
    expect(numbers(taken(one))).toEqual([4]);
  });
});

describe("lines whose names are known", () => {
  it("wait only for lines whose names are not known", () => {
    const one = queue();
    for (const [i, name] of ["page.html", "page.txt", "-", "-", "page", "page.css"].entries())
      one.add(job(i + 1, name), 0);
    expect(numbers(taken(one)).sort()).toEqual([1, 2, 3, 4]);
    one.settled(saved({ ...job(1, "page.html"), file: "page.html" }), 1);
    expect(taken(one)).toEqual([]);
    one.settled(saved({ ...job(2, "page.txt"), file: "page.txt" }), 2);
    expect(numbers(taken(one))).toEqual([5]);
  });
});

it("the queue is full at its capacity, and ignores lines with another line's number and refused ones", () => {
  const one = queue(2);
  for (const n of [1, 2, 3]) one.add(job(n, "page"), 0);
  expect(one.full).toBe(true);
  one.add({ ...job(9, "page"), refused: { error: "invalid_digest", detail: "" } }, 0);
  expect(numbers(taken(one)).sort()).toEqual([1, 9]);
  one.settled(failed({ ...job(1, "page"), error: "duplicate_number" }), 0);
  expect(taken(one)).toEqual([]);
});

it("no two lines that may get one name run at a time, and each has its turn, in any order", () => {
  const names = fc.constantFrom("a", "b", "a.txt", "a.html", "b.txt", "-");
  fc.assert(
    fc.property(fc.array(names, { maxLength: 30 }), fc.infiniteStream(fc.nat()), (list, choices) => {
      const one = queue();
      const open = new Map<number, Job>();
      const begun: number[] = [];
      const start = () => {
        for (const { job } of taken(one)) {
          for (const [, other] of open) {
            const [mine, its] = [expectOf(job), expectOf(other)];
            if (mine?.key !== its?.key || mine === undefined) continue;
            expect(mine.file !== undefined && its?.file !== undefined).toBe(true);
          }
          open.set(job.n, job);
          begun.push(job.n);
        }
      };
      let next = 0;
      while (next < list.length || open.size > 0) {
        const choice = choices.next().value ?? 0;
        if (next < list.length && (choice % 2 === 0 || open.size === 0)) one.add(job(++next, list[next - 1] ?? ""), 0);
        else {
          const [n = 0] = [...open.keys()].slice(choice % open.size);
          const ended = open.get(n) ?? job(n, "");
          open.delete(n);
          one.settled(
            choice % 3 === 0 ? failed(ended) : saved({ ...ended, file: expectOf(ended)?.file ?? "a.html" }),
            0,
          );
        }
        start();
      }
      expect([...begun].sort((a, b) => a - b)).toEqual(list.map((_, i) => i + 1));
      for (const key of ["a", "b"]) {
        const ofKey = begun.filter((n) => expectOf(job(n, list[n - 1] ?? ""))?.key === key);
        expect(ofKey).toEqual([...ofKey].sort((a, b) => a - b));
      }
      expect(one.waiting).toBe(0);
    }),
    { numRuns: 500 },
  );
});
