// Whether a 206 is the part that was asked for: everything is checked, since the file is spliced together from it.

import type { Failure } from "../../core/failure.ts";
import { originForm } from "../../core/origin-form.ts";
import type { PartialBody } from "../../core/ports.ts";
import type { Terms } from "./conditional.ts";
import { type AnswerHeaders, excerpt, valuesOf } from "./headers.ts";
import { isStrongTag } from "./validators.ts";

/** The end of a body, from a byte on. */
export interface PartialRange {
  /** How many bytes come before it. */
  readonly from: number;
  /** Its own length. */
  readonly bytes: number;
  /** The length of the whole body, those before it included. */
  readonly wholeBytes: number;
}

/** The Part, or `bad_range` with what is wrong (RFC 9110 sections 14.4 and 15.3.7). `terms`: what was asked, if a part. */
export function partialRangeOf(
  headers: AnswerHeaders,
  fields: string,
  terms: Terms | undefined,
): PartialRange | Failure {
  const kept = terms?.kept;
  if (terms === undefined || kept === undefined) return bad("a part that was not asked for");
  if (!isSameUrl(kept.url, terms.target)) return bad("from another URL than what is kept");
  const [range, ...more] = valuesOf(fields, "content-range", 2);
  if (headers.contentType?.toLowerCase().startsWith("multipart/byteranges") === true) return bad("several parts");
  if (range === undefined) return bad("without a Content-Range");
  if (more.length > 0) return bad("several Content-Ranges");
  const part = endOf(range, kept);
  const said = `"${excerpt(range)}"`;
  if (part === undefined) return bad(`${said}, asked for bytes ${kept.bytes} to the end${ofWhole(kept)}`);
  const { contentLength, contentEncoding } = headers;
  if (contentLength !== undefined && contentLength !== part.bytes) return bad(`${said}, and ${contentLength} bytes`);
  if (contentEncoding !== undefined) return bad("encoded, and so of another body than what is kept");
  return isOfOther(headers, kept.validator) ? bad("of another version than what is kept") : part;
}

/**
 * Whether a 206 is the whole body after all, by its Content-Range and its length: some servers send one though nothing was
 * asked for but the whole, and curl and browsers store it.
 */
export function isWhole({ contentLength, contentType }: AnswerHeaders, fields: string): boolean {
  if (contentType?.toLowerCase().startsWith("multipart/byteranges") === true) return false;
  const [range, ...more] = valuesOf(fields, "content-range", 2);
  const part = more.length > 0 || range === undefined ? undefined : endOf(range, { bytes: 0 });
  return part !== undefined && part.wholeBytes === contentLength;
}

/** `bytes N-M/T` where it is all that follows what is kept. */
function endOf(range: string, kept: Pick<PartialBody, "bytes" | "wholeBytes">): PartialRange | undefined {
  const [, from, last, whole] = /^bytes 0*(\d{1,15})-0*(\d{1,15})\/0*(\d{1,15})$/i.exec(range)?.map(Number) ?? [];
  if (from === undefined || last === undefined || whole === undefined) return undefined;
  const isEnd = from === kept.bytes && last >= from && whole === last + 1;
  return isEnd && whole === (kept.wholeBytes ?? whole) ? { from, bytes: whole - from, wholeBytes: whole } : undefined;
}

function ofWhole({ wholeBytes }: PartialBody): string {
  return wholeBytes === undefined ? "" : ` of ${wholeBytes}`;
}

/** Whether the answer's own validator, if it has one of that kind, is not the one that was sent. */
function isOfOther({ etag, lastModified }: AnswerHeaders, validator: string): boolean {
  const own = isStrongTag(validator) ? etag : lastModified;
  return own !== undefined && own !== validator;
}

/** Neither credentials nor fragment are part of what a URL names. */
function isSameUrl(url: string, target: URL): boolean {
  if (!URL.canParse(url)) return false;
  const kept = new URL(url);
  return kept.origin === target.origin && originForm(kept) === originForm(target);
}

function bad(detail: string): Failure {
  return { error: "bad_range", detail: `206: ${detail}`, status: 206 };
}
