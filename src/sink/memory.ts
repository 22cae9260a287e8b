// The output that keeps bodies in memory, for programs that use them at once.

import { type Failure, isFailure } from "../core/failure.ts";
import type { Sink } from "../core/ports.ts";
import { bodyDigest, mismatchOf } from "../fs/body-digest.ts";
import { lengthOf } from "../fs/write-all.ts";

/** A sink that returns each body with its outcome. `hash`: computes the digest of every body. */
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
      const whole = concatenated(pieces);
      free?.();
      if (isFailure(whole)) return whole;
      const digest = bodyDigest(job, hash);
      digest?.update(whole);
      const digests = digest?.result();
      return mismatchOf(job, digests) ?? { bytes: whole.length, body: whole, ...digests };
    },
    close() {},
  };
}

/** A copy with memory of its own: small Buffers share a pool (Buffer.poolSize). */
function concatenated(pieces: readonly Uint8Array[]): Uint8Array | Failure {
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
