// A sink with a writer thread: it is started when bodies arrive fast, and what it cannot write, the main thread writes.
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Failure } from "../../../src/core/failure.ts";
import type { Sink, Stored } from "../../../src/core/ports.ts";
import type { Thenable } from "../../../src/core/structures/deferred.ts";
import { arrivalRateCheck } from "../../../src/sink/directory/write-behind.ts";
import { type OnWritten, type WriterThread, writerThread } from "../../../src/sink/directory/writer-thread.ts";
import { answer, filesIn, JOB, type SinkOptions, sinkInto, TARGET, text } from "../bodies.ts";

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "bulkget-aside-")), "downloads");
});
afterEach(() => rmSync(join(folder, ".."), { recursive: true }));

interface FakeThread extends WriterThread {
  readonly given: { readonly part: string; readonly path: string; readonly done: OnWritten }[];
  readonly closed: () => number;
  readonly stops: () => number;
  /** Accepts this many more. */
  grant(more: number): void;
}

/** Accepts this many bodies in all, and writes none. */
function fakeThread(atFirst = Number.POSITIVE_INFINITY): FakeThread {
  let most = atFirst;
  const given: FakeThread["given"] = [];
  let closed = 0;
  let stops = 0;
  return {
    given,
    enqueue(part, path, _pieces, done) {
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

/** A sink whose bodies arrive fast. */
const begun = (one: WriterThread, options: SinkOptions = {}) =>
  sinkInto(folder, { startThread: () => one, isTime: () => true, ...options });

/** The result of a body that the thread writes. */
async function storingOf(written: ReturnType<Sink["write"]>): Promise<Stored | Failure> {
  if (!("storing" in written)) return expect.unreachable();
  return written.storing;
}

it("the writer thread is started after 300 bodies within half a second, and not after fewer or slower ones", () => {
  const isTime = arrivalRateCheck();
  const times = Array.from({ length: 900 }, (_, i) => i * 2).filter(isTime);
  expect(times).toEqual([]); // 300 in 0.6 s
  const isNow = arrivalRateCheck();
  expect(
    Array.from({ length: 900 }, (_, i) => i * 1.5)
      .map(isNow)
      .indexOf(true),
  ).toBe(599); // the start of the first 300 is unknown
});

it("one writer thread is started, and it ends with the sink", () => {
  let started = 0;
  const fake = fakeThread();
  const start = () => {
    started++;
    return fake;
  };
  const sink = sinkInto(folder, { startThread: start, isTime: (nowMs) => nowMs > 0 });
  for (let n = 1; n <= 10; n++) void write(sink, n); // by the main thread or the fake
  expect([started, fake.given.length]).toEqual([1, 10]);
  sink.close?.();
  expect(fake.closed()).toBe(1);
});

it("a writer thread that cannot be started is tried once, and all bodies are written without it", () => {
  let asked = 0;
  const none = () => {
    asked++;
    return undefined;
  };
  const sink = sinkInto(folder, { startThread: none, isTime: () => true });
  for (let n = 1; n <= 10; n++) void write(sink, n); // by the main thread or the fake
  expect(asked).toBe(1);
  expect(filesIn(folder)).toHaveLength(10);
});

it("a real writer thread writes 3,000 bodies, more than fit into its queue", async () => {
  const sink = sinkInto(folder, { startThread: () => writerThread(), isTime: () => true });
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

describe("a body for the writer thread", () => {
  it("is written as its part and renamed to its final name", async () => {
    const fake = fakeThread();
    const storing = storingOf(write(begun(fake), 7));
    const { part, path, done } = fake.given.at(-1) ?? expect.unreachable();
    expect([part, path]).toEqual([`${folder}/.bulkget/7.part`, `${folder}/000007.html`]);
    done(true, 0.1);
    expect(await storing).toEqual({ bytes: 4, file: "000007.html" });
  });

  it("is written under its name at once in an attempt of a fleet, whose files are moved later", async () => {
    const fake = fakeThread();
    const storing = storingOf(write(begun(fake, { isPrivate: true }), 7));
    const { part, path, done } = fake.given.at(-1) ?? expect.unreachable();
    expect([part, path]).toEqual([`${folder}/000007.html`, `${folder}/000007.html`]);
    done(true, 0.1);
    expect(await storing).toEqual({ bytes: 4, file: "000007.html" });
  });

  it("is written in the main thread where the thread could not write it", async () => {
    const fake = fakeThread();
    const storing = storingOf(write(begun(fake), 7));
    fake.given.at(-1)?.done(false, 0.1);
    expect(await storing).toEqual({ bytes: 4, file: "000007.html" });
    expect(readFileSync(join(folder, "000007.html"), "utf8")).toBe("of 7");
  });

  it("keeps its slot and its turn while the queue is full", async () => {
    const fake = fakeThread(2);
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

  it("is written in the main thread, with all queued ones, when the thread has ended", async () => {
    const fake = fakeThread(2);
    const sink = begun(fake);
    const under = [1, 2].map((n) => storingOf(write(sink, n)));
    const waiting = [3, 4].map((n) => write(sink, n));
    for (const { done } of [...fake.given]) done(false, 0);
    await Promise.all([...under, ...waiting]);
    expect(write(sink, 5)).toEqual({ bytes: 4, file: "000005.html" });
    for (const n of [1, 2, 3, 4, 5]) expect(readFileSync(join(folder, `00000${n}.html`), "utf8")).toBe(`of ${n}`);
  });

  it("is a failure where neither thread can write it", async () => {
    const fake = fakeThread();
    const sink = begun(fake);
    const storing = storingOf(write(sink, 7));
    rmSync(folder, { recursive: true });
    fake.given.at(-1)?.done(false, 0.1);
    expect(await storing).toMatchObject({ error: "write_failed" });
  });

  it("reserves its name: another line is refused meanwhile", async () => {
    const fake = fakeThread();
    const sink = begun(fake);
    const storing = storingOf(write(sink, 7));
    expect(write(sink, 8, "mine", { name: "000007.html" })).toMatchObject({ error: "file_exists" });
    fake.given.at(-1)?.done(true, 0.1);
    await storing;
  });

  it("has its digest, and is not stored where the list requires another one", async () => {
    const fake = fakeThread();
    const sink = begun(fake, { hash: true });
    const sha256 = createHash("sha256").update("of 7").digest("hex");
    const storing = storingOf(write(sink, 7, "of 7", { sha256 }));
    const taken = fake.given.length;
    expect(write(sink, 8, "of 8", { sha256 })).toMatchObject({ error: "checksum_mismatch" });
    expect(fake.given.length).toBe(taken);
    fake.given.at(-1)?.done(true, 0.1);
    expect(await storing).toEqual({ bytes: 4, file: "000007.html", sha256 });
  });

  it("has at most 16 KiB", () => {
    const fake = fakeThread();
    const sink = begun(fake);
    expect(write(sink, 7, "x".repeat(16_385))).toMatchObject({ bytes: 16_385 });
    expect(fake.given).toEqual([]);
    expect("storing" in write(sink, 8, "x".repeat(16_384))).toBe(true);
  });

  it.each<[string, SinkOptions, object]>([
    ["a file that must be synced", { durable: true }, {}],
    ["a name from the list", {}, { name: "mine.html" }],
    ["a name that a file of an earlier run may have", { empty: false }, {}],
  ])("never has %s", (_, options, over) => {
    const fake = fakeThread();
    const sink = begun(fake, options);
    const before = fake.given.length;
    expect(write(sink, 7, "of 7", over)).toMatchObject({ bytes: 4 });
    expect(fake.given.length).toBe(before);
  });

  it("is written otherwise while the disk is slow, by the latency of the thread's writes as well", async () => {
    const took: number[] = [];
    let isQuick = true;
    const disk = { isFast: () => isQuick, record: (ms: number) => void took.push(ms) };
    const fake = fakeThread();
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

it("abort stops the writer thread, ends queued bodies at once, and writes the rest nowhere", async () => {
  const one = fakeThread(2);
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

it("abort abandons a write of the thread after the grace period, and the sink is unsure", async () => {
  const one = fakeThread();
  const sink = begun(one);
  const writing = storingOf(write(sink, 1));
  sink.abort?.();
  expect(await writing).toMatchObject({ error: "interrupted" });
  expect(sink.isUnsure?.()).toBe(true);
  sink.close?.();
});
