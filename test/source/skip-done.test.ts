// A list without its finished lines: the remaining jobs, with their files and validators, and the counts of the others.
import { describe, expect, it } from "vitest";
import type { Job, KnownFile, Outcome } from "../../src/core/job.ts";
import type { Source } from "../../src/core/ports.ts";
import { type Earlier, type SkipDoneOptions, skipDone } from "../../src/source/skip-done.ts";

type State = ReturnType<Earlier["state"]>;

const urlOf = (n: number) => `http://example.org/${n}`;
const jobOf = (n: number): Job => ({ n, url: urlOf(n) });
const KNOWN = { file: "a.html", bytes: 7, etag: '"v1"', last_modified: "then", type: "text/html", encoding: "br" };
const REST = { attempts: 1, total_ms: 1, time: "2026-01-01T00:00:00.000Z" };
const SAVED: Outcome = { n: 1, url: "http://old/", outcome: "saved", status: 200, ...KNOWN, ...REST };
const FAILED: Outcome = {
  n: 1,
  url: "http://old/",
  outcome: "failed",
  error: "truncated",
  detail: "",
  retryable: true,
  ...REST,
};

function sourceOf(batches: readonly (readonly Job[])[], total?: { jobs: number; exact: boolean }): Source {
  return {
    async *[Symbol.asyncIterator]() {
      yield* batches;
    },
    total: () => total,
  };
}

/** An earlier run in which line n has the nth state. */
function earlierOf(states: readonly State[], record: Outcome | undefined = SAVED): Earlier & { read: number[] } {
  const read: number[] = [];
  return {
    read,
    state: (n, url) => (url === urlOf(n) ? states[n - 1] : "other"),
    record(n) {
      read.push(n);
      return record;
    },
  };
}

const DEFAULTS: SkipDoneOptions = { update: false, retryFailed: false, isWhole: () => true, onFirst: () => {} };

async function jobsOf(source: Source): Promise<Job[]> {
  const jobs: Job[] = [];
  for await (const batch of source) {
    expect(batch).not.toEqual([]);
    jobs.push(...batch);
  }
  return jobs;
}

/** The remaining job of line 1 in a state. */
async function remainingJob(state: State, options: Partial<SkipDoneOptions> = {}, record: Outcome | undefined = SAVED) {
  const rest = skipDone(sourceOf([[jobOf(1)]]), earlierOf([state], record), { ...DEFAULTS, ...options });
  const [job] = await jobsOf(rest);
  return { job, doneEarlier: rest.doneEarlier };
}

const REVALIDATED = { ...jobOf(1), replaces: "a.html", known: KNOWN };
const FETCHED = { ...jobOf(1), replaces: "a.html" };
const NONE = { saved: 0, failed: 0, skipped: 0 };
const DONE = {
  saved: { ...NONE, saved: 1 },
  failed: { ...NONE, failed: 1 },
  skipped: { ...NONE, skipped: 1 },
  none: NONE,
};

describe("a line of a resumed run", () => {
  it.each<[state: State, how: Partial<SkipDoneOptions>, job: Job | undefined, done: keyof typeof DONE]>([
    [undefined, {}, jobOf(1), "none"],
    ["saved", {}, undefined, "saved"],
    ["saved", { retryFailed: true }, undefined, "saved"],
    ["saved", { update: true }, REVALIDATED, "none"],
    ["failed", {}, undefined, "failed"],
    ["failed", { update: true }, REVALIDATED, "none"],
    ["failed", { retryFailed: true }, FETCHED, "none"],
    ["failed", { retryFailed: true, update: true }, REVALIDATED, "none"],
    ["skipped", {}, undefined, "skipped"],
    ["skipped", { update: true }, REVALIDATED, "none"],
    ["skipped", { retryFailed: true }, FETCHED, "none"],
    ["open", {}, FETCHED, "none"],
    ["open", { update: true }, REVALIDATED, "none"],
    ["other", {}, FETCHED, "none"],
    ["other", { update: true }, FETCHED, "none"],
  ])(
    "recorded as %s, with the options %j, is left out or has the right file and validators",
    async (state, how, job, done) => {
      expect(await remainingJob(state, how)).toStrictEqual({ job, doneEarlier: DONE[done] });
    },
  );

  it("whose file is incomplete is fetched, and not revalidated", async () => {
    const looked: KnownFile[] = [];
    const isWhole = (known: KnownFile) => {
      looked.push(known);
      return false;
    };
    expect((await remainingJob("saved", { update: true, isWhole })).job).toStrictEqual(FETCHED);
    expect(looked).toEqual([KNOWN]);
  });

  it.each([FAILED, undefined])("without a recorded file is fetched anew: %j", async (record) => {
    const earlier: Earlier = { ...earlierOf(["open"]), record: () => record };
    const rest = skipDone(sourceOf([[jobOf(1)]]), earlier, { ...DEFAULTS, update: true });
    expect(await jobsOf(rest)).toStrictEqual([jobOf(1)]);
  });

  it("keeps the columns of its list", async () => {
    const job = { ...jobOf(1), name: "x", list: "a.txt", line: 4, sha256: "d".repeat(64) };
    const rest = skipDone(sourceOf([[job]]), earlierOf(["open"]), DEFAULTS);
    expect(await jobsOf(rest)).toStrictEqual([{ ...job, replaces: "a.html" }]);
  });

  it("with a digest is revalidated only if its file has that digest", async () => {
    for (const sha256 of [undefined, "d".repeat(64), "e".repeat(64)]) {
      const job = { ...jobOf(1), sha256: "d".repeat(64) };
      const earlier = earlierOf(["saved"], { ...SAVED, ...(sha256 === undefined ? {} : { sha256 }) });
      const [left] = await jobsOf(skipDone(sourceOf([[job]]), earlier, { ...DEFAULTS, update: true }));
      expect(left).toMatchObject({ ...job, replaces: "a.html" });
      expect(left?.known).toEqual(sha256 === job.sha256 ? { ...KNOWN, sha256 } : undefined);
    }
  });
});

describe("a resumed list", () => {
  const STATES: State[] = ["saved", undefined, "failed", "saved", "saved", "open"];
  const batches = [[1, 2, 3], [4, 5], [6]].map((ns) => ns.map(jobOf));

  it("has no empty batches, and counts the lines left out so far", async () => {
    const rest = skipDone(sourceOf(batches, { jobs: 6, exact: false }), earlierOf(STATES), DEFAULTS);
    expect([rest.doneEarlier, rest.total()]).toEqual([DONE.none, { jobs: 6, exact: false }]);
    const seen: unknown[] = [];
    for await (const batch of rest)
      seen.push(
        batch.map(({ n }) => n),
        { ...rest.doneEarlier },
        rest.total(),
      );
    expect(seen).toEqual([
      ...[[2], { saved: 1, failed: 1, skipped: 0 }, { jobs: 4, exact: false }],
      ...[[6], { saved: 3, failed: 1, skipped: 0 }, { jobs: 2, exact: false }],
    ]);
  });

  it("has the given number of remaining jobs, and otherwise a total only if its source has one", async () => {
    const counted = skipDone(sourceOf(batches, { jobs: 6, exact: false }), earlierOf(STATES), {
      ...DEFAULTS,
      left: 2,
    });
    expect(counted.total()).toEqual({ jobs: 2, exact: true });
    await jobsOf(counted);
    expect(counted.total()).toEqual({ jobs: 2, exact: true });
    expect(skipDone(sourceOf(batches), earlierOf(STATES), DEFAULTS).total()).toBeUndefined();
  });

  it("never has a negative total, even for a wrong estimate", async () => {
    const rest = skipDone(sourceOf(batches, { jobs: 1, exact: false }), earlierOf(STATES), DEFAULTS);
    await jobsOf(rest);
    expect(rest.total()).toEqual({ jobs: 0, exact: false });
  });

  it("reads no record of a finished line", async () => {
    const earlier = earlierOf(STATES);
    await jobsOf(skipDone(sourceOf(batches), earlier, DEFAULTS));
    expect(earlier.read).toEqual([6]);
  });
});

describe("the first batch of a resumed list", () => {
  it("is passed to onFirst once, before any job is returned", async () => {
    const shown: (readonly Job[])[] = [];
    const onFirst = (jobs: readonly Job[]) => void shown.push(jobs);
    const batches = [[jobOf(1), jobOf(2)], [jobOf(3)]];
    await jobsOf(skipDone(sourceOf(batches), earlierOf(["saved", undefined]), { ...DEFAULTS, onFirst }));
    expect(shown).toEqual([batches[0]]);
  });

  it("can be refused by onFirst before any job is returned", async () => {
    const onFirst = () => {
      throw new Error("another list");
    };
    const rest = skipDone(sourceOf([[jobOf(1)]]), earlierOf([]), { ...DEFAULTS, onFirst });
    await expect(rest[Symbol.asyncIterator]().next()).rejects.toThrow("another list");
  });
});
