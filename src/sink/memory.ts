// Bodies are handed over instead of stored: for programs that use them at once.

import { isFailure } from "../core/failure.ts";
import type { Sink } from "../core/ports.ts";

/** A sink that keeps each body only until its outcome is taken. */
export function memory(): Sink {
  return {
    async write(_job, _target, { body }) {
      const pieces: Uint8Array[] = [];
      if ("next" in body) {
        for (let batch = await body.next(); batch !== undefined; batch = await body.next()) {
          if (isFailure(batch)) return batch;
          pieces.push(...batch);
        }
      } else pieces.push(...body);
      // A copy of its own: small Buffers share memory with others.
      const whole = new Uint8Array(Buffer.concat(pieces));
      return { bytes: whole.length, body: whole };
    },
  };
}
