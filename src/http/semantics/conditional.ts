// Conditional and range requests: the headers that request the rest of a body, or a body only if it has changed.

import type { ByteRange } from "../../core/http/byte-range.ts";
import type { PartialBody, RequestConditions } from "../../core/ports.ts";
import { MAX_VALUE_CHARS } from "./headers.ts";
import { isRangeValidator, isTag } from "./validators.ts";

export interface ConditionalRequest {
  /** Alternating names and values. */
  readonly headers: readonly string[];
  /** The bytes after which the answer may continue (206); without them it may be 304. */
  readonly kept?: PartialBody;
  /** The only bytes that the answer may have. */
  readonly range?: ByteRange;
}

/** The conditional request that was sent to one URL of a redirect chain; its answer is evaluated by it. */
export interface SentConditions extends ConditionalRequest {
  readonly target: URL;
}

/**
 * Returns the headers for `RequestConditions` (RFC 9110 sections 13.1 and 14.2); undefined for an unconditional request. A
 * journal may be damaged: an invalid validator is not sent, and no range without a validator.
 */
export function conditionalHeaders({ kept, known, range }: RequestConditions): ConditionalRequest | undefined {
  if (range !== undefined) {
    const { fromBytes, toBytes, etag } = range;
    const match = etag === undefined ? [] : ["If-Match", etag];
    return { range, headers: ["Range", `bytes=${fromBytes}-${toBytes - 1}`, ...match] };
  }
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

/** Whether it is an invalid entity tag, mostly without quotes, that still names one version: neither a list nor `*`. */
function isOddTag(text: string): boolean {
  return isSendable(text) && text !== "*" && !text.includes(",");
}

/** Whether it can be sent as a header value: Latin-1 without control characters (RFC 9110 section 5.5), and not too long. */
function isSendable(text: string): boolean {
  return text.length <= MAX_VALUE_CHARS && /^[\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff]$/.test(text);
}

/** The headers that `conditionalHeaders` adds, or that change the meaning of an answer to it. */
const CONDITIONAL_NAMES = [
  "range",
  "if-range",
  "if-none-match",
  "if-modified-since",
  "if-match",
  "if-unmodified-since",
];

/** Whether the user's own headers are conditional: then no further conditions can be added. */
export function isConditional(headers: readonly string[]): boolean {
  return headers.some((header, i) => i % 2 === 0 && CONDITIONAL_NAMES.includes(header.toLowerCase()));
}
