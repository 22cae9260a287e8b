// Reads the first batch of a list ahead, to check that it is a list before anything else is done.

import type { Job } from "../core/job.ts";
import type { Source } from "../core/ports.ts";

/** Reads the first batch. The returned source has all batches, including it. Rejects if reading fails. */
export async function readAhead(source: Source): Promise<Source> {
  const batches = source[Symbol.asyncIterator]();
  const first = await batches.next();
  return {
    total: () => source.total(),
    get doneEarlier() {
      return source.doneEarlier;
    },
    keepPages: source.keepPages,
    async *[Symbol.asyncIterator](): AsyncGenerator<readonly Job[]> {
      try {
        for (let next = first; next.done !== true; next = await batches.next()) yield next.value;
      } finally {
        await batches.return?.();
      }
    },
  };
}
