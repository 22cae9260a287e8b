// The text of one list as UTF-8: gunzipped where it is gzip, decoded by its first bytes, and refused where it is no text.

import type { Readable } from "node:stream";
import { encodingOf, toUtf8 } from "./encoding.ts";
import { commandFor, formatOf } from "./file-signature.ts";
import { gunzipped } from "./gunzip.ts";
import type { Opened } from "./open-list.ts";
import { peek } from "./peek.ts";

/** It is something else than a list; the message says what, and what makes a list of it. */
export class FormatError extends Error {}

export interface TextOptions {
  /** Where it is: `-` for standard input. */
  readonly path: string;
  /** Stops the reading, wherever it waits. */
  readonly stop: AbortSignal;
  /** Told of bytes read, as stored. */
  readonly onBytes: (count: number) => void;
}

export async function* textOf({ stream, check }: Opened, options: TextOptions): AsyncGenerator<Buffer> {
  const { path, stop, onBytes } = options;
  const onStop = () => stream.destroy();
  stop.addEventListener("abort", onStop, { once: true });
  try {
    const stored = await peek(counted(stream, onBytes, check));
    const isGzip = stored.head[0] === 0x1f && stored.head[1] === 0x8b; // RFC 1952 section 2.3.1
    const { head, all } = isGzip ? await peek(gunzipped(stored.all)) : stored;
    const format = formatOf(head);
    if (format !== undefined) {
      const command = commandFor(format, path, isGzip);
      const next = command === undefined ? "; a list is text, with a URL a line" : ` (${command})`;
      throw new FormatError(`it is ${format.noun}${next}`);
    }
    yield* toUtf8(all, encodingOf(head));
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
