// The few headers of an answer that a downloader uses, out of the raw list.

export interface AnswerHeaders {
  contentLength?: number;
  transferEncoding?: string;
  contentType?: string;
  contentEncoding?: string;
  etag?: string;
  lastModified?: string;
  readonly locations: readonly string[];
}

const NONE: readonly string[] = [];

/** A value that goes into a record is kept up to this length, in characters. */
export const MAX_VALUE = 1024;

/**
 * Reads name and value in turn. Values are latin1, as on the wire (RFC 9110 section 5.5). The name's length and first
 * letter rule out most headers before anything is made of them.
 */
export function readHeaders(raw: readonly Buffer[]): AnswerHeaders {
  const headers: AnswerHeaders & { locations: readonly string[] } = { locations: NONE };
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i];
    const value = raw[i + 1];
    if (name === undefined || value === undefined || !USED.has(mark(name.length, name[0] ?? 0))) continue;
    const text = value.toString("latin1").trim();
    switch (name.toString("latin1").toLowerCase()) {
      case "content-length":
        headers.contentLength = Number(text);
        break;
      case "transfer-encoding":
        headers.transferEncoding = joined(headers.transferEncoding, text.toLowerCase());
        break;
      case "content-encoding":
        headers.contentEncoding = joined(headers.contentEncoding, text.toLowerCase());
        break;
      case "content-type":
        if (text !== "") headers.contentType = text.slice(0, MAX_VALUE);
        break;
      case "etag":
        if (text.length <= MAX_VALUE) headers.etag = text;
        break;
      case "last-modified":
        if (text.length <= MAX_VALUE) headers.lastModified = text;
        break;
      case "location":
        headers.locations = [...headers.locations, text];
        break;
    }
  }
  return headers;
}

const USED = new Set(
  ["content-length", "transfer-encoding", "content-encoding", "content-type", "etag", "last-modified", "location"].map(
    (name) => mark(name.length, name.charCodeAt(0)),
  ),
);

/** One number for a name's length and first letter, whatever its case. */
function mark(length: number, first: number): number {
  return length * 256 + (first | 0x20);
}

/** The values of every header of that name, given in lower case: for those that few answers are asked for. */
export function valuesOf(raw: readonly Buffer[], name: string): string[] {
  return raw.filter((_, i) => isNamed(raw[i - 1], name) && i % 2 === 1).map((value) => value.toString("latin1").trim());
}

function isNamed(raw: Buffer | undefined, name: string): boolean {
  return raw?.length === name.length && raw.toString("latin1").toLowerCase() === name;
}

/** Several headers of one name are one list (RFC 9110 section 5.3). */
function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}, ${value}`;
}
