// What an earlier run or try left of a body: asked about, gone on from, dropped where it does not fit.
import { describe, expect, it } from "vitest";
import type { Failure } from "../../src/core/failure.ts";
import type { Job } from "../../src/core/job.ts";
import type { Answer, PartialBody, RequestConditions } from "../../src/core/ports.ts";
import { TIME } from "./outcomes.ts";
import { ANSWER, JOB, KNOWN, type Ports, type Started, tried } from "./tried.ts";

const KEPT: PartialBody = { bytes: 5, validator: '"x"', url: "https://example.org/a", wholeBytes: 9 };

describe("a file of an earlier run", () => {
  const update: Job = { ...JOB, known: KNOWN };
  const still: Answer = { status: 304, lengthVerified: true, ttfbMs: 4, body: [] };

  it("is requested with its validators, and unchanged after a 304: nothing is written", async () => {
    const asked: (RequestConditions | undefined)[] = [];
    const fetch: Ports["fetch"] = (_target, ask) => {
      asked.push(ask);
      return still;
    };
    const write = () => expect.unreachable("nothing to write");
    expect(await tried(update, { fetch, write })).toStrictEqual({
      ...JOB,
      outcome: "unchanged",
      ...KNOWN,
      status: 304,
      attempts: 1,
      ttfb_ms: 4,
      total_ms: 7.8,
      time: TIME,
    });
    expect(asked).toEqual([{ spentMs: 0, known: KNOWN }]);
  });

  it("gets the validators of the newest answer, for the next update", async () => {
    const answer: Answer = { ...still, etag: '"new"', lastModified: "today" };
    const record = await tried({ ...update, list: "b.txt", line: 2 }, { fetch: () => answer });
    expect(record).toMatchObject({ etag: '"new"', last_modified: "today", type: "text/html", list: "b.txt", line: 2 });
  });

  it("of another final URL is unchanged only if the 304 comes from that URL", async () => {
    const finalUrl = "https://example.org/b";
    const moved: Job = { ...JOB, known: { ...KNOWN, final_url: finalUrl } };
    const record = await tried(moved, { fetch: () => ({ ...still, finalUrl }) });
    expect(record).toMatchObject({ outcome: "unchanged", final_url: finalUrl });
  });

  const elsewhere = "https://example.org/c";
  it.each([
    [undefined, elsewhere],
    [elsewhere, undefined],
    [elsewhere, "https://example.org/d"],
  ])("that came from %s is asked for once more, plainly, where %s says that it is still good", async (was, is) => {
    const asked: (RequestConditions | undefined)[] = [];
    const answers = [
      { ...still, ...(is && { finalUrl: is }) },
      { ...ANSWER, type: "text/plain" },
    ];
    const fetch: Ports["fetch"] = (_target, ask) => {
      asked.push(ask);
      return answers.shift() ?? expect.fail("asked too often");
    };
    const known = { ...KNOWN, ...(was && { final_url: was }) };
    const record = await tried({ ...JOB, known }, { fetch }, { spentMs: 30 });
    expect(record).toMatchObject({ outcome: "saved", type: "text/plain", bytes: 9 });
    // What the first question took counts into the URL's whole time.
    expect(asked).toEqual([{ spentMs: 30, known }, { spentMs: expect.closeTo(37.777, 3) }]);
  });

  it("that has changed is saved like any other body, with nothing of the old record", async () => {
    const record = await tried(update, { fetch: () => ANSWER });
    expect(record).toMatchObject({ outcome: "saved", bytes: 9 });
    expect(record).not.toHaveProperty("etag");
    expect(record).not.toHaveProperty("type");
  });
});

describe("a partial body", () => {
  const asks = async (job: Job, ports: Ports, started: Started = {}) => {
    const asked: (RequestConditions | undefined)[] = [];
    const fetch: Ports["fetch"] = (_target, ask) => {
      asked.push(ask);
      return ANSWER;
    };
    await tried(job, { ...ports, fetch }, started);
    return asked;
  };

  it("is continued by a range request, without the validators of a complete file", async () => {
    expect(await asks(JOB, { kept: KEPT }, { spentMs: 30 })).toEqual([{ spentMs: 30, kept: KEPT }]);
    expect(await asks({ ...JOB, known: KNOWN }, { kept: KEPT })).toEqual([{ spentMs: 0, kept: KEPT }]);
  });

  it("adds no condition to a request if there is none; later tries pass the time spent", async () => {
    expect(await asks(JOB, {})).toEqual([undefined]);
    expect(await asks(JOB, {}, { spentMs: 30, attempts: 2 })).toEqual([{ spentMs: 30 }]);
  });

  it.each([
    ['"x"', { etag: '"x"' }],
    ["Sun, 06 Nov 1994 08:49:37 GMT", { last_modified: "Sun, 06 Nov 1994 08:49:37 GMT" }],
  ])("says what its rest does not: the type, and the validator %s", async (validator, rest) => {
    const kept: PartialBody = { ...KEPT, type: "text/html", validator };
    const part: Answer = { ...ANSWER, status: 206, from: 5 };
    const record = await tried(JOB, { kept, fetch: () => part });
    expect(record).toMatchObject({ outcome: "saved", type: "text/html", ...rest });
  });

  it("adds nothing to an answer that has all headers, or the whole body", async () => {
    const kept: PartialBody = { ...KEPT, type: "text/html" };
    const part: Answer = { ...ANSWER, status: 206, from: 5, type: "image/png", etag: '"new"' };
    expect(await tried(JOB, { kept, fetch: () => part })).toMatchObject({ type: "image/png", etag: '"new"' });
    const whole = await tried(JOB, { kept, fetch: () => ANSWER });
    expect(whole).not.toHaveProperty("type");
    expect(whole).not.toHaveProperty("etag");
  });

  const wrong: Failure[] = [
    { error: "bad_range", detail: "206: from byte 7", status: 206 },
    { error: "bad_range", detail: "416: nothing from byte 5 on", status: 416 },
    { error: "http_status", detail: "416 Range Not Satisfiable", status: 416 },
  ];
  it.each(wrong)("is removed if the answer does not match it: $error $status", async (answer) => {
    const dropped: Job[] = [];
    const drop = (job: Job) => void dropped.push(job);
    expect(await tried(JOB, { kept: KEPT, drop, fetch: () => answer })).toBe(answer);
    expect(dropped).toEqual([JOB]);
  });

  it("is kept after other failures, and nothing is removed if there is none", async () => {
    const drop = () => expect.unreachable("it may still be good");
    const lost: Failure = { error: "connection_lost", detail: "" };
    expect(await tried(JOB, { kept: KEPT, drop, fetch: () => lost })).toBe(lost);
    const refused: Failure = { error: "http_status", detail: "416", status: 416 };
    expect(await tried(JOB, { drop, fetch: () => refused })).toBe(refused);
  });
});
