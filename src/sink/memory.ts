// Bodies are handed over instead of stored: for programs that use them at once.

import { createHash } from "node:crypto";
import { type Failure, isFailure } from "../core/failure.ts";
import type { Sink } from "../core/ports.ts";
import { lengthOf } from "../fs/write-all.ts";
import { mismatchOf } from "./directory/commit.ts";

/** A sink that keeps each body only until its outcome is taken; `hash`: with the digest of every one. */
export function memorySink({ hash = false } = {}): Sink {
  return {
    async write(job, _target, { body, free }) {
      const pieces: Uint8Array[] = [];
      if ("next" in body) {
        for (let batch = await body.next(); batch !== undefined; batch = await body.next()) {
          if (isFailure(batch)) return batch;
          for (const piece of batch) pieces.push(piece);
        }
      } else for (const piece of body) pieces.push(piece);
      const whole = inOne(pieces);
      free?.();
      if (isFailure(whole)) return whole;
      const isWanted = hash || job.sha256 !== undefined;
      const sha256 = isWanted ? createHash("sha256").update(whole).digest("hex") : undefined;
      const stored = { bytes: whole.length, body: whole };
      return mismatchOf(job, sha256) ?? (sha256 === undefined ? stored : { ...stored, sha256 });
    },
    close() {},
  };
}

/** A copy of its own: small Buffers share memory with others. */
function inOne(pieces: readonly Uint8Array[]): Uint8Array | Failure {
  const bytes = lengthOf(pieces);
  let whole: Uint8Array;
  try {
    whole = new Uint8Array(bytes);
  } catch {
    return { error: "too_large", detail: `no memory for ${bytes} bytes in one piece` };
  }
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
