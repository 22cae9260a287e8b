// Reads one list: gunzips it if needed, refuses files that are not lists, and parses it by its format.

import type { Readable } from "node:stream";
import type { Wording } from "../core/errors.ts";
import type { Job } from "../core/job.ts";
import { gunzipped } from "./compression/gunzip.ts";
import { isZstd, unzstd } from "./compression/unzstd.ts";
import { commandFor, fileTypeOf } from "./file-signature.ts";
import { type FormatContext, UnreadableError } from "./formats/format.ts";
import { formatOf } from "./formats/registry.ts";
import type { OpenedList } from "./open-list.ts";
import { peek } from "./peek.ts";

export interface ReadOptions extends Omit<FormatContext, "head" | "file"> {
  /** The list's path: `-` for standard input. */
  readonly path: string;
  /** Stops reading, also while it waits for bytes. */
  readonly stop: AbortSignal;
  /** Called with the number of bytes of each chunk, as stored. */
  readonly onBytes: (count: number) => void;
  /** The name of the list's format. Default: found by its path and first bytes. */
  readonly inputFormat?: string | undefined;
  /** Called with the name of the format, before the first job. */
  readonly onFormat?: (name: string) => void;
}

/** Returns the jobs of a list in batches, which may be empty. Destroys the stream at the end. Throws an UnreadableError. */
export async function* readList({ stream, check }: OpenedList, options: ReadOptions): AsyncGenerator<Job[]> {
  const { path, stop, onBytes, inputFormat, table } = options;
  const onStop = () => stream.destroy();
  stop.addEventListener("abort", onStop, { once: true });
  try {
    const stored = await peek(counted(stream, onBytes, check));
    const isGzip = stored.head[0] === 0x1f && stored.head[1] === 0x8b; // RFC 1952 section 2.3.1
    const isPacked = isGzip || isZstd(stored.head);
    const { head, all } = isPacked ? await peek((isGzip ? gunzipped : unzstd)(stored.all)) : stored;
    const type = inputFormat === undefined ? fileTypeOf(head) : undefined;
    if (type !== undefined) {
      const command = commandFor(type, path, isGzip);
      const nextIn = ({ listFrom }: Wording) =>
        command === undefined ? "; a list is text, with one URL per line" : ` (${listFrom(command)})`;
      throw new UnreadableError((words) => `it is ${type.noun}${nextIn(words)}`);
    }
    const isWeb = /^https?:\/\//i.test(path);
    const name = isWeb ? path.replace(/[?#].*$/s, "") : path;
    const format = formatOf(isPacked ? name.replace(/\.(?:gz|zst)$/i, "") : name, head, { inputFormat, table });
    options.onFormat?.(format.name);
    yield* format.jobs(all, { ...options, head, file: isPacked || isWeb || path === "-" ? undefined : path });
  } finally {
    stop.removeEventListener("abort", onStop);
    stream.destroy();
  }
}

async function* counted(stream: Readable, onBytes: (count: number) => void, check: () => void): AsyncGenerator<Buffer> {
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    onBytes(chunk.length);
    yield chunk;
  }
  check();
}
