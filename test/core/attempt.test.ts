// One job, one try: what its record says, and that nothing a port does makes it throw.
import { describe, expect, it } from "vitest";
import { attempt } from "../../src/core/attempt.ts";
import type { Failure } from "../../src/core/failure.ts";
import type { Job, Outcome } from "../../src/core/job.ts";
import type { Answer, BodyStream, Get, Sink, Stored } from "../../src/core/ports.ts";
import { TIME } from "./outcomes.ts";

const JOB: Job = { n: 42, url: "https://example.org/a" };
const ANSWER: Answer = { status: 200, lengthVerified: true, ttfbMs: 4.06, body: [] };

interface Ports {
  readonly fetch?: (target: URL) => Answer | Failure | Promise<Answer | Failure>;
  readonly write?: Sink["write"];
}

/** Tries a job; every look at the clock finds it 7.777 ms later. */
function tried(job: Job, { fetch = () => ANSWER, write = () => ({ bytes: 9 }) }: Ports = {}): Promise<Outcome> {
  let ms = 0;
  const clock = {
    nowMs() {
      ms += 7.777;
      return ms;
    },
    timestamp: () => TIME,
  };
  const get: Get = { fetch: async (target) => fetch(target), receivedBytes: () => 0, abort() {}, close() {} };
  return attempt({ get, sink: { write }, clock })(job);
}

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
    const stored: Stored = { bytes: 9, file: "000042.html", body };
    const job: Job = { ...JOB, name: "a name", list: "b.txt", line: 2 };
    expect(await tried(job, { fetch: () => answer, write: async () => stored })).toStrictEqual({
      ...least,
      status: 203,
      file: "000042.html",
      body,
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

describe("a failure's record", () => {
  const record = (over: object) => ({
    ...JOB,
    outcome: "failed",
    attempts: 1,
    total_ms: 7.8,
    time: TIME,
    ...over,
  });

  it("is there for a line that is no URL, without asking the web", async () => {
    const fetch = () => expect.unreachable("nothing to fetch");
    expect(await tried({ n: 7, url: "htp://x", list: "b.txt", line: 3 }, { fetch })).toStrictEqual(
      record({
        n: 7,
        url: "htp://x",
        error: "unsupported_scheme",
        detail: "only http and https",
        retryable: false,
        list: "b.txt",
        line: 3,
      }),
    );
  });

  it("says the status and whether trying again may help", async () => {
    const refused: Failure = { error: "http_status", detail: "503 Service Unavailable", status: 503 };
    expect(await tried(JOB, { fetch: () => refused })).toStrictEqual(record({ ...refused, retryable: true }));
  });

  it("is the sink's, where it cannot store", async () => {
    const taken: Failure = { error: "file_exists", detail: "a is there already" };
    const expected = record({ ...taken, retryable: false });
    expect(await tried(JOB, { write: () => taken })).toStrictEqual(expected);
    expect(await tried(JOB, { write: async () => taken })).toStrictEqual(expected);
  });
});

describe("a port that throws", () => {
  const oops = () => {
    throw new TypeError("oops");
  };
  const internal = {
    outcome: "failed",
    error: "internal",
    detail: expect.stringContaining("TypeError: oops\n    at "),
  };

  const ports: [name: string, ports: Ports][] = [
    ["a get that rejects", { fetch: oops }],
    ["a sink that throws", { write: oops }],
    ["a sink that rejects", { write: async () => oops() }],
  ];
  it.each(ports)("is a bug, with its stack: %s", async (_name, thrower) => {
    expect(await tried(JOB, thrower)).toMatchObject({ ...internal, retryable: false });
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
