// The states of an exchange, and which state follows which.

import type { Phase } from "../../core/classify.ts";
import type { Failure } from "../../core/failure.ts";
import type { PartialRange } from "../semantics/content-range.ts";
import type { Skipped } from "../semantics/evaluate.ts";
import { type AnswerHeaders, withoutLocations } from "../semantics/headers.ts";
import type { Redirect } from "../semantics/redirect.ts";
import { validatorOf } from "../semantics/validators.ts";
import type { BodyBuffer } from "./body-buffer.ts";
import type { BodyQueue } from "./body-stream.ts";

/**
 *     connecting ──▶ sent ──▶ answering ──┬──▶ buffering ──┬──────────────────▶ done
 *                                         │                └──▶ streaming ──▶
 *                                         └──▶ discarding ──────────────────▶
 *
 * connecting  the connection is being opened
 * sent        the request is sent, and nothing of an answer has arrived: on a reused connection it may be repeated
 * answering   the final header block is not complete
 * buffering   the body is collected, to be returned whole
 * streaming   the body is longer than `wholeBytes`: it was returned as a queue, to which its pieces are added
 * discarding  the body is not stored, but read to its end, so that the connection can be reused
 * done        the exchange has returned its result, and ended the queue; any failure leads here, from every state
 */
export type State = Pending | Buffering | Streaming | Discarding;

interface Pending {
  readonly tag: "connecting" | "sent" | "answering" | "done";
}

export interface Buffering {
  readonly tag: "buffering";
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** When the header block was complete, in milliseconds of `performance.now()`. */
  readonly headersMs: number;
  readonly part: PartialRange | undefined;
  /** The length of the body of this answer, in bytes, if known. */
  readonly expectedBytes: number | undefined;
  /** The header lines, until it is known whether `validatorOf` needs them; "" if they are long. */
  readonly fields: string;
  /** The validator, if the header lines are long. */
  readonly validator: string | undefined;
  readonly buffer: BodyBuffer;
}

export interface Streaming extends Pick<Buffering, "status" | "part" | "expectedBytes"> {
  readonly tag: "streaming";
  readonly queue: BodyQueue;
}

export interface Discarding {
  readonly tag: "discarding";
  readonly reply: Redirect | Failure | Skipped;
}

/** The states without data are constants: a small answer allocates one state object. */
export const CONNECTING: State = { tag: "connecting" };
export const SENT: State = { tag: "sent" };
export const ANSWERING: State = { tag: "answering" };
export const DONE: State = { tag: "done" };

/** Maximum length of header lines that are kept until `validatorOf` may need them, in characters; it reads longer ones at once. */
const MAX_KEPT_CHARS = 16_384;

/** Returns the state of an answer whose body is stored. */
export function buffering(
  status: number,
  headers: AnswerHeaders,
  headersMs: number,
  fields: string,
  part: PartialRange | undefined,
  buffer: BodyBuffer,
): Buffering {
  const isLong = fields.length > MAX_KEPT_CHARS;
  const isBodiless = status === 204 || status === 304;
  return {
    tag: "buffering",
    status,
    headers: withoutLocations(headers),
    headersMs,
    part,
    expectedBytes: isBodiless ? 0 : (part?.bytes ?? headers.contentLength),
    fields: isLong ? "" : fields,
    validator: isLong ? validatorOf(headers, fields) : undefined,
    buffer,
  };
}

/** Returns the validator of an answer, if it has one. */
export function validatorIn({ headers, fields, validator }: Buffering): string | undefined {
  return fields === "" ? validator : validatorOf(headers, fields);
}

/** Returns the phase of a state, by which errors are classified. */
export function phaseOf({ tag }: State): Exclude<Phase, "write"> {
  if (tag === "connecting") return "connect";
  return tag === "sent" || tag === "answering" ? "headers" : "body";
}
