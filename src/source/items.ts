// An iterable of URLs as a source: pulled one at a time, only when a slot is free.

import { isNumber, type Job } from "../core/job.ts";
import type { Source } from "../core/ports.ts";
import { numbers } from "./numbers.ts";

/** A URL, or one with the name its file is to have, and the SHA-256 (hexadecimal) that its body must have. */
export type Item = string | URL | { readonly url: string | URL; readonly name?: string; readonly sha256?: string };

/** Numbers the items from 1, in order. */
export function items(from: Iterable<Item> | AsyncIterable<Item>): Source {
  let jobs = 0;
  let done = false;

  async function* batches(): AsyncGenerator<readonly Job[]> {
    const taken = numbers();
    let place = 0;
    for await (const item of from) {
      const job = jobOf(item, ++place);
      const other = taken.take(job.n, place);
      jobs = place;
      yield [other === undefined ? job : refused(job, place, other)];
    }
    done = true;
  }
  return {
    [Symbol.asyncIterator]: batches,
    total() {
      if (done) return { jobs, exact: true };
      return Array.isArray(from) ? { jobs: from.length, exact: true } : undefined;
    },
  };
}

function refused(job: Job, place: number, other: number): Job {
  const detail = `item ${place} has the number ${job.n}, which is that of item ${other}`;
  return { ...job, line: place, refused: { error: "duplicate_number", detail } };
}

function jobOf(item: Item, n: number): Job {
  if (typeof item === "string") return { n, url: item };
  if (item instanceof URL) return { n, url: item.href };
  const { url, name, sha256 } = item;
  const digest = sha256 === undefined ? {} : { sha256: sha256.toLowerCase() };
  if (name === undefined) return { n, url: String(url), ...digest };
  return { n: isNumber(name) ? Number(name) : n, url: String(url), name, ...digest };
}
