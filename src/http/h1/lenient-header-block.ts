// A header block with lines that are no headers: they are left out, as browsers do, unless the end of the body may depend on them.

import { isFieldName, trimBlanks, withoutControls } from "../semantics/headers.ts";
import type { Head } from "./head.ts";

/** Never in a header block (RFC 9110 section 5.5): a NUL, a carriage return that ends no line. */
const FORBIDDEN = /\0|\r(?!\n)/;
const CONTROL = /[^\t\r\n\x20-\x7e\x80-\xff]/;

/** The status is three digits, behind any blanks; what follows them need not begin with one. */
const STATUS_LINE = /^HTTP\/1\.([01])[\t ]+([1-9]\d\d)(?!\d)/;

const FRAMES = /^(?:content-length|transfer-encoding)$/i;

/** The letters with which a line begins that somebody else may take for one of those headers. */
const MAY_FRAME = /^(?:contentlength|transferencoding)/i;

/** A line that begins with them goes on with the one before (RFC 9112 section 5.2). */
const BLANKS = /^[\t ]+/;

/**
 * Reads a whole block that `readHead` does not take; undefined where it is none, or where it is ambiguous what ends the body.
 * Control characters in values are left out, and so are blanks before a colon.
 */
export function readLenientHead(text: string): Head | undefined {
  if (FORBIDDEN.test(text)) return undefined;
  const [, minor, code] = STATUS_LINE.exec(text) ?? [];
  if (minor === undefined) return undefined;
  const hasControls = CONTROL.test(text);
  let fields = "";
  /** The header that is read, if it is one: what goes on with a line that is left out is left out, too. */
  let header: string | undefined;
  let frames = false;
  for (let from = text.indexOf("\n") + 1; from < text.length; ) {
    const feed = text.indexOf("\n", from);
    const line = text.slice(from, text.charCodeAt(feed - 1) === 13 ? feed - 1 : feed);
    from = feed + 1;
    if (line === "") break;
    const isMore = BLANKS.test(line);
    const colon = line.indexOf(":");
    const name = isMore ? "" : trimBlanks(line, 0, Math.max(0, colon));
    if (isMore ? header === undefined : !isFieldName(name)) {
      if (MAY_FRAME.test(line.replace(/[^a-z]+/gi, ""))) return undefined;
      if (header !== undefined) fields += `${header}\r\n`;
      header = undefined;
      continue;
    }
    const value = isMore ? line.replace(BLANKS, " ") : line.slice(colon + 1);
    const clean = hasControls ? withoutControls(value) : value;
    if (!isMore) frames = FRAMES.test(name);
    if (frames && (clean !== value || (!isMore && name.length < colon))) return undefined;
    if (!isMore && header !== undefined) fields += `${header}\r\n`;
    header = isMore ? header + clean : `${name}:${clean}`;
  }
  if (header !== undefined) fields += `${header}\r\n`;
  return { minor, status: Number(code), fields };
}
