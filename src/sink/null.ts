// The output that discards bodies, for measuring throughput without a disk.

import { isFailure } from "../core/failure.ts";
import type { Sink } from "../core/ports.ts";

/** A sink that counts bytes. */
export function nullSink(): Sink {
  return {
    async write(_job, _target, { body }) {
      let bytes = 0;
      const add = (pieces: readonly Uint8Array[]) => {
        for (const piece of pieces) bytes += piece.length;
      };
      if ("next" in body) {
        for (let batch = await body.next(); batch !== undefined; batch = await body.next()) {
          if (isFailure(batch)) return batch;
          add(batch);
        }
      } else add(body);
      return { bytes };
    },
    close() {},
  };
}
