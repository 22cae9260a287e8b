// Streams a list from the web: read as the run has room, and read on where a connection ended before the list did.

import { createHash, type Hash } from "node:crypto";
import { Readable } from "node:stream";
import { type Failure, isFailure } from "../../core/failure.ts";
import type { Answer, Get, PartialBody } from "../../core/ports.ts";
import type { OpenedList } from "../../source/open-list.ts";
import type { ScheduleOptions } from "../download.ts";
import { piecesOf } from "./list-body.ts";
import { answerTo, listRetries, listTarget } from "./list-retries.ts";

/**
 * Returns a function that opens a URL as a list. Servers close connections that are not read for a minute, which a long run
 * does: then the rest is requested (Range, If-Range), or the list is read from its beginning and compared by its digest. The
 * stream fails with the reason where the last try without a new byte fails, the list has changed, or `stop` is aborted.
 */
export function listStream(get: () => Get, schedule: ScheduleOptions, stop: AbortSignal): (url: string) => OpenedList {
  const retries = listRetries(schedule, stop);
  return (url) => ({ stream: Readable.from(bytesOf(url), { objectMode: false }), check() {} });

  async function* bytesOf(url: string): AsyncGenerator<Buffer> {
    const target = listTarget(url);
    const read: ReadSoFar = { bytes: 0, digest: createHash("sha256") };
    for (let attempts = 1; ; attempts++) {
      const kept = keptOf(read, target);
      const answer = await answerTo(get(), target, kept === undefined ? undefined : { kept });
      if (isFailure(answer)) {
        if (answer.error === "bad_range") throw changed(); // it has become shorter
        await retries.wait("", answer, attempts);
        continue;
      }
      const before = read.bytes;
      const failure = yield* freshPieces(answer, read);
      if (failure === undefined) return;
      if (read.bytes > before) attempts = 0;
      await retries.wait("", failure, Math.max(attempts, 1));
    }
  }
}

/** What was read of a list by all answers so far. */
interface ReadSoFar {
  bytes: number;
  readonly digest: Hash;
  /** The last answer that continued what was read before it. */
  last?: Answer;
}

/** The part to be requested no more; undefined if the list has to be read from its beginning. */
function keptOf({ bytes, last }: ReadSoFar, target: URL): PartialBody | undefined {
  const validator = last?.validator;
  return bytes === 0 || validator === undefined ? undefined : { bytes, validator, url: last?.finalUrl ?? target.href };
}

/** Yields what is new in an answer. Returns why it ended early, if so. Throws if it is another list than before. */
async function* freshPieces(answer: Answer, read: ReadSoFar): AsyncGenerator<Buffer, Failure | undefined> {
  let known = answer.from === undefined ? read.bytes : 0;
  const again = createHash("sha256");
  const fresh = (piece: Uint8Array): Buffer => {
    const skipped = Math.min(known, piece.length);
    if (skipped > 0) {
      again.update(piece.subarray(0, skipped));
      known -= skipped;
      if (known === 0 && again.digest("hex") !== read.digest.copy().digest("hex")) throw changed();
    }
    if (known === 0) read.last = answer;
    const rest = Buffer.from(piece.subarray(skipped));
    read.digest.update(rest);
    read.bytes += rest.length;
    return rest;
  };
  for await (const piece of piecesOf(answer)) {
    if (isFailure(piece)) return piece;
    const rest = fresh(piece);
    if (rest.length > 0) yield rest;
  }
  if (known > 0) throw changed();
  return undefined;
}

function changed(): Error {
  return new Error("it has changed while it was read; run it again to read it from its beginning");
}
