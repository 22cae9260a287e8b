// Reads parts of a list on the web by byte ranges: each worker of a fleet its own, of the version that was enqueued.

import { type Failure, isFailure } from "../../core/failure.ts";
import type { Get } from "../../core/ports.ts";
import { isStrongTag } from "../../http/semantics/validators.ts";
import type { ScheduleOptions } from "../download.ts";
import { piecesOf } from "./list-body.ts";
import { answerTo, listRetries, listTarget } from "./list-retries.ts";

/** The first bytes of a list, by which its format is found. */
const HEAD_BYTES = 4096;

export interface ListVersion {
  /** A strong one. */
  readonly etag: string;
  readonly wholeBytes: number;
}

export interface WebRange extends ListVersion {
  readonly url: string;
  readonly fromBytes: number;
  readonly toBytes: number;
}

/**
 * The version of a list and its first bytes; undefined where the server does not send ranges, or no strong ETag by which they fit
 * together, or where the list cannot be had. Throws the reason of `stop`.
 */
export async function listVersion(
  get: Get,
  url: string,
  schedule: ScheduleOptions,
  stop: AbortSignal,
): Promise<(ListVersion & { readonly head: Buffer }) | undefined> {
  const retries = listRetries(schedule, stop);
  const range = { fromBytes: 0, toBytes: HEAD_BYTES };
  for (let attempts = 1; ; attempts++) {
    const answer = await answerTo(get, listTarget(url), { range });
    const pieces: Buffer[] = [];
    let failure = isFailure(answer) ? answer : undefined;
    if (!isFailure(answer)) {
      for await (const piece of piecesOf(answer)) {
        if (isFailure(piece)) failure = piece;
        else pieces.push(Buffer.from(piece));
      }
      const { etag, wholeBytes } = answer;
      if (etag === undefined || wholeBytes === undefined || !isStrongTag(etag)) return undefined;
      if (failure === undefined) return { etag, wholeBytes, head: Buffer.concat(pieces) };
    }
    if (failure?.error === "bad_range") return undefined;
    try {
      if (failure !== undefined) await retries.wait("", failure, attempts);
    } catch {
      stop.throwIfAborted();
      return undefined; // it is read whole then, and its reader says why it cannot be
    }
  }
}

/**
 * Returns a function that reads a range, in the order of its bytes, and goes on where an answer has ended before it: a server may
 * send less than was asked for (RFC 9110 section 15.3.7). It throws an error with the reason, which is `changed` for a list of another
 * version, or the reason of `stop`.
 */
export function listRangeReader(
  get: Get,
  schedule: ScheduleOptions,
  stop: AbortSignal,
  changed: string,
): (range: WebRange) => AsyncGenerator<Buffer> {
  const retries = listRetries(schedule, stop);
  return async function* bytes({ url, etag, wholeBytes, fromBytes, toBytes }) {
    const target = listTarget(url);
    let at = fromBytes;
    for (let attempts = 1; at < toBytes; attempts++) {
      const answer = await answerTo(get, target, { range: { fromBytes: at, toBytes, etag, wholeBytes } });
      if (isFailure(answer)) {
        if (answer.status === 412) throw new Error(changed);
        if (answer.error === "bad_range") throw new Error(`${changed} (${answer.detail})`);
        await retries.wait("", answer, attempts);
        continue;
      }
      const before = at;
      let failure: Failure | undefined;
      for await (const piece of piecesOf(answer)) {
        stop.throwIfAborted();
        if (isFailure(piece)) failure = piece;
        else {
          at += piece.length;
          yield Buffer.from(piece);
        }
      }
      if (at > before) attempts = 0;
      if (failure !== undefined) await retries.wait("", failure, Math.max(attempts, 1));
    }
  };
}
