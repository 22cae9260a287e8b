// Evaluates the status and headers of an answer: whether its body is stored, refused, skipped or redirected.

import { type Failure, isFailure } from "../../core/failure.ts";
import type { Skip } from "../../core/run/robots-policy.ts";
import { directiveFor } from "../robots/robots-tag.ts";
import type { SentConditions } from "./conditional.ts";
import { isWhole, type PartialRange, partialRangeOf } from "./content-range.ts";
import { type AnswerHeaders, copied, excerpt, valuesOf } from "./headers.ts";
import { isRedirectStatus, type Redirect, setCookiesOf } from "./redirect.ts";
import { retryAfterMs } from "./retry-after.ts";

/** Which answers are stored. */
export interface AnswerPolicy {
  readonly maxFileBytes: number;
  /** Directives of X-Robots-Tag by which an answer is not stored, and the product token of the User-Agent; both in lower case. */
  readonly respect?: { readonly directives: ReadonlySet<string>; readonly agent: string };
}

/** A 2xx or 304 answer that is not stored, as the server demands. */
export interface Skipped {
  readonly status: number;
  readonly skip: Skip;
}

/** The body is not stored. */
export interface Refusal {
  readonly reply: Failure | Redirect | Skipped;
  /** Whether a short body is read to its end, so that the connection can be reused. */
  readonly discard: boolean;
}

/**
 * Returns why the body is not stored, or its range (206); undefined for a whole body, or for a 304 to a conditional request.
 * `sent`: the conditions that were sent, if any.
 */
export function evaluate(
  status: number,
  headers: AnswerHeaders,
  fields: string,
  sent: SentConditions | undefined,
  { maxFileBytes, respect }: AnswerPolicy,
): Refusal | PartialRange | undefined {
  const { transferEncoding, contentLength } = headers;
  if (transferEncoding !== undefined && transferEncoding !== "chunked") {
    const detail = `transfer-encoding "${excerpt(transferEncoding)}" was not asked for`;
    return dropped({ error: "protocol_error", detail, status });
  }
  const isPart = sent !== undefined && (sent.kept !== undefined || sent.range !== undefined);
  const isUnchanged = status === 304 && sent !== undefined && !isPart;
  if (respect !== undefined && (isUnchanged || (status >= 200 && status <= 299))) {
    const directive = directiveFor(valuesOf(fields, "x-robots-tag"), respect.agent, respect.directives);
    if (directive !== undefined) {
      return { reply: { status, skip: { reason: copied(directive), detail: "X-Robots-Tag" } }, discard: true };
    }
  }
  if (status === 206 && (isPart || !isWhole(headers, fields))) {
    const part = partialRangeOf(headers, fields, sent);
    if (isFailure(part)) return dropped(part);
    return part.wholeBytes > maxFileBytes ? tooLarge(part.wholeBytes, status) : part;
  }
  if (status >= 200 && status <= 299) {
    if (sent?.range !== undefined)
      return dropped({ error: "bad_range", detail: `${status}: not the part alone`, status });
    return contentLength !== undefined && contentLength > maxFileBytes ? tooLarge(contentLength, status) : undefined;
  }
  if (isUnchanged) return undefined;
  return { reply: withoutBody(status, headers, fields, sent), discard: true };
}

function withoutBody(
  status: number,
  { locations }: AnswerHeaders,
  fields: string,
  sent: SentConditions | undefined,
): Failure | Redirect {
  if (isRedirectStatus(status)) return { status, locations, setCookies: setCookiesOf(fields) };
  const fromBytes = sent?.kept?.bytes ?? sent?.range?.fromBytes;
  if (status === 416 && fromBytes !== undefined)
    return { error: "bad_range", detail: `416: nothing from byte ${fromBytes} on`, status };
  const { STATUS_CODES } = process.getBuiltinModule("node:http"); // loaded late: 3 ms of start-up, and only failures need it
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
