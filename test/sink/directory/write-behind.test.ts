// A sink with a second thread: it is started where files come fast, and what it cannot do is done without it.
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Failure } from "../../../src/core/failure.ts";
import type { Sink, Stored } from "../../../src/core/ports.ts";
import type { Thenable } from "../../../src/core/structures/deferred.ts";
import { arrivesFast } from "../../../src/sink/directory/write-behind.ts";
import { type Done, type WriterThread, writerThread } from "../../../src/sink/directory/writer-thread.ts";
import { answer, filesIn, JOB, type SinkOptions, sinkInto, TARGET, text } from "../bodies.ts";

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "bulkget-aside-")), "downloads");
});
afterEach(() => rmSync(join(folder, ".."), { recursive: true }));

interface FakeScribe extends WriterThread {
  readonly given: { readonly part: string; readonly path: string; readonly done: Done }[];
  readonly closed: () => number;
  readonly stops: () => number;
  /** Takes so many more. */
  grant(more: number): void;
}

/** Takes so many bodies in all, and writes none. */
function fakeScribe(atFirst = Number.POSITIVE_INFINITY): FakeScribe {
  let most = atFirst;
  const given: FakeScribe["given"] = [];
  let closed = 0;
  let stops = 0;
  return {
    given,
    take(part, path, _pieces, done) {
      if (given.length >= most) return false;
      given.push({ part, path, done });
      return true;
    },
    stop: () => void stops++,
    abandon() {
      const left = given.splice(0);
      for (const { done } of left) done(false, 0);
      return left.length > 0;
    },
    idle: async () => {},
    stops: () => stops,
    close() {
      closed++;
    },
    closed: () => closed,
    grant(more) {
      most += more;
    },
  };
}

const write = (sink: Sink, n: number, body = `of ${n}`, over = {}) =>
  sink.write({ ...JOB, n, ...over }, TARGET, answer([text(body)]));

/** A sink whose files come fast. */
const begun = (one: WriterThread, options: SinkOptions = {}) =>
  sinkInto(folder, { scribe: () => one, isTime: () => true, ...options });

/** What is stored later. */
async function storingOf(written: ReturnType<Sink["write"]>): Promise<Stored | Failure> {
  if (!("storing" in written)) return expect.unreachable();
  return written.storing;
}

it("three hundred bodies within half a second are reason for a thread; fewer, or slower ones, are not", () => {
  const isTime = arrivesFast();
  const times = Array.from({ length: 900 }, (_, i) => i * 2).filter(isTime);
  expect(times).toEqual([]); // 300 in 0.6 s
  const isNow = arrivesFast();
  expect(
    Array.from({ length: 900 }, (_, i) => i * 1.5)
      .map(isNow)
      .indexOf(true),
  ).toBe(599); // the first 300 began who knows when
});

it("one thread is enough, and it ends with the sink", () => {
  let started = 0;
  const fake = fakeScribe();
  const start = () => {
    started++;
    return fake;
  };
  const sink = sinkInto(folder, { scribe: start, isTime: (nowMs) => nowMs > 0 });
  for (let n = 1; n <= 10; n++) void write(sink, n); // at once, or by the fake
  expect([started, fake.given.length]).toEqual([1, 10]);
  sink.close?.();
  expect(fake.closed()).toBe(1);
});

it("where no thread can be started it is tried once, and all is written without it", () => {
  let asked = 0;
  const none = () => {
    asked++;
    return undefined;
  };
  const sink = sinkInto(folder, { scribe: none, isTime: () => true });
  for (let n = 1; n <= 10; n++) void write(sink, n); // at once, or by the fake
  expect(asked).toBe(1);
  expect(filesIn(folder)).toHaveLength(10);
});

it("a real one writes what it takes at once, and what has to wait for that", async () => {
  const sink = sinkInto(folder, { scribe: () => writerThread(), isTime: () => true });
  const later: Thenable<unknown>[] = [];
  for (let n = 1; n <= 3000; n++) {
    const written = write(sink, n);
    later.push("then" in written ? written : storingOf(written));
  }
  await Promise.all(later);
  expect(filesIn(folder)).toHaveLength(3000);
  for (let n = 1; n <= 3000; n++) {
    expect(readFileSync(join(folder, `${`${n}`.padStart(6, "0")}.html`), "utf8")).toBe(`of ${n}`);
  }
  sink.close?.();
});

describe("what goes to the second thread", () => {
  it("is a body of a name that is nobody else's, written under its part", async () => {
    const fake = fakeScribe();
    const storing = storingOf(write(begun(fake), 7));
    const { part, path, done } = fake.given.at(-1) ?? expect.unreachable();
    expect([part, path]).toEqual([`${folder}/.bulkget/7.part`, `${folder}/000007.html`]);
    done(true, 0.1);
    expect(await storing).toEqual({ bytes: 4, file: "000007.html" });
  });

  it("is written here where the thread could not", async () => {
    const fake = fakeScribe();
    const storing = storingOf(write(begun(fake), 7));
    fake.given.at(-1)?.done(false, 0.1);
    expect(await storing).toEqual({ bytes: 4, file: "000007.html" });
    expect(readFileSync(join(folder, "000007.html"), "utf8")).toBe("of 7");
  });

  it("waits with its slot where the thread has too much to do, in its turn", async () => {
    const fake = fakeScribe(2);
    const sink = begun(fake);
    const [first, second] = [1, 2].map((n) => storingOf(write(sink, n)));
    const [third, fourth] = [3, 4].map((n) => write(sink, n));
    for (const one of [third, fourth]) expect(one).toHaveProperty("then");
    fake.grant(1);
    fake.given[0]?.done(true, 0.1);
    expect(await first).toMatchObject({ file: "000001.html" });
    expect(fake.given.map(({ path }) => path.slice(-11))).toEqual(["000001.html", "000002.html", "000003.html"]);
    fake.grant(1);
    for (const { done } of fake.given.slice(1)) done(true, 0.1);
    fake.given.at(-1)?.done(true, 0.1);
    expect(await Promise.all([second, third, fourth])).toMatchObject([
      { file: "000002.html" },
      { file: "000003.html" },
      { file: "000004.html" },
    ]);
  });

  it("is written here, those that wait as well, where the thread has ended", async () => {
    const fake = fakeScribe(2);
    const sink = begun(fake);
    const under = [1, 2].map((n) => storingOf(write(sink, n)));
    const waiting = [3, 4].map((n) => write(sink, n));
    for (const { done } of [...fake.given]) done(false, 0);
    await Promise.all([...under, ...waiting]);
    expect(write(sink, 5)).toEqual({ bytes: 4, file: "000005.html" });
    for (const n of [1, 2, 3, 4, 5]) expect(readFileSync(join(folder, `00000${n}.html`), "utf8")).toBe(`of ${n}`);
  });

  it("is a failure where neither can write it", async () => {
    const fake = fakeScribe();
    const sink = begun(fake);
    const storing = storingOf(write(sink, 7));
    rmSync(folder, { recursive: true });
    fake.given.at(-1)?.done(false, 0.1);
    expect(await storing).toMatchObject({ error: "write_failed" });
  });

  it("takes the name: another line's file with the same one is refused meanwhile", async () => {
    const fake = fakeScribe();
    const sink = begun(fake);
    const storing = storingOf(write(sink, 7));
    expect(write(sink, 8, "mine", { name: "000007.html" })).toMatchObject({ error: "file_exists" });
    fake.given.at(-1)?.done(true, 0.1);
    await storing;
  });

  it("has its digest, and is not stored at all where the list says another", async () => {
    const fake = fakeScribe();
    const sink = begun(fake, { hash: true });
    const sha256 = createHash("sha256").update("of 7").digest("hex");
    const storing = storingOf(write(sink, 7, "of 7", { sha256 }));
    const taken = fake.given.length;
    expect(write(sink, 8, "of 8", { sha256 })).toMatchObject({ error: "checksum_mismatch" });
    expect(fake.given.length).toBe(taken);
    fake.given.at(-1)?.done(true, 0.1);
    expect(await storing).toEqual({ bytes: 4, file: "000007.html", sha256 });
  });

  it("is nothing over 16 KiB", () => {
    const fake = fakeScribe();
    const sink = begun(fake);
    expect(write(sink, 7, "x".repeat(16_385))).toMatchObject({ bytes: 16_385 });
    expect(fake.given).toEqual([]);
    expect("storing" in write(sink, 8, "x".repeat(16_384))).toBe(true);
  });

  it.each<[string, SinkOptions, object]>([
    ["a file that has to be on the disk", { durable: true }, {}],
    ["a name that the list gives", {}, { name: "mine.html" }],
    ["a name that an earlier run may have given", { empty: false }, {}],
  ])("is not %s", (_, options, over) => {
    const fake = fakeScribe();
    const sink = begun(fake, options);
    const before = fake.given.length;
    expect(write(sink, 7, "of 7", over)).toMatchObject({ bytes: 4 });
    expect(fake.given.length).toBe(before);
  });

  it("is nothing while the disk is slow, which is told by what the thread takes, too", async () => {
    const took: number[] = [];
    let isQuick = true;
    const disk = { now: () => isQuick, took: (ms: number) => void took.push(ms) };
    const fake = fakeScribe();
    const sink = begun(fake, { disk });
    const storing = storingOf(write(sink, 7));
    fake.given.at(-1)?.done(true, 123);
    await storing;
    expect(took.at(-1)).toBe(123);
    isQuick = false;
    const before = fake.given.length;
    await write(sink, 8);
    expect(fake.given.length).toBe(before);
  });
});

it("given up, the thread is stopped, what waits for room is told at once, and the rest not written here either", async () => {
  const one = fakeScribe(2);
  const sink = begun(one);
  const writing = [1, 2].map((n) => storingOf(write(sink, n)));
  const waiting = write(sink, 3);
  sink.abort?.();
  expect(await waiting).toMatchObject({ error: "interrupted" });
  expect(one.stops()).toBe(1);
  for (const { done } of one.given.splice(0)) done(false, 0);
  for (const result of await Promise.all(writing)) expect(result).toMatchObject({ error: "interrupted" });
  expect(filesIn(folder)).toEqual([]);
  expect(sink.isUnsure?.()).toBe(false);
  sink.close?.();
});

it("given up, what the thread is at for too long is told as given up, and nobody can be sure of it", async () => {
  const one = fakeScribe();
  const sink = begun(one);
  const writing = storingOf(write(sink, 1));
  sink.abort?.();
  expect(await writing).toMatchObject({ error: "interrupted" });
  expect(sink.isUnsure?.()).toBe(true);
  sink.close?.();
});
