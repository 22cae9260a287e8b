// Records in a stream: backpressure, an early end without an error by EPIPE, and other errors.
import { PassThrough, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { serializeOutcome } from "../../src/core/serialize-outcome.ts";
import { jsonl } from "../../src/report/formats/jsonl.ts";
import { textStream } from "../../src/report/text-output.ts";
import { failed, saved } from "../core/outcomes.ts";
import { quiet, watched } from "../core/pool.ts";
import { viewOf } from "./view.ts";

const VIEW = viewOf([]);
/** The records of outcomes, written to a stream. */
const streamed = (stream: Writable, late: AbortSignal) => jsonl.reporter(textStream(stream, late));

const NEVER = new AbortController().signal;

/** A stream that accepts one record at a time, when the test calls for it. */
function slow() {
  const got: string[] = [];
  let taken: ((error?: Error) => void) | undefined;
  const stream = new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _encoding, done) {
      got.push(chunk.toString());
      taken = done;
    },
  });
  return { stream, got, take: (error?: Error) => taken?.(error) };
}

function coded(code: string): Error {
  return Object.assign(new Error(`write ${code}`), { code });
}

describe("a stream of records", () => {
  it("has one per outcome except interrupted ones, and is not ended", async () => {
    const stream = new PassThrough();
    const reporter = streamed(stream, NEVER);
    const [one, two] = [saved({ n: 1 }), failed({ n: 2 })];
    for (const outcome of [one, failed({ error: "interrupted" }), two])
      expect(reporter.outcome(outcome)).toBeUndefined();
    await reporter.end?.(VIEW);
    const chunks: unknown[] = []; // Node 26 returns one for each call
    for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) chunks.push(chunk);
    expect(chunks.join("")).toBe(serializeOutcome(one) + serializeOutcome(two));
    expect(stream.writableEnded).toBe(false);
  });

  it("that is full delays every writer until it has drained", async () => {
    const { stream, got, take } = slow();
    const reporter = streamed(stream, NEVER);
    const events = ["drain", "close", "error"];
    const before = events.map((event) => stream.listenerCount(event));
    const states = [1, 2].map((n) => watched(Promise.resolve(reporter.outcome(saved({ n })))));
    await quiet();
    expect(states.map((state) => state())).toEqual(["pending", "pending"]);
    take();
    await quiet();
    take();
    await quiet();
    expect(states.map((state) => state())).toEqual(["resolved", "resolved"]);
    expect(got).toHaveLength(2);
    expect(events.map((event) => stream.listenerCount(event))).toEqual(before);
  });

  it("is drained before `end` resolves", async () => {
    const { stream, take } = slow();
    const reporter = streamed(stream, NEVER);
    void reporter.outcome(saved());
    const state = watched(Promise.resolve(reporter.end?.(VIEW)));
    await quiet();
    expect(state()).toBe("pending");
    take();
    await quiet();
    expect(state()).toBe("resolved");
  });
});

describe("a stream whose reader has closed it", () => {
  it("ends the report without an error: writers continue, and nothing more is written", async () => {
    const { stream, got, take } = slow();
    const reporter = streamed(stream, NEVER);
    const waiting = reporter.outcome(saved({ n: 1 }));
    take(coded("EPIPE"));
    await waiting;
    expect(reporter.outcome(saved({ n: 2 }))).toBeUndefined();
    await reporter.end?.(VIEW);
    expect(got).toHaveLength(1);
  });

  it("without an error event ends the report as well", async () => {
    const stream = new PassThrough({ highWaterMark: 1 });
    const reporter = streamed(stream, NEVER);
    stream.destroy();
    await quiet();
    const states = [reporter.outcome(saved()), reporter.end?.(VIEW)].map((one) => watched(Promise.resolve(one)));
    await quiet();
    expect(states.map((state) => state())).toEqual(["resolved", "resolved"]);
  });
});

describe("a stream whose reader does not read", () => {
  it("delays writers only until `late` aborts: then they continue, and the report fails", async () => {
    const { stream } = slow();
    const late = new AbortController();
    const reporter = streamed(stream, late.signal);
    const state = watched(Promise.resolve(reporter.outcome(saved({ n: 1 }))));
    await quiet();
    expect(state()).toBe("pending");
    late.abort();
    await quiet();
    expect(state()).toBe("resolved");
    expect(() => reporter.outcome(saved({ n: 2 }))).toThrow("nobody reads it");
  });

  it("does not delay the end after `late` has aborted", async () => {
    const { stream } = slow();
    const reporter = streamed(stream, AbortSignal.abort());
    await reporter.outcome(saved());
    await expect(reporter.end?.(VIEW)).rejects.toThrow("nobody reads it");
  });
});

describe("any other error of a stream", () => {
  it("is thrown by the next write and by the end", async () => {
    const { stream, take } = slow();
    const reporter = streamed(stream, NEVER);
    const waiting = reporter.outcome(saved());
    take(coded("ENOSPC"));
    await waiting;
    expect(() => reporter.outcome(saved())).toThrow("write ENOSPC");
    await expect(reporter.end?.(VIEW)).rejects.toThrow("write ENOSPC");
  });
});
