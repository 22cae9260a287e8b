// A large body that was cut off: its part is kept, and the next try or run resumes it.
import { createHash } from "node:crypto";
import { appendFileSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { Job } from "../../../src/core/job.ts";
import type { Answer, Sink } from "../../../src/core/ports.ts";
import { MIN_KEPT_BYTES } from "../../../src/sink/files/partial-files.ts";
import { ownFolder } from "../../support/own.ts";
import { answer, bodyOf, filesIn, JOB, pouredOf, sinkInto, TARGET, text } from "../bodies.ts";

const outside = ownFolder();
let folder: string;
beforeEach(() => {
  folder = outside.at("out");
});

const CUT = { error: "truncated", detail: "cut short" } as const;
const HEAD = Buffer.alloc(MIN_KEPT_BYTES + 1, "head ");
const TAIL = text(" and the tail");
const WHOLE = Buffer.concat([HEAD, TAIL]);
const STRONG = { validator: '"v1"', wholeBytes: WHOLE.length };
const KEPT = { ...STRONG, bytes: HEAD.length, url: JOB.url };
const LEFT = [".bulkget/1.note", ".bulkget/1.part"];

const at = (file: string) => join(folder, file);
const store = async (sink: Sink, body: Answer["body"], over: Partial<Answer> = {}, job: Job = JOB) =>
  sink.write(job, TARGET, answer(body, over));
/** The content of the only file in the folder. */
const theFile = (file = "000001.html"): Buffer => {
  expect(filesIn(folder)).toEqual([file]);
  return readFileSync(at(file));
};
it("bytes that were poured before the connection was cut are kept", async () => {
  const sink = sinkInto(folder);
  expect(await store(sink, pouredOf([HEAD.subarray(0, 500_000), HEAD.subarray(500_000)], CUT), STRONG)).toBe(CUT);
  expect(sink.partialOf?.(JOB)).toMatchObject(KEPT);
  expect(filesIn(folder)).toEqual(LEFT);
  expect(await store(sink, pouredOf([TAIL]), { from: HEAD.length })).toMatchObject({ bytes: WHOLE.length });
  expect(theFile().equals(WHOLE)).toBe(true);
});

/** A sink after a first try that received the head only. */
async function cutShort(over: Partial<Answer> = STRONG, job: Job = JOB): Promise<Sink> {
  const sink = sinkInto(folder);
  expect(await store(sink, bodyOf([[HEAD]], CUT), over, job)).toBe(CUT);
  return sink;
}

describe.each([
  ["small", (...pieces: Uint8Array[]): Answer["body"] => pieces],
  ["streamed", (...pieces: Uint8Array[]): Answer["body"] => bodyOf(pieces.map((piece) => [piece]))],
])("a body that was cut short, and a %s rest", (_kind, rest) => {
  const goOn = (sink: Sink, over: Partial<Answer> = { from: HEAD.length }, job: Job = JOB) =>
    store(sink, rest(TAIL), over, job);

  it("become one file at the next try, and leave no other file", async () => {
    const sink = await cutShort();
    expect(filesIn(folder)).toEqual(LEFT);
    expect(sink.partialOf?.(JOB)).toMatchObject(KEPT);
    expect(await goOn(sink)).toStrictEqual({ bytes: WHOLE.length, file: "000001.html" });
    expect(theFile().equals(WHOLE)).toBe(true);
    expect(sink.partialOf?.(JOB)).toBeUndefined();
  });

  it("become one file in the next run, with another job object", async () => {
    await cutShort();
    const sink = sinkInto(folder);
    const job = { ...JOB };
    expect(sink.partialOf?.(job)).toMatchObject(KEPT);
    expect(await goOn(sink, { from: HEAD.length }, job)).toMatchObject({ bytes: WHOLE.length });
    expect(theFile().equals(WHOLE)).toBe(true);
  });

  it("become one file where a killed run had written more than was requested from", async () => {
    await cutShort();
    const sink = sinkInto(folder);
    expect(sink.partialOf?.(JOB)).toMatchObject(KEPT);
    appendFileSync(at(".bulkget/1.part"), "more");
    await goOn(sink);
    expect(theFile().equals(WHOLE)).toBe(true);
  });

  it("make no file where less is kept than was requested from", async () => {
    const sink = await cutShort();
    truncateSync(at(".bulkget/1.part"), HEAD.length - 1);
    expect(await goOn(sink)).toMatchObject({
      error: "write_failed",
      detail: expect.stringContaining("no longer there"),
    });
    rmSync(at(".bulkget/1.part"));
    expect(await goOn(sink)).toMatchObject({ error: "write_failed" });
    expect(filesIn(folder).filter((file) => !file.startsWith(".bulkget"))).toEqual([]);
  });

  it("are replaced where the whole body arrives", async () => {
    const sink = await cutShort();
    expect(sink.partialOf?.(JOB)).toMatchObject(KEPT);
    expect(await goOn(sink, {})).toMatchObject({ bytes: TAIL.length });
    expect(theFile().equals(TAIL)).toBe(true);
  });

  it("have the digest of all bytes", async () => {
    const sha256 = createHash("sha256").update(WHOLE).digest("hex");
    const job = { ...JOB, sha256 };
    const sink = await cutShort(STRONG, job);
    expect(await goOn(sink, { from: HEAD.length }, job)).toMatchObject({ sha256, file: "000001.html" });
  });

  it("are removed where the digest is not the list's", async () => {
    const job = { ...JOB, sha256: createHash("sha256").update(TAIL).digest("hex") };
    const sink = await cutShort(STRONG, job);
    expect(await goOn(sink, { from: HEAD.length }, job)).toMatchObject({ error: "checksum_mismatch" });
    expect(filesIn(folder)).toEqual([]);
    expect(sink.partialOf?.(job)).toBeUndefined();
  });
});

describe("the kept part of a body", () => {
  it("grows when the rest is cut off as well", async () => {
    const sink = await cutShort();
    expect(await store(sink, bodyOf([[text("12")], [text("3")]], CUT), { from: HEAD.length })).toBe(CUT);
    expect(sink.partialOf?.(JOB)).toMatchObject({ ...KEPT, bytes: HEAD.length + 3 });
    expect(sinkInto(folder).partialOf?.({ ...JOB })).toMatchObject({ ...KEPT, bytes: HEAD.length + 3 });
  });

  it("is noted while the body arrives: it can be resumed after a kill", async () => {
    const seen: unknown[] = [];
    const body = bodyOf([[HEAD], [TAIL]], undefined, (index) => {
      if (index === 1) seen.push(filesIn(folder), JSON.parse(readFileSync(at(".bulkget/1.note"), "utf8")));
    });
    await store(sinkInto(folder), body, { ...STRONG, finalUrl: "http://cdn.example.org/a", type: "text/html" });
    const note = { job: JOB.url, url: "http://cdn.example.org/a", type: "text/html", ...STRONG };
    expect(seen).toEqual([LEFT, note]);
    expect(theFile().equals(WHOLE)).toBe(true);
  });

  it("does not exist for a body without a validator, or of at most 1 MiB", async () => {
    await cutShort({});
    expect(filesIn(folder)).toEqual([]);
    const body = bodyOf([[HEAD.subarray(0, MIN_KEPT_BYTES)]], CUT);
    expect(await store(sinkInto(folder), body, STRONG)).toBe(CUT);
    expect(filesIn(folder)).toEqual([]);
  });

  it("stays when the disk is too full for the rest", async () => {
    const noRoom = { error: "disk_full", detail: "5 bytes free" } as const;
    const sink = sinkInto(folder, { checkSpace: (bytes) => (bytes === TAIL.length ? noRoom : undefined) });
    const body = bodyOf([[HEAD], [TAIL]]);
    expect(await store(sink, body, STRONG)).toBe(noRoom);
    expect([body.cancelled(), filesIn(folder)]).toEqual([1, LEFT]);
    expect(sink.partialOf?.(JOB)).toMatchObject(KEPT);
  });

  it("is removed when it cannot be resumed", async () => {
    const sink = await cutShort();
    sink.drop?.(JOB);
    expect([filesIn(folder), sink.partialOf?.(JOB)]).toEqual([[], undefined]);
  });
});

describe("two lines of the same number", () => {
  const OTHER: Job = { n: 1, url: "http://example.org/other", name: "other" };
  const [ONE, TWO] = [
    { ...JOB, name: "one" },
    { ...JOB, name: "two" },
  ];

  it.each([
    ["of another URL", OTHER],
    ["of the same URL", TWO],
  ])("are each saved with their own bytes: the second, %s, while the first arrives", async (_what, second) => {
    const sink = sinkInto(folder);
    const seen: unknown[] = [];
    const first = bodyOf([[HEAD], [TAIL]], undefined, async (index) => {
      if (index !== 1) return;
      seen.push(sink.partialOf?.(second));
      const cut = bodyOf([[HEAD], [text("!")]], CUT);
      seen.push(await store(sink, cut, { validator: '"v2"' }, second));
      sink.drop?.(second);
      seen.push(await store(sink, bodyOf([[HEAD], [text("?")]]), { validator: '"v2"' }, second));
    });
    expect(await store(sink, first, STRONG, ONE)).toMatchObject({ bytes: WHOLE.length });
    expect(seen).toEqual([undefined, CUT, { bytes: HEAD.length + 1, file: second.name }]);
    expect(filesIn(folder)).toEqual(["one", second.name].sort());
    expect(readFileSync(at("one")).equals(WHOLE)).toBe(true);
    expect(readFileSync(at(second.name ?? ""), "utf8").slice(-5)).toBe(`${HEAD.toString().slice(-4)}?`);
  });

  it("do not both resume one part", async () => {
    await cutShort(STRONG, ONE);
    const sink = sinkInto(folder);
    expect(sink.partialOf?.(ONE)).toMatchObject(KEPT);
    expect(sink.partialOf?.(TWO)).toBeUndefined();
    expect(await store(sink, [text("two")], {}, TWO)).toMatchObject({ file: "two" });
    expect(await store(sink, [TAIL], { from: HEAD.length }, ONE)).toMatchObject({ bytes: WHOLE.length });
    expect(readFileSync(at("one")).equals(WHOLE)).toBe(true);
  });
});
