// List files and standard input as one source: streamed, gunzipped where they are gzip, numbered through.

import { accessSync, constants, type Stats, statSync } from "node:fs";
import type { Readable } from "node:stream";
import type { Job } from "../core/job.ts";
import type { Source } from "../core/ports.ts";
import { redacted } from "../core/redact.ts";
import { encodingOf, toUtf8 } from "./encoding.ts";
import { gunzipped } from "./gunzip.ts";
import { numbers } from "./numbers.ts";
import { type Opened, openList, reason } from "./open.ts";
import { peeked } from "./peek.ts";
import { splitter } from "./split.ts";

/** A list that cannot be read: the message names it, the reason and the next step. */
export class ListError extends Error {}

export interface ListsOptions {
  readonly stdin: () => Readable;
  /** Stops the reading, wherever it waits. */
  readonly stop: AbortSignal;
}

interface Progress {
  /** Bytes read from the files, as stored. */
  bytes: number;
  jobs: number;
  done: boolean;
}

/** The lists in turn; `-` is standard input. Throws a ListError at once for one that is not there to be read. */
export function lists(paths: readonly string[], { stdin, stop }: ListsOptions): Source {
  const sizes = paths.map((path) => (path === "-" ? undefined : sizeOf(path)));
  const known = sizes.every((size) => size !== undefined && size > 0);
  const totalBytes = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  const progress: Progress = { bytes: 0, jobs: 0, done: false };

  async function* batches(): AsyncGenerator<readonly Job[]> {
    let offset = 0;
    const taken = numbers();
    /** Where each list begins among the lines of all. */
    const begins: { readonly name: string; readonly offset: number }[] = [];
    const lineAt = (place: number): string => {
      const list = begins.findLast((one) => one.offset < place);
      return paths.length > 1 && list ? `${list.name}:${place - list.offset}` : `line ${place}`;
    };
    const claim = (n: number, place: number): string | undefined => {
      const other = taken.take(n, place);
      return other === undefined
        ? undefined
        : `${lineAt(place)} has the number ${n}, which is that of ${lineAt(other)}`;
    };
    for (const path of paths) {
      const name = path === "-" ? "(stdin)" : path;
      begins.push({ name, offset });
      const split = splitter({ offset, claim, ...(paths.length > 1 ? { list: path } : {}) });
      try {
        const opened = path === "-" ? { stream: stdin(), check() {} } : openList(path);
        for await (const chunk of textOf(opened, stop, progress)) {
          const jobs = split.push(chunk);
          progress.jobs += jobs.length;
          if (jobs.length > 0) yield jobs;
        }
      } catch (error) {
        if (stop.aborted) return;
        throw new ListError(`${name}: cannot be read on, after line ${split.lines()}: ${reason(error)}`);
      }
      const last = split.end();
      progress.jobs += last.length;
      if (last.length > 0) yield last;
      offset += split.lines();
    }
    progress.done = true;
  }

  return {
    [Symbol.asyncIterator]: batches,
    total() {
      if (progress.done) return { jobs: progress.jobs, exact: true };
      if (!known || progress.bytes === 0) return undefined;
      return { jobs: Math.round((progress.jobs / progress.bytes) * totalBytes), exact: false };
    },
  };
}

/** The length of a list in bytes; undefined for one that is no file. Throws for one that cannot be read. */
function sizeOf(path: string): number | undefined {
  let stats: Stats;
  try {
    stats = statSync(path);
    accessSync(path, constants.R_OK);
  } catch (error) {
    const shown = redacted(path);
    const url = /^https?:\/\//i.test(path) ? ` (a URL goes into a list: echo '${shown}' | bulkget -)` : "";
    throw new ListError(`${shown}: the list cannot be read: ${reason(error)}${url}`);
  }
  if (stats.isDirectory()) throw new ListError(`${path}: the list cannot be read: it is a folder`);
  return stats.isFile() ? stats.size : undefined;
}

/** The text of a list as UTF-8, gunzipped if it begins as gzip does (RFC 1952 section 2.3.1). */
async function* textOf({ stream, check }: Opened, stop: AbortSignal, progress: Progress): AsyncGenerator<Buffer> {
  const onStop = () => stream.destroy();
  stop.addEventListener("abort", onStop, { once: true });
  try {
    const stored = await peeked(counted(stream, progress, check));
    const isGzip = stored.head[0] === 0x1f && stored.head[1] === 0x8b;
    const { head, all } = isGzip ? await peeked(gunzipped(stored.all)) : stored;
    yield* toUtf8(all, encodingOf(head));
  } finally {
    stop.removeEventListener("abort", onStop);
    stream.destroy();
  }
}

async function* counted(stream: Readable, progress: Progress, check: () => void): AsyncGenerator<Buffer> {
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    progress.bytes += chunk.length;
    yield chunk;
  }
  check();
}
