// Converts the reply of an exchange to the `Answer` of the core.

import type { Failure } from "../core/failure.ts";
import type { Answer, BodyStream } from "../core/ports.ts";
import type { Skip } from "../core/run/robots-policy.ts";
import type { Success } from "./exchange/reply.ts";
import { excerpt } from "./semantics/headers.ts";

/** Returns a decoded body, or why the Content-Encoding cannot be decoded. */
export type Decoding = (body: Success["body"], encoding: string) => BodyStream | Failure;

/** `first`: the URL of the list. Without `decode`, bodies are not decoded. */
export function answerOf(
  reply: Success,
  target: URL,
  first: URL,
  startedMs: number,
  decode: Decoding | undefined,
): Answer | Failure {
  const { status, headers, part, validator, free } = reply;
  // A 304 has no body; its Content-Length and Content-Encoding are those of a 200 (RFC 9110 section 15.4.5).
  const bodiless = status === 204 || status === 304;
  const encoding = status === 304 ? undefined : headers.contentEncoding;
  const isDecoded = decode !== undefined && encoding !== undefined;
  const body = isDecoded ? decode(reply.body, encoding) : reply.body;
  if ("error" in body) {
    if ("cancel" in reply.body) reply.body.cancel();
    return { ...body, status };
  }
  // Assignments, which are faster than spreads: this runs for every URL.
  const { contentLength, transferEncoding, isEndMarked, contentType, etag, lastModified } = headers;
  const isDelimited = contentLength !== undefined || transferEncoding !== undefined || isEndMarked === true;
  const result: Mutable<Answer> = {
    status,
    body,
    ttfbMs: reply.headersMs - startedMs,
    lengthVerified: isDelimited || bodiless || part !== undefined,
  };
  if (target !== first) result.finalUrl = target.href;
  if (contentType !== undefined) result.type = contentType;
  if (etag !== undefined) result.etag = etag;
  if (lastModified !== undefined) result.lastModified = lastModified;
  if (encoding !== undefined && !isDecoded) result.encoding = excerpt(encoding);
  if (part !== undefined) {
    result.from = part.from;
    result.wholeBytes = part.wholeBytes;
  } else if (contentLength !== undefined && !bodiless && !isDecoded) {
    result.wholeBytes = contentLength;
  }
  if (validator !== undefined) result.validator = validator;
  if (free !== undefined && !isDecoded) result.free = free;
  return result;
}

/** Returns the answer for a URL that is not stored, as its server demands. */
export function skippedAnswer(status: number, skip: Skip, target: URL, first: URL, startedMs: number): Answer {
  const ttfbMs = performance.now() - startedMs;
  const answer: Answer = { status, skip, ttfbMs, lengthVerified: true, body: [] };
  return target === first ? answer : { ...answer, finalUrl: target.href };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
