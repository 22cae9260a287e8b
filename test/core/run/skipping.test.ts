// What a server does not want to be fetched, or stored: no failure, and nothing that waits for it holds a slot.
import { describe, expect, it } from "vitest";
import type { Failure } from "../../../src/core/failure.ts";
import type { Job } from "../../../src/core/job.ts";
import type { Answer } from "../../../src/core/ports.ts";
import { attempt } from "../../../src/core/run/attempt.ts";
import type { RobotsPolicy, Skip } from "../../../src/core/run/robots-policy.ts";
import type { Requeue } from "../../../src/core/run/try-result.ts";
import { fakeClock, quiet } from "../clock.ts";
import { failure, skipped, TIME } from "../outcomes.ts";
import { end, fakeSource, pool } from "../pool.ts";
import { ANSWER, JOB, KNOWN, taskOf, tried } from "../tried.ts";

const ROBOTS_READ: Requeue = { requeue: "robots", detail: "its robots.txt was read" };
const SKIP: Skip = { reason: "robots", detail: "disallowed" };

/** One that says so of every URL, at once or when it was asked. */
function permitting(
  known: ReturnType<RobotsPolicy["check"]>,
  answer?: Skip | Failure,
): RobotsPolicy & { readonly asked: string[] } {
  const asked: string[] = [];
  const fetchAndCheck: RobotsPolicy["fetchAndCheck"] = async (target, from) => {
    asked.push(`${target.href} ${from}`);
    return answer;
  };
  return { asked, check: () => known, fetchAndCheck, delayMs: () => undefined };
}

const untouched = { fetch: () => expect.unreachable(), write: () => expect.unreachable() };

describe("a URL that may not be fetched", () => {
  const least = {
    n: 42,
    url: "https://example.org/a",
    outcome: "skipped",
    reason: "robots",
    detail: "disallowed",
    attempts: 0,
    total_ms: 7.8,
    time: TIME,
  };

  it("is skipped with nothing sent for it, and no attempt counted", async () => {
    expect(await tried(JOB, { ...untouched, robots: permitting(SKIP) })).toStrictEqual(least);
    const job: Job = { ...JOB, name: "a name", list: "b.txt", line: 2 };
    const again = { attempts: 3, retriedAfter: ["truncated: x"] };
    expect(await tried(job, { ...untouched, robots: permitting(SKIP) }, again)).toStrictEqual({
      ...least,
      attempts: 2,
      retried_after: ["truncated: x"],
      name: "a name",
      list: "b.txt",
      line: 2,
    });
  });

  it("keeps and names the file of an earlier run", async () => {
    const known = { ...JOB, known: KNOWN, replaces: KNOWN.file };
    expect(await tried(known, { ...untouched, robots: permitting(SKIP) })).toStrictEqual({ ...least, ...KNOWN });
    const replaces = { ...JOB, replaces: "x" };
    expect(await tried(replaces, { ...untouched, robots: permitting(SKIP) })).toStrictEqual({ ...least, file: "x" });
  });

  it("that came with an answer says its status and where that was", async () => {
    const answer: Answer = { ...ANSWER, status: 302, finalUrl: "https://b/", skip: SKIP };
    const dropped: Job[] = [];
    const kept = { bytes: 1, validator: '"x"', url: JOB.url };
    const drop = (job: Job) => void dropped.push(job);
    expect(await tried(JOB, { fetch: () => answer, write: untouched.write, kept, drop })).toStrictEqual({
      ...least,
      attempts: 1,
      status: 302,
      ttfb_ms: 4.1,
      final_url: "https://b/",
    });
    expect(dropped).toEqual([JOB]);
  });

  it("fails with what is known of its origin", async () => {
    const gone = failure("http_status", { status: 503, isFinal: true });
    expect(await tried(JOB, { ...untouched, robots: permitting(gone) })).toBe(gone);
  });
});

describe("a URL whose origin was not asked yet", () => {
  it("asks it, and comes again: its slot is not for what its host wants to be waited", async () => {
    const robots = permitting("unknown");
    expect(await tried(JOB, { ...untouched, robots })).toEqual(ROBOTS_READ);
    expect(robots.asked).toEqual([`${JOB.url} list`]);
  });

  it("is fetched when it comes again, though the answer was forgotten meanwhile", async () => {
    const robots = permitting("unknown");
    const get = { robots, fetch: async () => ANSWER, resize() {}, receivedBytes: () => 0, abort() {}, close() {} };
    const task = taskOf(JOB);
    const once = attempt({ get, sink: { write: () => ({ bytes: 9 }), close() {} }, clock: fakeClock() });
    expect(await once(task)).toEqual(ROBOTS_READ);
    expect(await once(task)).toMatchObject({ outcome: "saved" });
    expect(robots.asked).toHaveLength(2);
  });

  it("is skipped, or fails, at once where that is the answer", async () => {
    expect(await tried(JOB, { ...untouched, robots: permitting("unknown", SKIP) })).toMatchObject(SKIP);
    const down = failure("connect_refused");
    expect(await tried(JOB, { ...untouched, robots: permitting("unknown", down) })).toBe(down);
  });
});

describe("a run", () => {
  it("starts a job again that only asked, and counts no attempt for it", async () => {
    const attempts: number[] = [];
    const perform = async (task: { attempts: number }) => {
      attempts.push(task.attempts);
      return attempts.length === 1 ? ROBOTS_READ : skipped({ n: 1 });
    };
    const one = pool({ source: fakeSource([1]), concurrency: 1, perform });
    await one.done;
    expect(attempts).toEqual([1, 1]);
    expect(one.told).toEqual([skipped({ n: 1 })]);
    expect(one.judged).toEqual([]);
    expect(one.view.tally).toMatchObject({ skipped: 1, failed: 0, retries: 0 });
  });

  it("that is stopped meanwhile leaves its line open", async () => {
    const one = pool({ source: fakeSource([1]), concurrency: 1 });
    await quiet();
    one.stop.abort("request");
    end(one, 1, ROBOTS_READ);
    await one.done;
    expect(one.view.tally).toMatchObject({ interrupted: 1, failed: 0 });
  });
});
