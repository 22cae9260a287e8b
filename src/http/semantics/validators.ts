// Validators: entity tags and modification dates that identify one version of a body (RFC 9110 section 8.8).

import { httpDate } from "../../core/http/http-date.ts";
import { type AnswerHeaders, MAX_VALUE_CHARS, valuesOf } from "./headers.ts";

const STRONG_TAG = /^"[\x21\x23-\x7e\x80-\xff]*"$/;

/** Minimum distance of Last-Modified from Date for a strong validator, in milliseconds: their clocks may differ (RFC 9110 section 8.8.2.2). */
const STRONG_AFTER_MS = 60_000;

/** Whether it is a strong entity tag (RFC 9110 section 8.8.3) of at most 1,024 characters. */
export function isStrongTag(text: string): boolean {
  return text.length <= MAX_VALUE_CHARS && STRONG_TAG.test(text);
}

/** Whether it is an entity tag, strong or weak. `*` is not one. */
export function isTag(text: string): boolean {
  return isStrongTag(text.startsWith("W/") ? text.slice(2) : text);
}

/** Whether `If-Range` may carry it, judging by the value alone: a strong tag or a date (RFC 9110 section 13.1.5). */
export function isRangeValidator(text: string): boolean {
  return isStrongTag(text) || httpDate(text, Date.now()) !== undefined;
}

/**
 * Returns the value for `If-Range` in a later request for the rest of this body, if any. With an entity tag, even a weak one, a
 * date may not be used (RFC 9110 section 13.1.5).
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
