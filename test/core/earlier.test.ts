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

  it("is asked for by its validators, and is unchanged where the server says so: nothing is written", async () => {
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

  it("has the validators of the newest answer, for the next update", async () => {
    const answer: Answer = { ...still, etag: '"new"', lastModified: "today" };
    const record = await tried({ ...update, list: "b.txt", line: 2 }, { fetch: () => answer });
    expect(record).toMatchObject({ etag: '"new"', last_modified: "today", type: "text/html", list: "b.txt", line: 2 });
  });

  it("that came from another URL is unchanged only where the answer comes from there", async () => {
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

  it("that has changed is saved as any other body: nothing of the old one is in the record", async () => {
    const record = await tried(update, { fetch: () => ANSWER });
    expect(record).toMatchObject({ outcome: "saved", bytes: 9 });
    expect(record).not.toHaveProperty("etag");
    expect(record).not.toHaveProperty("type");
  });
});

describe("the beginning of a body that is kept", () => {
  const asks = async (job: Job, ports: Ports, started: Started = {}) => {
    const asked: (RequestConditions | undefined)[] = [];
    const fetch: Ports["fetch"] = (_target, ask) => {
      asked.push(ask);
      return ANSWER;
    };
    await tried(job, { ...ports, fetch }, started);
    return asked;
  };

  it("is gone on from, rather than asked whether it is still good", async () => {
    expect(await asks(JOB, { kept: KEPT }, { spentMs: 30 })).toEqual([{ spentMs: 30, kept: KEPT }]);
    expect(await asks({ ...JOB, known: KNOWN }, { kept: KEPT })).toEqual([{ spentMs: 0, kept: KEPT }]);
  });

  it("is not spoken of where there is none: the first try asks for nothing besides, later ones count the time", async () => {
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

  it("says nothing where the rest speaks for itself, or the whole body came", async () => {
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
  it.each(wrong)("is dropped where it does not fit: $error $status", async (answer) => {
    const dropped: Job[] = [];
    const drop = (job: Job) => void dropped.push(job);
    expect(await tried(JOB, { kept: KEPT, drop, fetch: () => answer })).toBe(answer);
    expect(dropped).toEqual([JOB]);
  });

  it("stays where the answer says nothing of it, and nothing is dropped where there is none", async () => {
    const drop = () => expect.unreachable("it may still be good");
    const lost: Failure = { error: "connection_lost", detail: "" };
    expect(await tried(JOB, { kept: KEPT, drop, fetch: () => lost })).toBe(lost);
    const refused: Failure = { error: "http_status", detail: "416", status: 416 };
    expect(await tried(JOB, { drop, fetch: () => refused })).toBe(refused);
  });
});
