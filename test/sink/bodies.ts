// Answers for tests of sinks: bodies whole or streamed, and whether a stream was let go.
import type { Failure } from "../../src/core/failure.ts";
import type { Job } from "../../src/core/job.ts";
import type { Answer, BodyStream } from "../../src/core/ports.ts";

export const JOB: Job = { n: 1, url: "http://example.org/a.html" };
export const TARGET = new URL(JOB.url);

export function answer(body: Answer["body"]): Answer {
  return { status: 200, lengthVerified: true, ttfbMs: 1, body };
}

export interface FakeStream extends BodyStream {
  readonly cancelled: () => number;
}

/** A stream of batches of pieces, and then a failure or the end; `before` is called before each. */
export function bodyOf(
  batches: readonly (readonly Uint8Array[])[],
  failure?: Failure,
  before: (index: number) => void = () => {},
): FakeStream {
  let index = 0;
  let cancelled = 0;
  return {
    async next() {
      before(index);
      const batch = batches[index];
      index++;
      return batch ?? failure;
    },
    cancel() {
      cancelled++;
    },
    cancelled: () => cancelled,
  };
}
