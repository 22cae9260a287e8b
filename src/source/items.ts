// A source of jobs from an iterable of URLs, pulled one at a time when a slot is free.

import { types } from "node:util";
import { DIGEST_NAMES, type DigestName, invalidDigest, isDigest } from "../core/digest.ts";
import type { Failure } from "../core/failure.ts";
import { isNumber, type Job, type Refuse } from "../core/job.ts";
import type { Source } from "../core/ports.ts";
import { nameWithoutUserinfo } from "../core/url/userinfo.ts";
import { lineNumbers } from "./line-numbers.ts";
import type { OwnLines } from "./own-lines.ts";

/**
 * A URL; or a URL with its file's name, the SHA-256 (hexadecimal) that its body must have, and data that is returned with its
 * outcome.
 */
export type Item<T = unknown> =
  | string
  | URL
  | {
      readonly url: string | URL;
      readonly name?: string | undefined;
      readonly md5?: string | undefined;
      readonly sha1?: string | undefined;
      readonly sha256?: string | undefined;
      readonly sha512?: string | undefined;
      readonly data?: T | undefined;
    };

/** The input of the library: an iterable of items. */
export type Items<I = Item> = Iterable<I> | AsyncIterable<I>;

/**
 * Number of items after which the event loop gets a turn. Items that fail at once or are done settle in microtasks only, which
 * would delay timers and signals until the end of the input.
 */
const MAX_ITEMS_PER_TURN = 64;

/**
 * Numbers the items from 1, in order, and leaves out those of other shards; an invalid item becomes a job that fails. The iterator is closed when `stop` is aborted,
 * even while its `next` is pending.
 */
export function items(from: Items<unknown>, stop?: AbortSignal, refuse?: () => Refuse, own?: OwnLines): Source {
  let jobs = 0;
  let isExhausted = false;
  return {
    [Symbol.asyncIterator]() {
      const values = valuesOf(from, stop);
      const numbers = lineNumbers();
      const refusalOf = refuse?.();
      let place = 0;
      jobs = 0;
      const numbered = (job: Job, at: number): Job => {
        const other = numbers.claim(job.n, at);
        if (other !== undefined) return duplicate(job, at, other);
        const refused = job.refused ?? refusalOf?.(job);
        return refused === undefined ? job : { ...job, refused };
      };
      return {
        async next() {
          if (place % MAX_ITEMS_PER_TURN === MAX_ITEMS_PER_TURN - 1)
            await new Promise((resolve) => setImmediate(resolve));
          for (let next = await values.next(); next.done !== true; next = await values.next()) {
            const job = numbered(jobOf(next.value, ++place), place);
            if (own?.owns(job, place) === false) {
              if (place % MAX_ITEMS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
              continue;
            }
            jobs++;
            return { done: false, value: [job] };
          }
          isExhausted = stop?.aborted !== true;
          return { done: true, value: undefined };
        },
        async return() {
          await values.return();
          return { done: true, value: undefined };
        },
      };
    },
    total() {
      if (isExhausted) return { jobs, exact: true };
      if (!Array.isArray(from)) return undefined;
      return { jobs: Math.round(from.length / (own?.shard.count ?? 1)), exact: own === undefined };
    },
  };
}

function duplicate(job: Job, place: number, other: number): Job {
  const detail = `item ${place} has the number ${job.n}, which is that of item ${other}`;
  return { ...job, line: place, refused: { error: "duplicate_number", detail } };
}

/** Iterates as `for await`, but `return` does not wait for a pending `next`, as an async generator's does (ECMA-262 section 27.6.3). */
function valuesOf(from: Items<unknown>, stop: AbortSignal | undefined) {
  let iterator: Iterator<unknown> | AsyncIterator<unknown> | undefined;
  let isOver = false;
  const finish = () => {
    isOver = true;
    stop?.removeEventListener("abort", onStop);
  };
  const close = async () => {
    if (isOver) return;
    finish();
    await iterator?.return?.();
  };
  const onStop = () => void close().catch(() => {}); // the run is over: an error of its input does not matter

  return {
    return: close,
    async next(): Promise<IteratorResult<unknown, undefined>> {
      if (isOver || stop?.aborted === true) return { done: true, value: undefined };
      let result: IteratorResult<unknown>;
      try {
        if (iterator === undefined) {
          iterator = iteratorOf(from);
          stop?.addEventListener("abort", onStop, { once: true });
        }
        result = await iterator.next();
        if (typeof result !== "object" || result === null) throw new TypeError("the input's next() returned no object");
      } catch (error) {
        finish();
        throw error;
      }
      if (result.done === true) finish();
      if (result.done === true || isOver) return { done: true, value: undefined };
      const { value } = result;
      if (!types.isPromise(value)) return { done: false, value }; // an object that only resembles a promise may never settle
      try {
        return { done: false, value: await value };
      } catch (error) {
        onStop();
        throw error;
      }
    },
  };
}

function iteratorOf(from: Items<unknown>): Iterator<unknown> | AsyncIterator<unknown> {
  const iterable = from as Partial<Iterable<unknown> & AsyncIterable<unknown>>;
  const iterator = iterable[Symbol.asyncIterator]?.() ?? iterable[Symbol.iterator]?.();
  if (typeof iterator === "object" && iterator !== null) return iterator;
  throw new TypeError("the input is no iterable: its iterator is no object");
}

/** Makes a job of any item. Never throws. */
function jobOf(item: unknown, n: number): Job {
  if (typeof item === "string") return { n, url: item };
  try {
    const href = hrefOf(item);
    if (href !== undefined) return { n, url: href };
    if (typeof item !== "object" || item === null) return { n, url: labelOf(item), refused: INVALID_ITEM };
    return jobOfParts(item, n);
  } catch {
    return { n, url: "[object]", refused: invalid("it cannot be read: a getter of it throws") };
  }
}

const MAX_LABEL_CHARS = 100;
const INVALID_ITEM = invalid("an item is a URL, or { url, name, sha256, data }");

function invalid(detail: string): Failure {
  return { error: "invalid_url", detail };
}

function jobOfParts(item: { readonly [K in "url" | "name" | "data" | DigestName]?: unknown }, n: number): Job {
  const { url: given, name, data } = item;
  const digests = DIGEST_NAMES.map((digest) => [digest, item[digest]] as const).filter(
    ([, value]) => value !== undefined,
  );
  const wrong = digests.find(([digest, value]) => typeof value !== "string" || !isDigest(digest, value.toLowerCase()));
  const url = typeof given === "string" ? given : hrefOf(given);
  const job: { -readonly [K in keyof Job]: Job[K] } = { n, url: url ?? labelOf(given === undefined ? item : given) };
  if (data !== undefined) job.data = data;
  if (url === undefined) job.refused = INVALID_ITEM;
  else if (name !== undefined && typeof name !== "string") job.refused = invalid("its name is no string");
  else if (wrong !== undefined) job.refused = invalidDigest(wrong[0]);
  else {
    for (const [digest, value] of digests) job[digest] = String(value).toLowerCase();
    if (name === undefined || name === "") return job;
    if (isNumber(name)) job.n = Number(name);
    job.name = nameWithoutUserinfo(name);
  }
  return job;
}

/** Returns the text of a URL object, also of another implementation; undefined for another value. */
function hrefOf(value: unknown): string | undefined {
  if (value instanceof URL) return value.href;
  if (typeof value !== "object" || value === null || tagOf(value) !== "[object URL]") return undefined;
  const { href } = value as { readonly href?: unknown };
  return typeof href === "string" ? href : undefined;
}

/** Returns the text that a record has in place of a URL. */
function labelOf(value: unknown): string {
  if (typeof value === "function") return "[function]";
  return (typeof value === "object" && value !== null ? tagOf(value) : String(value)).slice(0, MAX_LABEL_CHARS);
}

function tagOf(value: object): string {
  return Object.prototype.toString.call(value);
}
