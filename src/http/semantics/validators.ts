// What may stand for one version of a body, byte by byte: entity tags, and dates old enough.

import { type AnswerHeaders, MAX_VALUE, valuesOf } from "./headers.ts";
import { httpDate } from "./http-date.ts";

const STRONG_TAG = /^"[\x21\x23-\x7e\x80-\xff]*"$/;

/** Two changes within one second have the same date; and two clocks may differ by this much (RFC 9110 section 8.8.2.2). */
const STRONG_AFTER_MS = 60_000;

/** Whether it is an entity tag that promises the same bytes (RFC 9110 section 8.8.3), of at most 1,024 characters. */
export function isStrongTag(text: string): boolean {
  return text.length <= MAX_VALUE && STRONG_TAG.test(text);
}

/** Whether it is an entity tag, weak ones included. `*`, which stands for any body, is none. */
export function isTag(text: string): boolean {
  return isStrongTag(text.startsWith("W/") ? text.slice(2) : text);
}

/** Whether `If-Range` may carry it, as far as it can be told by itself: a strong tag or a date (RFC 9110 section 13.1.5). */
export function isRangeValidator(text: string): boolean {
  return isStrongTag(text) || httpDate(text, Date.now()) !== undefined;
}

/**
 * What `If-Range` may carry later to go on with the body of this answer; undefined where there is none. A date will not do
 * where there is a tag, though a weak one (RFC 9110 section 13.1.5).
 */
export function validatorOf(headers: AnswerHeaders, fields: string): string | undefined {
  const { etag, lastModified, contentEncoding } = headers;
  if (contentEncoding !== undefined) return undefined;
  if (valuesOf(fields, "accept-ranges").some((value) => value.toLowerCase() === "none")) return undefined;
  if (etag !== undefined) return isStrongTag(etag) ? etag : undefined;
  if (lastModified === undefined) return undefined;
  const nowMs = Date.now();
  const sentMs = httpDate(valuesOf(fields, "date", 1)[0] ?? "", nowMs);
  const modifiedMs = httpDate(lastModified, nowMs);
  if (sentMs === undefined || modifiedMs === undefined) return undefined;
  return sentMs - modifiedMs >= STRONG_AFTER_MS ? lastModified : undefined;
}
