// The source of a part of a list: a range of bytes of its file, or jobs that were sent along.

import { createReadStream, statSync } from "node:fs";
import { crc32 } from "node:zlib";
import { ListError } from "../../core/errors.ts";
import type { Job, Refuse } from "../../core/job.ts";
import type { Source } from "../../core/ports.ts";
import { toUtf8 } from "../formats/encoding.ts";
import { lineSplitter } from "../formats/line-splitter.ts";
import { lineNumbers } from "../line-numbers.ts";
import { reason } from "../open-list.ts";
import { refuseIn } from "../refuse-jobs.ts";

/** A range of bytes of a list, which begins and ends with a line. */
export interface Range {
  /** Its path, or its URL. */
  readonly path: string;
  /** The strong ETag of a list on the web. */
  readonly etag?: string | undefined;
  /** The length that the list had when it was split. */
  readonly listBytes: number;
  readonly fromBytes: number;
  readonly toBytes: number;
  /** CRC-32 of its bytes. */
  readonly crc: number;
  /** The number of its first line, from 1. */
  readonly firstLine: number;
}

/** Why a part is not what it was. */
export const LIST_HAS_CHANGED = "it has changed since it was enqueued: enqueue it into another folder";

interface PartOptions {
  readonly refuse: Refuse;
  /** Called with each job that has a name or a number of its own. */
  readonly onNamed: () => void;
}

/**
 * Reads the jobs of a range. Throws a ListError for a list that is missing, or that has changed since it was split. `bytesOf`: reads
 * its bytes, and throws an error with the reason.
 */
export function rangeSource(range: Range, options: PartOptions, bytesOf = bytesOfFile): Source {
  const { path, fromBytes, toBytes, firstLine, crc } = range;
  async function* batches(): AsyncGenerator<readonly Job[]> {
    const offset = firstLine - 1;
    const numbers = lineNumbers();
    const claim = (n: number, place: number) => {
      const other = numbers.claim(n, place);
      return other === undefined ? undefined : `line ${place} has the number ${n}, which is that of line ${other}`;
    };
    const splitter = lineSplitter({ offset, claim });
    try {
      let left = toBytes - fromBytes;
      let crcRead = 0;
      async function* counted(): AsyncGenerator<Buffer> {
        for await (const bytes of bytesOf(range)) {
          left -= bytes.length;
          crcRead = crc32(bytes, crcRead);
          yield bytes;
        }
      }
      for await (const bytes of toUtf8(counted(), "UTF-8")) yield* checked(splitter.push(bytes), options);
      if (left !== 0 || crcRead !== crc) throw new Error(LIST_HAS_CHANGED);
    } catch (error) {
      throw new ListError(`${path}: the list cannot be read: ${reason(error)}`, { cause: error });
    }
    yield* checked(splitter.end(), options);
  }
  return { [Symbol.asyncIterator]: batches, total: () => undefined };
}

/** The bytes of a range of a file. Throws for a file that is missing, or has another length than it had. */
function bytesOfFile({ path, listBytes, fromBytes, toBytes }: Range): AsyncIterable<Buffer> {
  if (statSync(path).size !== listBytes) throw new Error(LIST_HAS_CHANGED);
  return createReadStream(path, { start: fromBytes, end: toBytes - 1 });
}

/** The jobs of a part that has no file. */
export function jobSource(jobs: readonly Job[], options: PartOptions): Source {
  async function* batches(): AsyncGenerator<readonly Job[]> {
    yield* checked([...jobs], options);
  }
  return { [Symbol.asyncIterator]: batches, total: () => ({ jobs: jobs.length, exact: true }) };
}

function* checked(jobs: Job[], { refuse, onNamed }: PartOptions): Generator<readonly Job[]> {
  if (jobs.length === 0) return;
  refuseIn(jobs, refuse);
  if (jobs.some(({ name, numbered }) => name !== undefined || numbered === true)) onNamed();
  yield jobs;
}
