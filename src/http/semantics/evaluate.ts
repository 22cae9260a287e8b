// What an answer's status and headers mean, before any of its body.

import { type Failure, isFailure } from "../../core/failure.ts";
import type { Skip } from "../../core/ports.ts";
import { directiveFor } from "../robots/robots-tag.ts";
import type { Terms } from "./conditional.ts";
import { isWhole, type PartialRange, partialRangeOf } from "./content-range.ts";
import { type AnswerHeaders, copied, excerpt, valuesOf } from "./headers.ts";
import { isRedirectStatus, type Redirect, setCookiesOf } from "./redirect.ts";
import { retryAfterMs } from "./retry-after.ts";

/** What answers are held to. */
export interface Wishes {
  readonly maxFileBytes: number;
  /** Directives of X-Robots-Tag by which an answer is not stored, in lower case; and our product token, likewise. */
  readonly respect?: { readonly directives: ReadonlySet<string>; readonly agent: string };
}

/** A 2xx answer, or a 304, that is not to be stored. */
export interface Unwanted {
  readonly status: number;
  readonly skip: Skip;
}

/** The body is not wanted. */
export interface Refusal {
  readonly reply: Failure | Redirect | Unwanted;
  /** Read it to its end if it is short, so that the connection lives on. */
  readonly discard: boolean;
}

/**
 * Why the body is not wanted, or of what it is a part; undefined where it is the whole body, or none (304) as was asked.
 * `terms`: what the request asked for beyond its URL.
 */
export function evaluate(
  status: number,
  headers: AnswerHeaders,
  fields: string,
  terms: Terms | undefined,
  { maxFileBytes, respect }: Wishes,
): Refusal | PartialRange | undefined {
  const { transferEncoding, contentLength } = headers;
  if (transferEncoding !== undefined && transferEncoding !== "chunked") {
    const detail = `transfer-encoding "${excerpt(transferEncoding)}" was not asked for`;
    return dropped({ error: "protocol_error", detail, status });
  }
  const isUnchanged = status === 304 && terms !== undefined && terms.kept === undefined;
  if (respect !== undefined && (isUnchanged || (status >= 200 && status <= 299))) {
    const directive = directiveFor(valuesOf(fields, "x-robots-tag"), respect.agent, respect.directives);
    if (directive !== undefined) {
      return { reply: { status, skip: { reason: copied(directive), detail: "X-Robots-Tag" } }, discard: true };
    }
  }
  if (status === 206 && (terms?.kept !== undefined || !isWhole(headers, fields))) {
    const part = partialRangeOf(headers, fields, terms);
    if (isFailure(part)) return dropped(part);
    return part.wholeBytes > maxFileBytes ? tooLarge(part.wholeBytes, status) : part;
  }
  if (status >= 200 && status <= 299) {
    return contentLength !== undefined && contentLength > maxFileBytes ? tooLarge(contentLength, status) : undefined;
  }
  if (isUnchanged) return undefined;
  return { reply: withoutBody(status, headers, fields, terms), discard: true };
}

function withoutBody(
  status: number,
  { locations }: AnswerHeaders,
  fields: string,
  terms: Terms | undefined,
): Failure | Redirect {
  if (isRedirectStatus(status)) return { status, locations, setCookies: setCookiesOf(fields) };
  if (status === 416 && terms?.kept !== undefined) {
    return { error: "bad_range", detail: `416: nothing from byte ${terms.kept.bytes} on`, status };
  }
  const { STATUS_CODES } = process.getBuiltinModule("node:http"); // 3 ms of start-up: where all is well it is not needed
  const failure: Failure = { error: "http_status", detail: `${status} ${STATUS_CODES[status] ?? ""}`.trim(), status };
  const waitMs = retryAfterMs(valuesOf(fields, "retry-after", 1)[0], Date.now());
  return waitMs === undefined ? failure : { ...failure, retryAfterMs: waitMs };
}

function tooLarge(bytes: number, status: number): Refusal {
  return dropped({ error: "too_large", detail: `${bytes} bytes, over the maximum file size`, status });
}

function dropped(reply: Failure): Refusal {
  return { reply, discard: false };
}
