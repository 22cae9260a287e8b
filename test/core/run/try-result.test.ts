// Which tries make a request, and what the others leave out of a job's attempts.
import { describe, expect, it } from "vitest";
import { madeRequest, type TryResult } from "../../../src/core/run/try-result.ts";
import { failure, saved, skipped, unchanged } from "../outcomes.ts";
import { fakeSource, pool } from "../pool.ts";
import { JOB, tried } from "../tried.ts";

describe("madeRequest", () => {
  it("is true for a body, a 304 and a skipped answer", () => {
    for (const done of [saved(), unchanged(), skipped({ status: 200 })]) expect(madeRequest(done)).toBe(true);
  });

  it("is false for another line's file and for a URL that robots.txt disallows", () => {
    for (const done of [saved({ duplicate_of: 1 }), skipped()]) expect(madeRequest(done)).toBe(false);
  });
});

describe("a try without a request", () => {
  it("is tagged notRequested where the line is refused before the request", async () => {
    const fetch = () => expect.unreachable();
    const refused = failure("duplicate_number");
    const tag = { isFinal: true, notRequested: true };
    expect(await tried({ ...JOB, refused }, { fetch })).toEqual({ ...refused, ...tag });
    expect(await tried({ ...JOB, sha256: "x" }, { fetch })).toMatchObject({ error: "invalid_digest", ...tag });
  });

  it("is queued again where a redirect waits for its host", async () => {
    const held = failure("interrupted", { detail: "waits for other", at: "other", waitsForHost: true });
    expect(await tried(JOB, { fetch: () => held })).toEqual({ requeue: "redirect", detail: "waits for other" });
  });

  it("is not counted as an attempt of a job that fails", async () => {
    const results: TryResult[] = [
      failure("connection_lost"),
      failure("file_exists", { isFinal: true, notRequested: true }),
    ];
    const perform = () => Promise.resolve(results.shift() ?? expect.unreachable());
    const retry = (_failure: unknown, attempts: number) =>
      results.length > 0 ? { delayMs: 0 } : { giveUp: `${attempts} so far` };
    const run = pool({ source: fakeSource([1]), concurrency: 1, perform, retry });
    await run.done;
    expect(run.told).toMatchObject([{ error: "file_exists", attempts: 1, detail: "file_exists!; 1 so far" }]);
  });
});
