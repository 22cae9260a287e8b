// Answers with whole or streamed bodies for tests of sinks, and a sink into a folder.
import { readdirSync } from "node:fs";
import type { Failure } from "../../src/core/failure.ts";
import type { Job } from "../../src/core/job.ts";
import type { Answer, BodyStream, Sink, Stored } from "../../src/core/ports.ts";
import { type DirectoryOptions, directory } from "../../src/sink/directory/directory.ts";
import { partialFiles } from "../../src/sink/files/partial-files.ts";
import { prepareFolder } from "../../src/sink/folder/output-folder.ts";
import { fileNames } from "../../src/sink/names/file-names.ts";

export const JOB: Job = { n: 1, url: "http://example.org/a.html" };
export const TARGET = new URL(JOB.url);

export const text = (content: string): Uint8Array => Buffer.from(content);

export function answer(body: Answer["body"], over: Partial<Answer> = {}): Answer {
  return { status: 200, lengthVerified: true, ttfbMs: 1, body, ...over };
}

export interface FakeStream extends BodyStream {
  readonly cancelled: () => number;
}

/** A stream of batches of pieces that ends with a failure or normally; `before` is called before each batch. */
export function bodyOf(
  batches: readonly (readonly Uint8Array[])[],
  failure?: Failure,
  before: (index: number) => unknown = () => {},
): FakeStream {
  let index = 0;
  let cancelled = 0;
  return {
    async next() {
      await before(index);
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

/** A stream with `pour`, which overwrites each piece after the callback, as the read buffer is. Other pieces are left for `next`. */
export function pouredOf(pieces: readonly Uint8Array[], failure?: Failure): FakeStream {
  const left = [...pieces];
  const rest = bodyOf([], failure);
  return {
    ...rest,
    next: async () => (left.length > 0 ? left.splice(0) : rest.next()),
    async pour(take) {
      for (let piece = left.shift(); piece !== undefined; piece = left.shift()) {
        const shared = Buffer.from(piece);
        const goesOn = take(shared);
        shared.fill("#");
        if (!goesOn) return;
        await Promise.resolve();
      }
    },
  };
}

export interface SinkOptions extends Partial<Omit<DirectoryOptions, "folder" | "names" | "parts">> {
  readonly template?: string;
}

/** A disk that is always fast: the real one is slow while other tests run. */
const QUICK = { isFast: () => true, record: () => {} };

/** A sink into a folder that counts as empty, as for a new run. */
export function sinkInto(folder: string, { template = "{n:6}{ext}", ...options }: SinkOptions = {}): Sink {
  const { state } = prepareFolder(folder);
  const defaults = { empty: true, hash: false, durable: false, checkSpace: () => undefined, disk: QUICK };
  return directory({ folder, names: fileNames(template), parts: partialFiles(state), ...defaults, ...options });
}

export type Store = (body: Answer["body"], over?: Partial<Job>) => Promise<Stored | Failure>;

/** Stores bodies of `JOB`, or of jobs that differ from it. */
export function storeInto(folder: string, options: SinkOptions = {}): Store {
  const sink = sinkInto(folder, options);
  return async (body, over = {}) => {
    const stored = await sink.write({ ...JOB, ...over }, TARGET, answer(body));
    return "storing" in stored ? stored.storing : stored;
  };
}

/** All paths below a folder, sorted, without the state folder itself but with its files. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file !== ".bulkget")
    .sort();
}
