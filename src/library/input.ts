// The input of the library: an iterable of URLs or the path of a list; refuses anything else at the call.

import { ownLinesFor, type ShardOptions } from "../app/list-shard.ts";
import { OptionError } from "../core/errors.ts";
import type { Job, Refuse } from "../core/job.ts";
import type { Source } from "../core/ports.ts";
import { reading } from "../options/check.ts";
import { shown, tagOf } from "../options/shown.ts";
import { type Items, items } from "../source/items.ts";
import { type Lists, type ListsOptions, lists } from "../source/lists.ts";
import type { ListOptions } from "./list-options.ts";

export interface Input {
  /** The path, if the input is a list file. */
  readonly list?: string;
  /** Whether it can be read twice. */
  readonly isRereadable: boolean;
  /** The source is closed when `stop` aborts. */
  read(stop: AbortSignal, refuse?: () => Refuse): Source & Partial<Lists>;
}

/** `fetch`: fetches a URL, whole, for a list that names others. Throws an OptionError. */
export function inputOf(
  input: unknown,
  options: ListOptions & ShardOptions = {},
  fetch?: ListsOptions["fetch"],
): Input {
  const ownOf = ownLinesFor(options);
  if (typeof input === "string") {
    const read: Input["read"] = (stop, refuse) =>
      lists([input], {
        ...{ stdin: () => process.stdin, stop, allowEmpty: true, refuse },
        ...{ inputFormat: options.inputFormat, table: options, fetch, ownOf },
      });
    return input === "-" ? { isRereadable: false, read } : { list: input, isRereadable: true, read };
  }
  return reading("input", () => {
    if (!isIterable(input)) throw new OptionError(`${shown(input)} is not ${WANTED}${hintFor(input)}`, "input");
    return { isRereadable: Array.isArray(input), read: (stop, refuse) => items(input, stop, refuse, ownOf?.("")) };
  });
}

/** The jobs of `source`. Throws at the end if `stop` aborted, because a part of the list must not count as the whole list. */
export function unlessCut(source: Source, stop: AbortSignal): Source {
  async function* batches(): AsyncGenerator<readonly Job[]> {
    yield* source;
    stop.throwIfAborted();
  }
  return { [Symbol.asyncIterator]: batches, total: () => source.total() };
}

const WANTED = "an iterable or async iterable of URLs, or the path of a list";

/** Refuses String objects and typed arrays, which are iterable. */
function isIterable(input: unknown): input is Items<unknown> {
  if (typeof input !== "object" || input === null || ArrayBuffer.isView(input) || tagOf(input) === "String")
    return false;
  const { [Symbol.asyncIterator]: asyncIterator, [Symbol.iterator]: iterator } = input as {
    readonly [Symbol.iterator]?: unknown;
    readonly [Symbol.asyncIterator]?: unknown;
  };
  return typeof (asyncIterator ?? iterator) === "function";
}

function hintFor(input: unknown): string {
  if (typeof input === "function") return ": call it";
  if (typeof input !== "object" || input === null) return "";
  return { URL: ": for one URL, [url]", Promise: ": await it first" }[tagOf(input)] ?? "";
}
