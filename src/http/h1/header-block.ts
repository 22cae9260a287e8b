// Parses a header block: finds its end, and splits it into status and header lines (RFC 9112 sections 4 and 5).

import type { Head } from "./head.ts";
import { readLenientHead } from "./lenient-header-block.ts";

/**
 * A valid status line and header lines. Obsolete line folding is valid (RFC 9112 section 5.2: a user agent must accept it),
 * and so is a bare line feed (section 2.2).
 */
const HEAD =
  /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [^\0\r\n]*)?\r?\n((?:[!#$%&'*+.^_`|~\w-]+:[\t\x20-\x7e\x80-\xff]*(?:\r?\n[\t ][\t\x20-\x7e\x80-\xff]*)*\r?\n)*)\r?\n$/;
const FOLD = /\r?\n[\t ]+/g;

/** Parses a whole block, including its empty line; undefined if it is invalid. Most blocks match one regular expression. */
export function readHead(text: string): Head | undefined {
  const [, minor, code, lines = ""] = HEAD.exec(text) ?? [];
  if (minor === undefined) return readLenientHead(text);
  const fields = lines.includes("\n ") || lines.includes("\n\t") ? lines.replace(FOLD, " ") : lines;
  return { minor, status: Number(code), fields };
}

/** Returns the index after the empty line that ends the header block; -1 if there is none. */
export function endOf(text: string): number {
  const usual = text.indexOf("\r\n\r\n");
  const until = usual === -1 ? text.length : usual;
  // Bare line feeds (RFC 9112 section 2.2), or a mixture.
  for (let at = text.indexOf("\n"); at !== -1 && at < until; at = text.indexOf("\n", at + 1)) {
    if (text[at + 1] === "\n") return at + 2;
    if (text[at + 1] === "\r" && text[at + 2] === "\n") return at + 3;
  }
  return usual === -1 ? -1 : usual + 4;
}

/** Like `endOf`, for the bytes from `from` up to `until`. */
export function endIn(bytes: Buffer, from: number, until: number): number {
  const some = bytes.subarray(0, until);
  for (let at = some.indexOf(LF, from); at !== -1; at = some.indexOf(LF, at + 1)) {
    if (some[at + 1] === LF) return at + 2;
    if (some[at + 1] === CR && some[at + 2] === LF) return at + 3;
  }
  return -1;
}

/** Whether this is the beginning of an HTTP/1 answer, or a prefix of one. */
export function isHttp(text: string): boolean {
  return text.length < HTTP.length ? HTTP.startsWith(text) : text.startsWith(HTTP);
}

/** The first characters of every status line. */
export const HTTP = "HTTP/1.";
const LF = 10;
const CR = 13;
