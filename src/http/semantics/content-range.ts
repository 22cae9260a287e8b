// Checks that a 206 answer is exactly the requested range, since the file is put together from both parts.

import type { Failure } from "../../core/failure.ts";
import type { ByteRange } from "../../core/http/byte-range.ts";
import type { PartialBody } from "../../core/ports.ts";
import { originForm } from "../../core/url/origin-form.ts";
import { toUrl } from "../../core/url/to-url.ts";
import type { SentConditions } from "./conditional.ts";
import { type AnswerHeaders, excerpt, valuesOf } from "./headers.ts";
import { isStrongTag } from "./validators.ts";

/** The range of a 206 answer: from a byte on to the end of the body, or the bytes that were requested. */
export interface PartialRange {
  /** The index of its first byte. */
  readonly from: number;
  /** Its length, in bytes. */
  readonly bytes: number;
  /** The length of the whole body, in bytes. */
  readonly wholeBytes: number;
}

/** Returns the range, or `bad_range` (RFC 9110 sections 14.4 and 15.3.7). `sent`: the conditions that were sent, if any. */
export function partialRangeOf(
  headers: AnswerHeaders,
  fields: string,
  sent: SentConditions | undefined,
): PartialRange | Failure {
  const { kept, range: asked } = sent ?? {};
  if (sent === undefined || (kept === undefined && asked === undefined)) return bad("a part that was not asked for");
  if (kept !== undefined && !isSameUrl(kept.url, sent.target)) return bad("from another URL than what is kept");
  const [range, ...more] = valuesOf(fields, "content-range", 2);
  if (headers.contentType?.toLowerCase().startsWith("multipart/byteranges") === true) return bad("several parts");
  if (range === undefined) return bad("without a Content-Range");
  if (more.length > 0) return bad("several Content-Ranges");
  const part = kept === undefined ? asked && rangeOf(range, asked) : endOf(range, kept);
  const said = `"${excerpt(range)}"`;
  if (part === undefined) return bad(`${said}, asked for ${kept === undefined ? textOf(asked) : endText(kept)}`);
  const { contentLength, contentEncoding } = headers;
  if (contentLength !== undefined && contentLength !== part.bytes) return bad(`${said}, and ${contentLength} bytes`);
  if (contentEncoding !== undefined) return bad("encoded, and so of another body than what is kept");
  const validator = kept?.validator ?? asked?.etag;
  return validator !== undefined && isOfOther(headers, validator) ? bad("of another version than what is kept") : part;
}

/**
 * Whether an unrequested 206 has the whole body, by its Content-Range and length. RFC 9110 section 15.3.7 allows 206 for range
 * requests only, but some servers send it for others, and curl and browsers store it.
 */
export function isWhole({ contentLength, contentType }: AnswerHeaders, fields: string): boolean {
  if (contentType?.toLowerCase().startsWith("multipart/byteranges") === true) return false;
  const [range, ...more] = valuesOf(fields, "content-range", 2);
  const part = more.length > 0 || range === undefined ? undefined : endOf(range, { bytes: 0 });
  return part !== undefined && part.wholeBytes === contentLength;
}

/** Parses `bytes N-M/T`; undefined unless it begins after the kept bytes and reaches the end. */
function endOf(range: string, kept: Pick<PartialBody, "bytes" | "wholeBytes">): PartialRange | undefined {
  const [from, end, whole] = parsed(range);
  const isEnd = from === kept.bytes && end === whole;
  return isEnd && whole === (kept.wholeBytes ?? whole) ? { from, bytes: whole - from, wholeBytes: whole } : undefined;
}

/** The same for the requested bytes, or fewer from their first one on (RFC 9110 section 15.3.7). */
function rangeOf(range: string, { fromBytes, toBytes, wholeBytes }: ByteRange): PartialRange | undefined {
  const [from, end, whole] = parsed(range);
  const isAsked = from === fromBytes && end <= Math.min(toBytes, whole);
  return isAsked && whole === (wholeBytes ?? whole) ? { from, bytes: end - from, wholeBytes: whole } : undefined;
}

/** First byte, end and length of the whole, or three NaN. */
function parsed(range: string): readonly [number, number, number] {
  const found = /^bytes 0*(\d{1,15})-0*(\d{1,15})\/0*(\d{1,15})$/i.exec(range)?.map(Number) ?? [];
  const [, from = Number.NaN, last = Number.NaN, whole = Number.NaN] = found;
  return last >= from ? [from, last + 1, whole] : [Number.NaN, Number.NaN, Number.NaN];
}

function endText({ bytes, wholeBytes }: PartialBody): string {
  return `bytes ${bytes} to the end${wholeBytes === undefined ? "" : ` of ${wholeBytes}`}`;
}

function textOf(asked: ByteRange | undefined): string {
  return asked === undefined ? "no part" : `bytes ${asked.fromBytes} to ${asked.toBytes - 1}`;
}

/** Whether the answer has a validator of the kind that was sent, with another value. */
function isOfOther({ etag, lastModified }: AnswerHeaders, validator: string): boolean {
  const own = isStrongTag(validator) ? etag : lastModified;
  return own !== undefined && own !== validator;
}

/** Compares URLs without credentials and fragment, which do not identify the resource. */
function isSameUrl(url: string, target: URL): boolean {
  const kept = toUrl(url);
  return kept !== undefined && kept.origin === target.origin && originForm(kept) === originForm(target);
}

function bad(detail: string): Failure {
  return { error: "bad_range", detail: `206: ${detail}`, status: 206 };
}
