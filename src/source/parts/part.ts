// The source of a part of a list: a range of bytes of its file, or jobs that were sent along.

import { createReadStream, statSync } from "node:fs";
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
  readonly path: string;
  /** The length that the list had when it was split. */
  readonly listBytes: number;
  readonly fromBytes: number;
  readonly toBytes: number;
  /** The number of its first line, from 1. */
  readonly firstLine: number;
}

interface PartOptions {
  readonly refuse: Refuse;
  /** Called with each job that has a name or a number of its own. */
  readonly onNamed: () => void;
}

/** Reads the jobs of a range. Throws a ListError for a list that is missing, or that has changed since it was split. */
export function rangeSource(range: Range, options: PartOptions): Source {
  const { path, listBytes, fromBytes, toBytes, firstLine } = range;
  async function* batches(): AsyncGenerator<readonly Job[]> {
    const offset = firstLine - 1;
    const numbers = lineNumbers();
    const claim = (n: number, place: number) => {
      const other = numbers.claim(n, place);
      return other === undefined ? undefined : `line ${place} has the number ${n}, which is that of line ${other}`;
    };
    const splitter = lineSplitter({ offset, claim });
    try {
      if (statSync(path).size !== listBytes) throw new Error(CHANGED);
      const stream = createReadStream(path, { start: fromBytes, end: toBytes - 1 });
      for await (const bytes of toUtf8(stream, "UTF-8")) yield* checked(splitter.push(bytes), options);
      if (stream.bytesRead !== toBytes - fromBytes) throw new Error(CHANGED);
    } catch (error) {
      throw new ListError(`${path}: the list cannot be read: ${reason(error)}`, { cause: error });
    }
    yield* checked(splitter.end(), options);
  }
  return { [Symbol.asyncIterator]: batches, total: () => undefined };
}

const CHANGED = "it has changed since it was enqueued: enqueue it into another folder";

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
