// A header block with lines that are no headers: they are left out, as browsers do, unless they could say where the body ends.

import { trimBlanks, withoutControls } from "../semantics/headers.ts";
import type { Head } from "./head.ts";

/** Never in a header block (RFC 9110 section 5.5): a NUL, a carriage return that ends no line. */
const FORBIDDEN = /\0|\r(?!\n)/;

/** Without a blank after the status, with several before it, or with a TAB: it is three digits all the same. */
const STATUS_LINE = /^HTTP\/1\.([01])[\t ]+([1-9]\d\d)(?!\d)/;

/** A line that begins with them goes on with the one before (RFC 9112 section 5.2). */
const BLANKS = /^[\t ]+/;

const NAME = /^[!#$%&'*+.^_`|~\w-]+$/;
const FRAMES = /^(?:content-length|transfer-encoding)$/i;

/** The letters with which a line begins that somebody else may take for one of those headers. */
const MAY_FRAME = /^(?:contentlength|transferencoding)/i;

/**
 * Reads a whole block that `readHead` does not take; undefined where it is none, or where it is ambiguous what ends the body.
 * Control characters in values are left out, and so are blanks before a colon.
 */
export function readOddHead(text: string): Head | undefined {
  if (FORBIDDEN.test(text)) return undefined;
  const [first = "", ...lines] = text.split("\n");
  const [, minor, code] = STATUS_LINE.exec(first) ?? [];
  if (minor === undefined) return undefined;
  const fields: string[] = [];
  /** Whether the line before is left out: then so is what goes on with it. */
  let isLeftOut = true;
  let frames = false;
  for (const line of lines) {
    const text = line.endsWith("\r") ? line.slice(0, -1) : line;
    if (text === "") break;
    const colon = text.indexOf(":");
    const isMore = BLANKS.test(text);
    const name = isMore ? "" : trimBlanks(text, 0, Math.max(0, colon));
    if (isMore ? isLeftOut : !NAME.test(name)) {
      if (MAY_FRAME.test(text.replace(/[^a-z]+/gi, ""))) return undefined;
      isLeftOut = true;
      continue;
    }
    isLeftOut = false;
    if (!isMore) frames = FRAMES.test(name);
    const value = isMore ? text.replace(BLANKS, " ") : text.slice(colon + 1);
    const clean = withoutControls(value);
    if (frames && (clean !== value || (!isMore && name.length < colon))) return undefined;
    if (isMore) fields[fields.length - 1] += clean;
    else fields.push(`${name}:${clean}`);
  }
  return { minor, status: Number(code), fields: fields.map((field) => `${field}\r\n`).join("") };
}
