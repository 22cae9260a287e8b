// One job, one try: what its record says, and that nothing a port does makes it throw.
import { describe, expect, it } from "vitest";
import type { Failure } from "../../../src/core/failure.ts";
import type { Job } from "../../../src/core/job.ts";
import type { Answer, BodyStream, Sink, Stored } from "../../../src/core/ports.ts";
import { failed, withRetryNote } from "../../../src/core/run/outcomes.ts";
import { TIME } from "../outcomes.ts";
import { ANSWER, JOB, KNOWN, type Ports, taskOf, tried } from "../tried.ts";

describe("a saved body's record", () => {
  const least = {
    n: 42,
    url: "https://example.org/a",
    outcome: "saved",
    status: 200,
    bytes: 9,
    attempts: 1,
    ttfb_ms: 4.1,
    total_ms: 7.8,
    time: TIME,
  };

  it("has nothing in it that is not known: keys are absent rather than empty", async () => {
    expect(await tried(JOB)).toStrictEqual(least);
  });

  it("has all that the answer, the sink and the list say", async () => {
    const answer: Answer = {
      ...ANSWER,
      status: 203,
      finalUrl: "https://example.org/b",
      type: "text/html",
      encoding: "gzip",
      etag: '"x"',
      lastModified: "yesterday",
      lengthVerified: false,
    };
    const body = new Uint8Array(9);
    const sha256 = "5".repeat(64);
    const stored: Stored = { bytes: 9, file: "000042.html", body, sha256 };
    const job: Job = { ...JOB, name: "a name", list: "b.txt", line: 2 };
    expect(await tried(job, { fetch: () => answer, write: async () => stored })).toStrictEqual({
      ...least,
      status: 203,
      file: "000042.html",
      body,
      sha256,
      type: "text/html",
      encoding: "gzip",
      final_url: "https://example.org/b",
      etag: '"x"',
      last_modified: "yesterday",
      length: "unverified",
      name: "a name",
      list: "b.txt",
      line: 2,
    });
  });

  it("of a later try says what went before, and counts the time of all of them", async () => {
    const retriedAfter = ["truncated: 1 of 2 bytes", "headers_timeout: 30 s"];
    const started = { attempts: 3, addedMs: -992.223, spentMs: 500, retriedAfter };
    expect(await tried(JOB, {}, started)).toStrictEqual({
      ...least,
      attempts: 3,
      total_ms: 507.8,
      wait_ms: 500,
      retried_after: retriedAfter,
    });
  });

  it("of a body that is stored later has the time until it was handed over, not that of the queue", async () => {
    let nowMs = 100;
    const write: Sink["write"] = () => {
      nowMs += 20;
      const after = async () => {
        nowMs += 500;
        return { bytes: 9 };
      };
      return { storing: Promise.resolve().then(after) };
    };
    const clock = { nowMs: () => nowMs, timestamp: () => new Date(nowMs).toISOString() };
    const time = "1970-01-01T00:00:00.120Z";
    expect(await tried(JOB, { write, clock })).toMatchObject({ outcome: "saved", bytes: 9, total_ms: 20, time });
  });

  it("comes of the target that the line was read as", async () => {
    const seen: string[] = [];
    const write: Sink["write"] = (job, target, answer) => {
      seen.push(`${job.n} ${target.href} ${answer.status}`);
      return { bytes: 0 };
    };
    await tried(
      { n: 1, url: "http://EXAMPLE.org/a b" },
      { fetch: (target) => ({ ...ANSWER, finalUrl: target.href }), write },
    );
    expect(seen).toEqual(["1 http://example.org/a%20b 200"]);
  });
});

describe("a try that came to nothing", () => {
  it("is the reason why, for a line that is no URL, without asking the web", async () => {
    const fetch = () => expect.unreachable("nothing to fetch");
    const wrong = { error: "unsupported_scheme", detail: "only http and https" };
    expect(await tried({ n: 7, url: "htp://x" }, { fetch })).toStrictEqual(wrong);
  });

  it("is the web's, as it came", async () => {
    const refused: Failure = { error: "http_status", detail: "503", status: 503, retryAfterMs: 5 };
    expect(await tried(JOB, { fetch: () => refused })).toBe(refused);
  });

  it("is the sink's, where it cannot store", async () => {
    const taken: Failure = { error: "file_exists", detail: "a is there already" };
    expect(await tried(JOB, { write: () => taken })).toBe(taken);
    expect(await tried(JOB, { write: async () => taken })).toBe(taken);
  });
});

describe("a failure's record", () => {
  const lost: Failure = { error: "connection_lost", detail: "other side closed" };

  it("has nothing in it that is not known", () => {
    expect(failed(taskOf(JOB), lost, 7.777, TIME)).toStrictEqual({
      ...JOB,
      outcome: "failed",
      ...lost,
      retryable: true,
      attempts: 1,
      total_ms: 0,
      time: TIME,
    });
  });

  it("has the place in the list, the status, the tries and their times", () => {
    const job: Job = { ...JOB, name: "a name", list: "b.txt", line: 3 };
    const earlier = { attempts: 2, addedMs: 100, spentMs: 55.54, retriedAfter: ["truncated: 1 of 2 bytes"] };
    const gone: Failure = { error: "http_status", detail: "410 Gone", status: 410, retryAfterMs: 5 };
    expect(failed(taskOf(job, earlier), gone, 1100, TIME)).toStrictEqual({
      ...job,
      outcome: "failed",
      error: "http_status",
      detail: "410 Gone",
      status: 410,
      retryable: false,
      attempts: 2,
      retried_after: ["truncated: 1 of 2 bytes"],
      total_ms: 55.5,
      wait_ms: 944.5,
      time: TIME,
    });
  });

  it("has the digest that was wanted, and the file of an earlier run with what is known of it", () => {
    const sha256 = "0".repeat(64);
    const job: Job = { ...JOB, sha256, known: { ...KNOWN, sha256: "1".repeat(64) }, replaces: "x" };
    const record = failed(taskOf(job), lost, 7.777, TIME);
    expect(record).toMatchObject({ ...KNOWN, sha256: "1".repeat(64), expected_sha256: sha256, error: lost.error });
    expect(record).not.toHaveProperty("known");
    expect(record).not.toHaveProperty("replaces");
  });

  it("of the last try says why there is no other, where the failure does not show it", () => {
    expect(withRetryNote(lost, undefined)).toBe(lost);
    expect(withRetryNote(lost, "too long")).toStrictEqual({ ...lost, detail: "other side closed; too long" });
  });
});

describe("a port that throws", () => {
  const oops = () => {
    throw new TypeError("oops");
  };
  const internal = {
    error: "internal",
    detail: expect.stringContaining("TypeError: oops\n    at "),
  };

  const ports: [name: string, ports: Ports][] = [
    ["a get that rejects", { fetch: oops }],
    ["a sink that throws", { write: oops }],
    ["a sink that rejects", { write: async () => oops() }],
  ];
  it.each(ports)("is a bug, with its stack: %s", async (_name, thrower) => {
    expect(await tried(JOB, thrower)).toEqual(internal);
  });

  it("is a bug even where the web's error has a code: the disk did not say it, and the run need not stop", async () => {
    const fetch = () => Promise.reject(Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }));
    expect(await tried(JOB, { fetch })).toMatchObject({ error: "internal" });
  });

  it("leaves no body behind that nobody reads", async () => {
    let cancelled = 0;
    const body: BodyStream = { next: async () => undefined, cancel: () => void cancelled++ };
    expect(await tried(JOB, { fetch: () => ({ ...ANSWER, body }), write: oops })).toMatchObject(internal);
    expect(cancelled).toBe(1);
  });
});
