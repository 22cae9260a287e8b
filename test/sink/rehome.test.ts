// Lines that moved within the list keep their files, under their new numbers; nobody else's file is touched.
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Job, Outcome } from "../../src/core/job.ts";
import { names } from "../../src/sink/names.ts";
import { type Move, rehome } from "../../src/sink/rehome.ts";
import { ownFolder } from "../support/own.ts";
import { namesBelow } from "../support/victims.ts";
import { filesIn } from "./bodies.ts";

const outside = ownFolder();

const TIME = "2026-01-01T00:00:00.000Z";
const TYPES = ["text/html", "application/pdf", undefined];

/** URLs of one letter; its place in the alphabet says the type. */
const urlOf = (letter: string) => `http://example.org/${letter}`;
const typeOf = (url: string) => TYPES[url.charCodeAt(url.length - 1) % TYPES.length];
const jobsOf = (letters: readonly string[]): Job[] => letters.map((letter, i) => ({ n: i + 1, url: urlOf(letter) }));

/** A folder in which an earlier run saved a list; a body is its URL and the number that it had. */
function earlier(letters: readonly string[], template = "{n:6}{ext}") {
  const folder = outside.at(String(Math.random()).slice(2));
  const state = join(folder, ".bulkget");
  mkdirSync(state, { recursive: true });
  const naming = names(template);
  const records = new Map<number, Outcome>();
  const appended: Outcome[] = [];
  for (const { n, url } of jobsOf(letters)) {
    const type = typeOf(url);
    const file = naming.of({ n, url }, new URL(url), type);
    const body = `${url} ${n}`;
    const rest = { attempts: 1, total_ms: 1, time: TIME, ...(type === undefined ? {} : { type }) };
    records.set(n, { n, url, outcome: "saved", file, status: 200, bytes: body.length, ...rest });
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), body);
  }
  const move = (moves: readonly Move[]) =>
    rehome(moves, {
      folder,
      state,
      names: naming,
      // What was just appended is not on the disk yet: nobody may want to read it.
      record: (n) => (appended.some((one) => one === records.get(n)) ? expect.unreachable() : records.get(n)),
      forget: (n) => void records.delete(n),
      append(outcome) {
        appended.push(outcome);
        records.set(outcome.n, outcome);
      },
    });
  /** As a resumed run finds them: whose URL is recorded under another number that nobody has. */
  const movesFor = (jobs: readonly Job[]): Move[] => {
    const isMet = ({ n, url }: Job) => records.get(n)?.url === url;
    const met = new Set(jobs.filter(isMet).map(({ n }) => n));
    return jobs.flatMap((job) => {
      if (isMet(job)) return [];
      const from = [...records.values()].find(({ n, url }) => url === job.url && !met.has(n))?.n;
      if (from === undefined) return [];
      met.add(from);
      return [{ job, from }];
    });
  };
  const at = (file: string) => join(folder, file);
  return { at, state, records, appended, move, movesFor, files: () => filesIn(folder) };
}

const fileOf = (outcome: Outcome | undefined) =>
  outcome !== undefined && "file" in outcome ? (outcome.file ?? "") : "";

function count<T>(all: Iterable<T>, what: T): number {
  return [...all].filter((one) => one === what).length;
}

describe("a list that was edited", () => {
  const letter = fc.constantFrom(..."abcdefg");
  const anyLists = fc.tuple(fc.array(letter, { maxLength: 7 }), fc.array(letter, { maxLength: 9 }));
  const unlike = fc.uniqueArray(letter, { maxLength: 7 });
  const edited = fc.oneof(
    fc.record({ template: fc.constantFrom("{n:6}{ext}", "{n}", "{host}/{n:3}{ext}"), lists: anyLists }),
    fc.record({ template: fc.constantFrom("{n:6}{ext}", "{basename}{ext}"), lists: fc.tuple(unlike, unlike) }),
  );

  it("keeps every file that it still has a line for, by the line's new number, and mixes none up", () => {
    fc.assert(
      fc.property(edited, ({ template, lists: [before, after] }) => {
        const run = earlier(before, template);
        const bodies = new Map([...run.records.values()].map((one) => [`${one.url} ${one.n}`, one.url]));
        const jobs = jobsOf(after);
        const moves = run.movesFor(jobs);
        expect(run.move(moves)).toBe(moves.length);
        expect(run.appended.map(({ n }) => n).sort()).toEqual(moves.map(({ job }) => job.n).sort());

        // Every line that can have a file has one, of its own URL.
        const saved = jobs.filter(({ n, url }) => run.records.get(n)?.url === url).map(({ url }) => url);
        for (const url of new Set(jobs.map((job) => job.url))) {
          const most = Math.min(count(before.map(urlOf), url), count(after.map(urlOf), url));
          expect(count(saved, url)).toBe(most);
        }
        // The records and the files are the same, and each file is another body of its record's URL.
        const recorded = [...run.records.entries()];
        const read = recorded.map(([, one]) => readFileSync(run.at(fileOf(one)), "utf8"));
        expect(read.map((body) => bodies.get(body))).toEqual(recorded.map(([, one]) => one.url));
        expect(new Set(read).size).toBe(read.length);
        const folders = run.files().filter((file) => file === "example.org");
        expect(run.files()).toEqual([...folders, ...recorded.map(([, one]) => fileOf(one))].sort());
        for (const [n, one] of recorded) {
          expect(one.n).toBe(n);
          const name = names(template).of({ n, url: one.url }, new URL(one.url), typeOf(one.url));
          expect(fileOf(one)).toBe(name);
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ["two that changed places", "ab", "ba"],
    ["a ring of three", "abc", "cab"],
    ["two rings, and a line in front of one", "abcd", "badc"],
    ["a new first line", "abc", "xabc"],
    ["a first line less", "abc", "bc"],
  ])("is right after %s", (_what, before, after) => {
    const run = earlier([...before]);
    run.move(run.movesFor(jobsOf([...after])));
    for (const [i, letter] of [...after].entries()) {
      if (!before.includes(letter)) continue;
      const { file, ...rest } = { file: "", ...run.records.get(i + 1) };
      expect(rest).toMatchObject({ n: i + 1, url: urlOf(letter) });
      expect(readFileSync(run.at(file), "utf8")).toBe(`${urlOf(letter)} ${before.indexOf(letter) + 1}`);
    }
    expect(filesIn(run.state)).toEqual([]);
  });
});

describe("a line that moved", () => {
  it("has the record that it had, but for what its new line says", () => {
    const run = earlier(["a", "b"]);
    const old = run.records.get(1) ?? expect.unreachable();
    const known = { etag: '"v1"', sha256: "0".repeat(64), final_url: "http://cdn/a" };
    run.records.set(1, { ...old, ...known, name: "old", list: "old.txt", line: 9 } as Outcome);
    const job = { n: 7, url: urlOf("a"), name: "sub/new.html", list: "new.txt", line: 3 };
    expect(run.move([{ job, from: 1 }])).toBe(1);
    const { n, name, list, line } = job;
    expect(run.appended).toStrictEqual([{ ...old, ...known, n, file: "sub/new.html", name, list, line }]);
    expect([...run.records.keys()].sort()).toEqual([2, 7]);
    expect(readFileSync(run.at("sub/new.html"), "utf8")).toBe(`${urlOf("a")} 1`);
    const plain = earlier(["a"]);
    plain.records.set(1, { ...old, name: "old", list: "old.txt", line: 9 } as Outcome);
    plain.move([{ job: { n: 7, url: urlOf("a") }, from: 1 }]);
    expect(Object.keys(plain.appended[0] ?? {}).sort()).toEqual(Object.keys(old).sort());
  });

  it("does not take a name that a file nobody knows has", () => {
    const run = earlier(["a"]);
    const [file, taken] = [
      fileOf(run.records.get(1)),
      names("{n:6}{ext}").of({ n: 2, url: "" }, new URL(urlOf("a")), typeOf(urlOf("a"))),
    ];
    writeFileSync(run.at(taken), "mine");
    expect(run.move([{ job: { n: 2, url: urlOf("a") }, from: 1 }])).toBe(0);
    expect([run.appended, [...run.records.keys()]]).toEqual([[], [1]]);
    expect(readFileSync(run.at(taken), "utf8")).toBe("mine");
    expect(existsSync(run.at(file))).toBe(true);
  });

  it.each([
    ["name is longer than a file's may be", "x".repeat(300)],
    ["name lies below a file", "in the way/x"],
  ])("stays where its new %s: to be fetched again, which says why", (_what, name) => {
    const run = earlier(["a"]);
    writeFileSync(run.at("in the way"), "mine");
    expect(run.move([{ job: { n: 2, url: urlOf("a"), name }, from: 1 }])).toBe(0);
    expect([run.appended, [...run.records.keys()]]).toEqual([[], [1]]);
    expect(existsSync(run.at(fileOf(run.records.get(1))))).toBe(true);
  });

  it("is not recorded where its file is gone by now, also in a ring", () => {
    const run = earlier(["a", "b"]);
    unlinkSync(run.at(fileOf(run.records.get(2))));
    expect(run.move(run.movesFor(jobsOf(["b", "a"])))).toBe(1);
    expect(run.appended).toMatchObject([{ n: 2, url: urlOf("a") }]);
    expect(readFileSync(run.at(fileOf(run.appended[0])), "utf8")).toBe(`${urlOf("a")} 1`);
  });

  it("is not recorded anywhere where its new name is another's, in a ring", () => {
    const run = earlier(["a", "b"]);
    writeFileSync(run.at("000002.pdf"), "mine");
    expect(run.move(run.movesFor(jobsOf(["b", "a"])))).toBe(1);
    expect([...run.records.values()]).toMatchObject([{ n: 1, url: urlOf("b"), file: "000001" }]);
    expect(readFileSync(run.at("000001"), "utf8")).toBe(`${urlOf("b")} 2`);
    expect(readFileSync(run.at("000002.pdf"), "utf8")).toBe("mine");
    expect(filesIn(run.state)).toEqual([]);
  });

  it.each(["../victim", "sub/../../victim", "linked/victim", "results.jsonl", ".bulkget/lock", ""])(
    "takes no file from %j, whatever its record says, and removes none there",
    (file) => {
      const run = earlier(["a", "b", "c"]);
      const mine = [outside.at("victim"), run.at("results.jsonl"), join(run.state, "lock")];
      for (const path of mine) writeFileSync(path, "mine");
      symlinkSync("..", run.at("linked"));
      const before = namesBelow(run.at(""));
      // One is to be moved from there, one to where another's record says that, and then two change places.
      const evil = { ...run.records.get(1), file } as Outcome;
      run.records.set(1, evil);
      expect(run.move([{ job: { n: 7, url: urlOf("a") }, from: 1 }])).toBe(0);
      expect(run.move([{ job: { n: 1, url: urlOf("b") }, from: 2 }])).toBe(1);
      run.records.set(1, evil);
      const swap = [
        { job: { n: 1, url: urlOf("c") }, from: 3 },
        { job: { n: 3, url: urlOf("a") }, from: 1 },
      ];
      expect(run.move(swap)).toBe(1);
      expect(mine.map((path) => readFileSync(path, "utf8"))).toEqual(mine.map(() => "mine"));
      expect(namesBelow(run.at("")).filter((name) => !before.includes(name) && !/^\d{6}/.test(name))).toEqual([]);
    },
  );

  it("goes through no link to its new name", () => {
    const run = earlier(["a"], "{host}/{n}");
    const elsewhere = outside.at("elsewhere");
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, run.at("sub"));
    expect(run.move([{ job: { n: 2, url: urlOf("a"), name: "sub/x" }, from: 1 }])).toBe(0);
    expect([readdirSync(elsewhere), [...run.records.keys()]]).toEqual([[], [1]]);
    expect(existsSync(run.at("example.org/1"))).toBe(true);
  });

  it("leaves alone what is kept of other bodies", () => {
    const run = earlier(["a", "b"]);
    const left = ["1.note", "1.part", "2.note", "2.part"];
    for (const file of left) writeFileSync(join(run.state, file), file);
    expect(run.move(run.movesFor(jobsOf(["b", "a"])))).toBe(2);
    expect(filesIn(run.state)).toEqual(left);
    for (const file of left) expect(readFileSync(join(run.state, file), "utf8")).toBe(file);
  });

  it("removes what its place held of another line, never anything outside the folder", () => {
    const run = earlier(["a", "b"]);
    const victim = outside.at("victim");
    writeFileSync(victim, "mine");
    const old = fileOf(run.records.get(2));
    run.records.set(2, { ...run.records.get(2), file: "../victim" } as Outcome);
    run.move([{ job: { n: 2, url: urlOf("a") }, from: 1 }]);
    expect([readFileSync(victim, "utf8"), existsSync(run.at(old))]).toEqual(["mine", true]);
  });
});
