// A list without what is done: what is left, with what each line may go on from, and how many were left out.
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

/** An earlier run in which line n was of the nth state. */
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

/** What is left of line 1 in each state. */
async function leftOf(state: State, options: Partial<SkipDoneOptions> = {}, record: Outcome | undefined = SAVED) {
  const rest = skipDone(sourceOf([[jobOf(1)]]), earlierOf([state], record), { ...DEFAULTS, ...options });
  const [job] = await jobsOf(rest);
  return { job, doneEarlier: rest.doneEarlier };
}

const ASKED = { ...jobOf(1), replaces: "a.html", known: KNOWN };
const FETCHED = { ...jobOf(1), replaces: "a.html" };
const NONE = { saved: 0, failed: 0, skipped: 0 };
const DONE = {
  saved: { ...NONE, saved: 1 },
  failed: { ...NONE, failed: 1 },
  skipped: { ...NONE, skipped: 1 },
  none: NONE,
};

describe("a line", () => {
  it.each<[state: State, how: Partial<SkipDoneOptions>, job: Job | undefined, done: keyof typeof DONE]>([
    [undefined, {}, jobOf(1), "none"],
    ["saved", {}, undefined, "saved"],
    ["saved", { retryFailed: true }, undefined, "saved"],
    ["saved", { update: true }, ASKED, "none"],
    ["failed", {}, undefined, "failed"],
    ["failed", { update: true }, ASKED, "none"],
    ["failed", { retryFailed: true }, FETCHED, "none"],
    ["failed", { retryFailed: true, update: true }, ASKED, "none"],
    ["skipped", {}, undefined, "skipped"],
    ["skipped", { update: true }, ASKED, "none"],
    ["skipped", { retryFailed: true }, FETCHED, "none"],
    ["open", {}, FETCHED, "none"],
    ["open", { update: true }, ASKED, "none"],
    ["other", {}, FETCHED, "none"],
    ["other", { update: true }, FETCHED, "none"],
  ])("that is recorded as %s, with %j", async (state, how, job, done) => {
    expect(await leftOf(state, how)).toStrictEqual({ job, doneEarlier: DONE[done] });
  });

  it("whose file is not whole is fetched, not asked for", async () => {
    const looked: KnownFile[] = [];
    const isWhole = (known: KnownFile) => {
      looked.push(known);
      return false;
    };
    expect((await leftOf("saved", { update: true, isWhole })).job).toStrictEqual(FETCHED);
    expect(looked).toEqual([KNOWN]);
  });

  it.each([FAILED, undefined])("of which no file is recorded begins from nothing: %j", async (record) => {
    const earlier: Earlier = { ...earlierOf(["open"]), record: () => record };
    const rest = skipDone(sourceOf([[jobOf(1)]]), earlier, { ...DEFAULTS, update: true });
    expect(await jobsOf(rest)).toStrictEqual([jobOf(1)]);
  });

  it("keeps what the list says of it", async () => {
    const job = { ...jobOf(1), name: "x", list: "a.txt", line: 4, sha256: "d".repeat(64) };
    const rest = skipDone(sourceOf([[job]]), earlierOf(["open"]), DEFAULTS);
    expect(await jobsOf(rest)).toStrictEqual([{ ...job, replaces: "a.html" }]);
  });

  it("that has to have a digest is asked for only where its file has that", async () => {
    for (const sha256 of [undefined, "d".repeat(64), "e".repeat(64)]) {
      const job = { ...jobOf(1), sha256: "d".repeat(64) };
      const earlier = earlierOf(["saved"], { ...SAVED, ...(sha256 === undefined ? {} : { sha256 }) });
      const [left] = await jobsOf(skipDone(sourceOf([[job]]), earlier, { ...DEFAULTS, update: true }));
      expect(left).toMatchObject({ ...job, replaces: "a.html" });
      expect(left?.known).toEqual(sha256 === job.sha256 ? { ...KNOWN, sha256 } : undefined);
    }
  });
});

describe("a list that is gone on with", () => {
  const STATES: State[] = ["saved", undefined, "failed", "saved", "saved", "open"];
  const batches = [[1, 2, 3], [4, 5], [6]].map((ns) => ns.map(jobOf));

  it("has no empty batches, and tells what was left out so far", async () => {
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

  it("knows how many are left where somebody has counted, or else nothing if its source does not", async () => {
    const counted = skipDone(sourceOf(batches, { jobs: 6, exact: false }), earlierOf(STATES), {
      ...DEFAULTS,
      left: 2,
    });
    expect(counted.total()).toEqual({ jobs: 2, exact: true });
    await jobsOf(counted);
    expect(counted.total()).toEqual({ jobs: 2, exact: true });
    expect(skipDone(sourceOf(batches), earlierOf(STATES), DEFAULTS).total()).toBeUndefined();
  });

  it("is never less than nothing, however wrong the guess was", async () => {
    const rest = skipDone(sourceOf(batches, { jobs: 1, exact: false }), earlierOf(STATES), DEFAULTS);
    await jobsOf(rest);
    expect(rest.total()).toEqual({ jobs: 0, exact: false });
  });

  it("reads no record of a line that is done", async () => {
    const earlier = earlierOf(STATES);
    await jobsOf(skipDone(sourceOf(batches), earlier, DEFAULTS));
    expect(earlier.read).toEqual([6]);
  });
});

describe("the first lines", () => {
  it("are shown once, before any job is given", async () => {
    const shown: (readonly Job[])[] = [];
    const onFirst = (jobs: readonly Job[]) => void shown.push(jobs);
    const batches = [[jobOf(1), jobOf(2)], [jobOf(3)]];
    await jobsOf(skipDone(sourceOf(batches), earlierOf(["saved", undefined]), { ...DEFAULTS, onFirst }));
    expect(shown).toEqual([batches[0]]);
  });

  it("are refused before any job is given", async () => {
    const onFirst = () => {
      throw new Error("another list");
    };
    const rest = skipDone(sourceOf([[jobOf(1)]]), earlierOf([]), { ...DEFAULTS, onFirst });
    await expect(rest[Symbol.asyncIterator]().next()).rejects.toThrow("another list");
  });
});
