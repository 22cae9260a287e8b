// The few headers of an answer that a downloader uses, out of its header lines.

import { MAX_URL_LENGTH } from "../../core/parse-url.ts";

export interface AnswerHeaders {
  /** NaN where it is no length, or where there are several that differ. */
  contentLength?: number;
  transferEncoding?: string;
  /** What carries the answer marks the body's end, whatever the headers say: HTTP/2, by END_STREAM (RFC 9113 section 8.1). */
  isEndMarked?: boolean;
  /** Its options `close` and `keep-alive`. */
  connection?: string;
  contentType?: string;
  /** The codings that change bytes, in the order in which they were applied: absent where there are none. */
  contentEncoding?: string;
  etag?: string;
  lastModified?: string;
  /** The first Location, and one that differs from it, if any does. */
  readonly locations: readonly string[];
}

const NONE: readonly string[] = [];

/** What stands in Content-Encoding and changes no byte: `identity` (RFC 9110 section 12.5.3), and what servers send for it. */
const NO_CODINGS = new Set(["", "identity", "none"]);

/** The options of Connection that are kept: those that are about its end (RFC 9112 section 9.3). */
const CONNECTION_OPTIONS = new Set(["close", "keep-alive"]);

/** A Location is kept up to this length, in characters: one that is longer is refused. */
const MAX_LOCATION = MAX_URL_LENGTH + 1;

/** For an answer that is no redirect: a Location of 64 KiB is not kept while its body arrives. */
export function withoutLocations(headers: AnswerHeaders): AnswerHeaders {
  return headers.locations.length === 0 ? headers : { ...headers, locations: NONE };
}

/** A value that goes into a record is kept up to this length, in characters. */
export const MAX_VALUE = 1024;

/** Of longer header lines, in characters, what is kept is copied: V8 makes a part of a string a view, which holds all of it. */
const LONG_FIELDS = 2048;

/** So much of what a server says goes into a message, in characters. */
const MAX_EXCERPT = 100;

/**
 * Reads header lines, each ended by a line feed. Values are latin1, as on the wire (RFC 9110 section 5.5). The name's length
 * and first letter rule out most headers before anything is made of them.
 */
export function readHeaders(fields: string): AnswerHeaders {
  const headers: AnswerHeaders & { locations: readonly string[] } = { locations: NONE };
  const isLong = fields.length > LONG_FIELDS;
  for (let from = 0; from < fields.length; ) {
    const colon = fields.indexOf(":", from);
    const end = fields.indexOf("\n", colon);
    if (colon === -1 || end === -1) break;
    if (USED.has(mark(colon - from, fields.charCodeAt(from)))) {
      const text = valueIn(fields, colon + 1, end);
      take(headers, fields.slice(from, colon).toLowerCase(), isLong ? copied(text) : text);
    }
    from = end + 1;
  }
  return headers;
}

function take(headers: AnswerHeaders & { locations: readonly string[] }, name: string, text: string): void {
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
      if (text !== "") headers.contentType = text.length > MAX_VALUE ? copied(text.slice(0, MAX_VALUE)) : text;
      break;
    case "etag":
      if (text.length <= MAX_VALUE) headers.etag = text;
      break;
    case "last-modified":
      if (text.length <= MAX_VALUE) headers.lastModified = text;
      break;
    case "location":
      // Two that differ are too many already.
      if (headers.locations.length < 2 && headers.locations[0] !== text)
        headers.locations = [
          ...headers.locations,
          text.length > MAX_LOCATION ? copied(text.slice(0, MAX_LOCATION)) : text,
        ];
      break;
  }
}

const USED = new Set(
  [
    "content-length",
    "transfer-encoding",
    "connection",
    "content-encoding",
    "content-type",
    "etag",
    "last-modified",
    "location",
  ].map((name) => mark(name.length, name.charCodeAt(0))),
);

/** One number for a name's length and first letter, whatever its case. */
function mark(length: number, first: number): number {
  return length * 256 + (first | 0x20);
}

/** 1*DIGIT (RFC 9110 section 8.6): with more than 16 behind the zeros in front it is none. */
const LENGTH = /^0*\d{1,16}$/;

/** Several that are the same are one (RFC 9110 section 8.6). */
function lengthOf(text: string, before: number | undefined): number {
  let bytes = before;
  for (const one of members(text)) {
    const next = LENGTH.test(one) ? Number(one) : Number.NaN;
    if (bytes !== undefined && bytes !== next) return Number.NaN;
    bytes = next;
  }
  return bytes ?? Number.NaN;
}

/**
 * How a body is coded for its transfer, out of a list in lower case: empty members and `identity` are nothing, the same coding
 * again is one (RFC 9110 section 5.6.1.2; some servers and the proxies before them each add it). Undefined where nothing is left.
 */
export function transferCoding(list: string): string | undefined {
  if (list === "chunked") return list;
  const codings = new Set(members(list).filter((one) => one !== "" && one !== "identity"));
  return codings.size === 0 ? undefined : [...codings].join(", ");
}

/** The values of every header of that name, given in lower case, `most` at most: for those that few answers are asked for. */
export function valuesOf(fields: string, name: string, most = Number.POSITIVE_INFINITY): string[] {
  const values: string[] = [];
  for (let from = 0; values.length < most && from < fields.length; ) {
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

/** The same text, Latin-1, in memory of its own. */
export function copied(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

/** What a server says, as it may stand in a message: its beginning. */
export function excerpt(text: string): string {
  return copied(text.slice(0, MAX_EXCERPT)) + (text.length > MAX_EXCERPT ? "…" : "");
}

/** Adds the options of a Connection, each once. */
function addOptions(headers: AnswerHeaders, text: string): void {
  for (const option of members(text))
    if (CONNECTION_OPTIONS.has(option) && !hasToken(headers.connection, option))
      headers.connection = joined(headers.connection, option);
}

/** Adds a Content-Encoding. A list that is longer than a value is none that can be undone: its beginning is kept. */
function addCodings(headers: AnswerHeaders, text: string): void {
  const before = headers.contentEncoding;
  if (before !== undefined && before.length > MAX_VALUE) return;
  const value = text.length > MAX_VALUE ? copied(text.slice(0, MAX_VALUE + 1)) : text.toLowerCase();
  for (const coding of value.length > MAX_VALUE ? [value] : members(value))
    if (!NO_CODINGS.has(coding)) headers.contentEncoding = joined(headers.contentEncoding, coding);
}

const FIELD_NAME = /^[!#$%&'*+.^_`|~\w-]+$/;

/** Whether it may be a header's name: a token (RFC 9110 section 5.1). */
export function isFieldName(text: string): boolean {
  return FIELD_NAME.test(text);
}

/** Whether a list of tokens, in lower case, has this one. */
export function hasToken(list: string | undefined, token: string): boolean {
  if (list === undefined) return false;
  return list === token || members(list).includes(token);
}

/** The members of a list (RFC 9110 section 5.6.1), empty ones included. */
export function members(list: string): string[] {
  return list.includes(",") ? list.split(",").map((one) => trimBlanks(one)) : [trimBlanks(list)];
}

/** The text without blanks around it: only SP and HTAB are some (RFC 9110 section 5.6.3). JavaScript takes A0 for one, a byte of UTF-8. */
export function trimBlanks(text: string, start = 0, end = text.length): string {
  let from = start;
  let to = end;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

const CONTROLS = /[^\t\x20-\x7e\x80-\xff]+/g;

/** A value without control characters, which none may have (RFC 9110 section 5.5). */
export function withoutControls(value: string): string {
  return value.replace(CONTROLS, "");
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

/** A header's value, between its colon and the line feed. */
function valueIn(fields: string, from: number, end: number): string {
  return trimBlanks(fields, from, fields.charCodeAt(end - 1) === 13 ? end - 1 : end);
}

/** Several headers of one name are one list (RFC 9110 section 5.3). */
function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}, ${value}`;
}
