// Parses a header block with invalid lines, which are skipped as in browsers unless they may affect the end of the body.

import { isFieldName } from "../../core/http/header-rules.ts";
import { trimBlanks, withoutControls } from "../semantics/headers.ts";
import type { Head } from "./head.ts";

/** Refused in a header block (RFC 9110 section 5.5): NUL, and a carriage return without a line feed. */
const FORBIDDEN = /\0|\r(?!\n)/;
const CONTROL = /[^\t\r\n\x20-\x7e\x80-\xff]/;

/** Accepts several blanks before the three digits of the status, and no blank after them. */
const STATUS_LINE = /^HTTP\/1\.([01])[\t ]+([1-9]\d\d)(?!\d)/;

const FRAMING_NAME = /^(?:content-length|transfer-encoding)$/i;

/** The letters of an invalid line that another parser on the way may read as one of these headers (request smuggling). */
const LIKE_FRAMING_NAME = /^(?:contentlength|transferencoding)/i;

/** The beginning of a folded line (RFC 9112 section 5.2). */
const BLANKS = /^[\t ]+/;

/**
 * Parses a whole block that the strict expression of `readHead` does not match; undefined if it is not a header block, or if the
 * end of the body is ambiguous. Removes control characters in values, and blanks before a colon.
 */
export function readLenientHead(text: string): Head | undefined {
  if (FORBIDDEN.test(text)) return undefined;
  const [, minor, code] = STATUS_LINE.exec(text) ?? [];
  if (minor === undefined) return undefined;
  const hasControls = CONTROL.test(text);
  let fields = "";
  /** The current header; undefined after a skipped line, whose folded lines are skipped as well. */
  let header: string | undefined;
  let isFraming = false;
  for (let from = text.indexOf("\n") + 1; from < text.length; ) {
    const feed = text.indexOf("\n", from);
    const line = text.slice(from, text.charCodeAt(feed - 1) === 13 ? feed - 1 : feed);
    from = feed + 1;
    if (line === "") break;
    const isFolded = BLANKS.test(line);
    const colon = line.indexOf(":");
    const name = isFolded ? "" : trimBlanks(line, 0, Math.max(0, colon));
    if (isFolded ? header === undefined : !isFieldName(name)) {
      if (LIKE_FRAMING_NAME.test(line.replace(/[^a-z]+/gi, ""))) return undefined;
      if (header !== undefined) fields += `${header}\r\n`;
      header = undefined;
      continue;
    }
    const value = isFolded ? line.replace(BLANKS, " ") : line.slice(colon + 1);
    const clean = hasControls ? withoutControls(value) : value;
    if (!isFolded) isFraming = FRAMING_NAME.test(name);
    if (isFraming && (clean !== value || (!isFolded && name.length < colon))) return undefined;
    if (!isFolded && header !== undefined) fields += `${header}\r\n`;
    header = isFolded ? header + clean : `${name}:${clean}`;
  }
  if (header !== undefined) fields += `${header}\r\n`;
  return { minor, status: Number(code), fields };
}
