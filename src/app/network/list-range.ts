// Reads parts of a list on the web by byte ranges: each worker of a fleet its own, of the version that was enqueued.

import { type Failure, isFailure } from "../../core/failure.ts";
import type { Answer, Get } from "../../core/ports.ts";
import { isStrongTag } from "../../http/semantics/validators.ts";
import type { ScheduleOptions } from "../download.ts";
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

/** The version of a list and its first bytes; undefined where the server does not send ranges, or no strong ETag by which they fit together. */
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
    const pieces: Uint8Array[] = [];
    const failure = isFailure(answer) ? answer : await each(answer, (piece) => void pieces.push(Buffer.from(piece)));
    if (failure === undefined && !isFailure(answer)) {
      const { etag, wholeBytes } = answer;
      if (etag === undefined || wholeBytes === undefined || !isStrongTag(etag)) return undefined;
      return { etag, wholeBytes, head: Buffer.concat(pieces) };
    }
    try {
      if (failure !== undefined) await retries.wait("", failure, attempts);
    } catch {
      return undefined; // no ranges, or no list: it is read whole, with messages of its own
    }
  }
}

/**
 * Returns a function that reads a range, in the order of its bytes, and goes on where a connection has ended. It throws an error with
 * the reason, which is `changed` for a list of another version.
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
      const { body } = answer;
      if (!("next" in body)) {
        const whole = Buffer.concat(body);
        answer.free?.();
        at += whole.length;
        attempts = 0; // a server may send less than was asked for (RFC 9110 section 15.3.7)
        yield whole;
        continue;
      }
      let isEnded = false;
      let isWhole = false;
      try {
        for (let batch = await body.next(); batch !== undefined; batch = await body.next()) {
          isEnded = isFailure(batch);
          if (isFailure(batch)) {
            if (at > before) attempts = 0;
            await retries.wait("", batch, Math.max(attempts, 1));
            break;
          }
          stop.throwIfAborted();
          const whole = Buffer.concat(batch);
          at += whole.length;
          yield whole;
        }
        isWhole = !isEnded;
        isEnded = true;
      } finally {
        if (!isEnded) body.cancel();
      }
      if (isWhole) attempts = 0;
    }
  };
}

/** Calls `onPiece` with each piece of a body; returns why it ended early, if so. */
async function each({ body, free }: Answer, onPiece: (piece: Uint8Array) => void): Promise<Failure | undefined> {
  if (!("next" in body)) {
    body.forEach(onPiece);
    free?.();
    return undefined;
  }
  for (let batch = await body.next(); batch !== undefined; batch = await body.next()) {
    if (isFailure(batch)) return batch;
    batch.forEach(onPiece);
  }
  return undefined;
}
