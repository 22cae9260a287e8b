// Parses the few headers of an answer that a downloader uses, and has helpers for header values.

import { MAX_URL_LENGTH } from "../../core/url/parse-url.ts";

export interface AnswerHeaders {
  /** NaN if it is invalid, or if there are several with different values. */
  contentLength?: number;
  transferEncoding?: string;
  /** Whether the protocol marks the end of the body: HTTP/2 does, by END_STREAM (RFC 9113 section 8.1). */
  isEndMarked?: boolean;
  /** The options `close` and `keep-alive`. */
  connection?: string;
  contentType?: string;
  /** The codings that change bytes, in the order in which they were applied; absent if there are none. */
  contentEncoding?: string;
  etag?: string;
  lastModified?: string;
  /** The first Location, and the next one with another value, if any. */
  readonly locations: readonly string[];
}

const NONE: readonly string[] = [];

/** Values of Content-Encoding that mean no coding: `identity` (RFC 9110 section 8.4 reserves it), and `none` (curl#2298). */
const NO_CODINGS = new Set(["", "identity", "none"]);

/** The options of Connection that decide about its reuse (RFC 9112 section 9.3). */
const CONNECTION_OPTIONS = new Set(["close", "keep-alive"]);

/** Maximum length of a Location that is kept, in characters: with one more than a URL may have, it is refused. */
const MAX_LOCATION_CHARS = MAX_URL_LENGTH + 1;

/** For an answer that is not a redirect: its Location of up to 64 KiB is not kept while the body arrives. */
export function withoutLocations(headers: AnswerHeaders): AnswerHeaders {
  return headers.locations.length === 0 ? headers : { ...headers, locations: NONE };
}

/** Maximum length of a header value that is recorded, in characters. */
export const MAX_VALUE_CHARS = 1024;

/** Values out of longer header lines are copied: V8's substrings of 13 characters or more keep the whole string (node#31891). */
const LONG_FIELDS_CHARS = 2048;

/** Maximum length of a server's text in a message, in characters. */
const MAX_EXCERPT_CHARS = 100;

/**
 * Parses header lines, each ended by a line feed. Values are Latin-1, as received (RFC 9110 section 5.5). The length and first
 * letter of a name exclude most headers before a string is made of them.
 */
export function readHeaders(fields: string): AnswerHeaders {
  const headers: AnswerHeaders & { locations: readonly string[] } = { locations: NONE };
  const isLong = fields.length > LONG_FIELDS_CHARS;
  for (let from = 0; from < fields.length; ) {
    const colon = fields.indexOf(":", from);
    const end = fields.indexOf("\n", colon);
    if (colon === -1 || end === -1) break;
    if (USED_NAMES.has(nameKey(colon - from, fields.charCodeAt(from)))) {
      const text = valueIn(fields, colon + 1, end);
      addHeader(headers, fields.slice(from, colon).toLowerCase(), isLong ? copied(text) : text);
    }
    from = end + 1;
  }
  return headers;
}

function addHeader(headers: AnswerHeaders & { locations: readonly string[] }, name: string, text: string): void {
  switch (name) {
    case "content-length":
      headers.contentLength = lengthOf(text, headers.contentLength);
      break;
    case "transfer-encoding":
      headers.transferEncoding = joined(headers.transferEncoding, text.toLowerCase());
      break;
    case "connection":
      addOptions(headers, text.toLowerCase());
      break;
    case "content-encoding":
      addCodings(headers, text);
      break;
    case "content-type":
      if (text !== "")
        headers.contentType = text.length > MAX_VALUE_CHARS ? copied(text.slice(0, MAX_VALUE_CHARS)) : text;
      break;
    case "etag":
      if (text.length <= MAX_VALUE_CHARS) headers.etag = text;
      break;
    case "last-modified":
      if (text.length <= MAX_VALUE_CHARS) headers.lastModified = text;
      break;
    case "location":
      // Two different values are enough to refuse the redirect.
      if (headers.locations.length < 2 && headers.locations[0] !== text)
        headers.locations = [
          ...headers.locations,
          text.length > MAX_LOCATION_CHARS ? copied(text.slice(0, MAX_LOCATION_CHARS)) : text,
        ];
      break;
  }
}

const USED_NAMES = new Set(
  [
    "content-length",
    "transfer-encoding",
    "connection",
    "content-encoding",
    "content-type",
    "etag",
    "last-modified",
    "location",
  ].map((name) => nameKey(name.length, name.charCodeAt(0))),
);

/** Returns a number for the length and first letter of a name, independent of case. */
function nameKey(length: number, first: number): number {
  return length * 256 + (first | 0x20);
}

/** 1*DIGIT (RFC 9110 section 8.6); more than 16 digits after leading zeros are not a safe integer. */
const LENGTH = /^0*\d{1,16}$/;

/** Repeated equal values count as one (RFC 9110 section 8.6). */
function lengthOf(text: string, before: number | undefined): number {
  let bytes = before;
  for (const one of listMembers(text)) {
    const next = LENGTH.test(one) ? Number(one) : Number.NaN;
    if (bytes !== undefined && bytes !== next) return Number.NaN;
    bytes = next;
  }
  return bytes ?? Number.NaN;
}

/**
 * Returns the transfer codings of a list in lower case, without empty members (RFC 9110 section 5.6.1.2), `identity` (of RFC
 * 2616) and repetitions (some servers and their proxies each add `chunked`); undefined if none is left.
 */
export function transferCoding(list: string): string | undefined {
  if (list === "chunked") return list;
  const codings = new Set(listMembers(list).filter((one) => one !== "" && one !== "identity"));
  return codings.size === 0 ? undefined : [...codings].join(", ");
}

/** Returns the values of all headers of a name in lower case, at most `maxValues`; for headers that few answers need. */
export function valuesOf(fields: string, name: string, maxValues = Number.POSITIVE_INFINITY): string[] {
  const values: string[] = [];
  for (let from = 0; values.length < maxValues && from < fields.length; ) {
    const colon = fields.indexOf(":", from);
    if (colon === -1) break;
    const line = fields.indexOf("\n", colon);
    const end = line === -1 ? fields.length : line;
    if (colon - from === name.length && fields.slice(from, colon).toLowerCase() === name)
      values.push(valueIn(fields, colon + 1, end));
    from = end + 1;
  }
  return values;
}

/** Returns a copy of a Latin-1 string in memory of its own (see LONG_FIELDS_CHARS). */
export function copied(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

/** Returns the beginning of a server's text, for a message. */
export function excerpt(text: string): string {
  return copied(text.slice(0, MAX_EXCERPT_CHARS)) + (text.length > MAX_EXCERPT_CHARS ? "…" : "");
}

/** Adds the options of a Connection header, each once. */
function addOptions(headers: AnswerHeaders, text: string): void {
  for (const option of listMembers(text))
    if (CONNECTION_OPTIONS.has(option) && !hasToken(headers.connection, option))
      headers.connection = joined(headers.connection, option);
}

/** Adds a Content-Encoding. A list over the maximum length cannot be decoded: only its beginning is kept. */
function addCodings(headers: AnswerHeaders, text: string): void {
  const before = headers.contentEncoding;
  if (before !== undefined && before.length > MAX_VALUE_CHARS) return;
  const value = text.length > MAX_VALUE_CHARS ? copied(text.slice(0, MAX_VALUE_CHARS + 1)) : text.toLowerCase();
  for (const coding of value.length > MAX_VALUE_CHARS ? [value] : listMembers(value))
    if (!NO_CODINGS.has(coding)) headers.contentEncoding = joined(headers.contentEncoding, coding);
}

/** Whether a list of tokens in lower case contains `token`. */
export function hasToken(list: string | undefined, token: string): boolean {
  if (list === undefined) return false;
  return list === token || listMembers(list).includes(token);
}

/** Returns the members of a list (RFC 9110 section 5.6.1), including empty ones. */
export function listMembers(list: string): string[] {
  return list.includes(",") ? list.split(",").map((one) => trimBlanks(one)) : [trimBlanks(list)];
}

/** Trims SP and HTAB (RFC 9110 section 5.6.3). String.prototype.trim also removes U+00A0, which is a byte of UTF-8 here. */
export function trimBlanks(text: string, start = 0, end = text.length): string {
  let from = start;
  let to = end;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

const CONTROLS = /[^\t\x20-\x7e\x80-\xff]+/g;

/** Removes control characters, which are invalid in values (RFC 9110 section 5.5). */
export function withoutControls(value: string): string {
  return value.replace(CONTROLS, "");
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

/** Returns the header value between colon and line feed. */
function valueIn(fields: string, from: number, end: number): string {
  return trimBlanks(fields, from, fields.charCodeAt(end - 1) === 13 ? end - 1 : end);
}

/** Joins headers of the same name to one list (RFC 9110 section 5.3). */
function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}, ${value}`;
}
