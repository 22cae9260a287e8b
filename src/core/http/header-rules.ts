// Which request headers a user may set, for all requests or in a row of a list.

/** Whether it is a valid header name: a token (RFC 9110 section 5.1). */
export function isFieldName(text: string): boolean {
  return /^[!#$%&'*+.^_`|~\w-]+$/.test(text);
}

/** Whether it is a valid header value: RFC 9110 section 5.5, and Latin-1. */
export function isFieldValue(text: string): boolean {
  return /^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(text);
}

/** Headers that ask for a part of the body. */
export const PART_HEADERS: ReadonlySet<string> = new Set(["range", "if-range"]);

/** Headers that frame the message or the connection (RFC 9112); a user's value would break it. */
export const FRAMING_HEADERS: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Headers of one row: what a header for all may be, but neither a host nor a condition of its own. */
export function isRowHeader(name: string, value: string): boolean {
  const key = name.toLowerCase();
  if (!isFieldName(name) || !isFieldValue(value)) return false;
  return !PART_HEADERS.has(key) && !FRAMING_HEADERS.has(key) && key !== "host" && !key.startsWith("if-");
}
