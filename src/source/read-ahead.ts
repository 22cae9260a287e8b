// Reads the first lines of a list ahead, where it has to be known for one before anything is done.

import type { Job } from "../core/job.ts";
import type { Source } from "../core/ports.ts";

/** Waits for the first lines; the source that is returned has them all. Rejects as the reading of them does. */
export async function readAhead(source: Source): Promise<Source> {
  const batches = source[Symbol.asyncIterator]();
  const first = await batches.next();
  return {
    total: () => source.total(),
    async *[Symbol.asyncIterator](): AsyncGenerator<readonly Job[]> {
      try {
        for (let next = first; next.done !== true; next = await batches.next()) yield next.value;
      } finally {
        await batches.return?.();
      }
    },
  };
}
