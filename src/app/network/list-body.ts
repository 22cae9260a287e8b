// The body of a list on the web, piece by piece: whatever ends the reading, its memory and its connection are given back.

import { type Failure, isFailure } from "../../core/failure.ts";
import type { Answer } from "../../core/ports.ts";

/** Yields the pieces, each valid until the next one is asked for; the last may be why the body ended early. */
export async function* piecesOf({ body, free }: Answer): AsyncGenerator<Uint8Array | Failure> {
  if (!("next" in body)) {
    try {
      yield* body;
    } finally {
      free?.();
    }
    return;
  }
  let isEnded = false;
  try {
    for (let batch = await body.next(); batch !== undefined; batch = await body.next()) {
      isEnded = isFailure(batch);
      if (isFailure(batch)) return yield batch;
      yield* batch;
    }
    isEnded = true;
  } finally {
    if (!isEnded) body.cancel();
  }
}
