// What a request asks for beyond its URL, as headers: the rest of a body, or a body only if it has changed.

import type { PartialBody, RequestConditions } from "../../core/ports.ts";
import { MAX_VALUE } from "./headers.ts";
import { isRangeValidator, isTag } from "./validators.ts";

export interface ConditionalRequest {
  /** Name and value in turn. */
  readonly headers: readonly string[];
  /** The answer may be the part that comes after these bytes (206); without them it may be 304. */
  readonly kept?: PartialBody;
}

/** An Asked as it went out on one hop: what the answer is judged by. */
export interface Terms extends ConditionalRequest {
  readonly target: URL;
}

/**
 * The headers for what is asked (RFC 9110 sections 13.1 and 14.2); undefined where it comes down to a plain request. What
 * comes out of a journal may be damaged: a validator that is none is not sent, and no range without one.
 */
export function conditionalHeaders({ kept, known }: RequestConditions): ConditionalRequest | undefined {
  if (kept !== undefined) {
    const { bytes, validator } = kept;
    if (!Number.isSafeInteger(bytes) || bytes < 1 || !isRangeValidator(validator)) return undefined;
    return { kept, headers: ["Range", `bytes=${bytes}-`, "If-Range", validator] };
  }
  const { etag, last_modified: lastModified } = known ?? {};
  if (etag !== undefined && (isTag(etag) || isOddTag(etag))) return { headers: ["If-None-Match", etag] };
  if (lastModified !== undefined && isSendable(lastModified)) return { headers: ["If-Modified-Since", lastModified] };
  return undefined;
}

/** Whether it is no entity tag, mostly for want of quotes, and still stands for one version: neither a list nor `*`. */
function isOddTag(text: string): boolean {
  return isSendable(text) && text !== "*" && !text.includes(",");
}

/** Whether it may be a header's value: no control characters, Latin-1 only (RFC 9110 section 5.5), and not too long. */
function isSendable(text: string): boolean {
  return text.length <= MAX_VALUE && /^[\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff]$/.test(text);
}

/** The headers that an Ask may add, or that change what an answer to it would mean. */
const CONDITIONS = ["range", "if-range", "if-none-match", "if-modified-since", "if-match", "if-unmodified-since"];

/** Whether a request has such headers already: then nothing can be asked for besides. */
export function isConditional(headers: readonly string[]): boolean {
  return headers.some((header, i) => i % 2 === 0 && CONDITIONS.includes(header.toLowerCase()));
}
